from django.apps import AppConfig


class RecoveryConfig(AppConfig):
    name = "butik.recovery"
    label = "recovery"
