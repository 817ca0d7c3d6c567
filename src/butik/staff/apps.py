from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "butik.staff"
    label = "staff"
