from django.apps import AppConfig


class StoreManagementConfig(AppConfig):
    name = "butik.store_management"
    label = "store_management"
