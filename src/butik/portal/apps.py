from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "butik.portal"
    label = "portal"
