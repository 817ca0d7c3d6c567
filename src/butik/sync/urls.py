from butik.lib.machine_api import machine_urls
from butik.sync.api import api

app_name = "sync"
urlpatterns = machine_urls(api)
