from django.apps import AppConfig


class SyncConfig(AppConfig):
    name = "butik.sync"
    label = "sync"
