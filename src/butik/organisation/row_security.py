"""Row-level security for every tenant table, laid by `migrate` itself so that no table can be forgotten.

Policies are FORCEd: not even the owner of the tables sees a row outside its scope. The application's role owns nothing.
"""

from typing import Any

from django.apps import AppConfig, apps
from django.db import connections, models

from butik.lib.tenant import PERMITTED


def tenant_tables() -> dict[str, str]:
    """Table name to the condition under which a row may be seen and written."""
    tables = {}
    for model in apps.get_models(include_auto_created=True):
        condition = row_condition(model)
        if condition:
            tables[model._meta.db_table] = condition
    return tables


def row_condition(model: type[models.Model]) -> str | None:
    own = getattr(model, "ROW_CONDITION", None)
    if own is not None:
        return str(own)
    names = {field.name for field in model._meta.get_fields()}
    return f"organisation_id = {PERMITTED}" if "organisation" in names else None


def protect_tenant_tables(sender: AppConfig, using: str, **_: Any) -> None:
    """Receiver of post_migrate: lay the policies of the app's tables again, whatever was there before."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    mine = {model._meta.db_table for model in sender.get_models(include_auto_created=True)}
    with connection.cursor() as cursor:
        existing = set(connection.introspection.table_names(cursor))
        for table, condition in tenant_tables().items():
            if table in mine and table in existing:
                cursor.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
                cursor.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
                cursor.execute(f'DROP POLICY IF EXISTS tenant ON "{table}"')
                cursor.execute(f'CREATE POLICY tenant ON "{table}" USING ({condition}) WITH CHECK ({condition})')
