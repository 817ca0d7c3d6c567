from django.apps import AppConfig


class ErrorLogConfig(AppConfig):
    name = "butik.error_log"
    label = "error_log"
