from django.apps import AppConfig


class VaultConfig(AppConfig):
    name = "butik.vault"
    label = "vault"
