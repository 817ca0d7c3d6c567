from django.apps import AppConfig


class EmergencyConfig(AppConfig):
    name = "butik.emergency"
    label = "emergency"
