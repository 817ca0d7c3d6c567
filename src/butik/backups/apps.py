from django.apps import AppConfig


class BackupsConfig(AppConfig):
    name = "butik.backups"
    label = "backups"
