from django.apps import AppConfig


class ChangesConfig(AppConfig):
    name = "butik.changes"
    label = "changes"
