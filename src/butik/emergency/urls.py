from django.urls import include, path

from butik.emergency.api import device_api, recovery_api
from butik.lib.machine_api import machine_urls

app_name = "emergency"
urlpatterns = [
    path("api/emergency/v1/", include(machine_urls(device_api))),
    path("api/recovery/v1/", include(machine_urls(recovery_api))),
]
