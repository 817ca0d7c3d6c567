from django.apps import AppConfig


class PosApiConfig(AppConfig):
    name = "butik.pos_api"
    label = "pos_api"
    serves_devices = True  # at /live/pos too
