from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "butik.audit"
    label = "audit"
