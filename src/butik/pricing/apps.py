from django.apps import AppConfig


class PricingConfig(AppConfig):
    name = "butik.pricing"
    label = "pricing"
