from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "butik.live"
    label = "live"
