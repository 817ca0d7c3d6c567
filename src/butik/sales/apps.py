from django.apps import AppConfig


class SalesConfig(AppConfig):
    name = "butik.sales"
    label = "sales"
