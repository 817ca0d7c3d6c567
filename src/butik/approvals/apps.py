from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "butik.approvals"
    label = "approvals"
