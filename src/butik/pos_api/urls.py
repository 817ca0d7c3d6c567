from butik.lib.machine_api import machine_urls
from butik.pos_api.api import api

app_name = "pos_api"
urlpatterns = machine_urls(api)
