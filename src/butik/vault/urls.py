from butik.lib.machine_api import machine_urls
from butik.vault.api import api

app_name = "vault"
urlpatterns = machine_urls(api)
