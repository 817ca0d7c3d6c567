from django.apps import AppConfig
from django.db.models.signals import post_migrate


class OrganisationConfig(AppConfig):
    name = "butik.organisation"
    label = "organisation"

    def ready(self) -> None:
        from butik.organisation import checks  # noqa: F401  # registers itself
        from butik.organisation.row_security import protect_tenant_tables

        post_migrate.connect(protect_tenant_tables, dispatch_uid="butik.row_security")
