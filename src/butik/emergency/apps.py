from django.apps import AppConfig


class EmergencyConfig(AppConfig):
    name = "butik.emergency"
    label = "emergency"
    serves_devices = True  # at /live/pos too
