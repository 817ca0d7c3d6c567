"""What stands in all tables of ours, so that a test can say that nothing was changed."""

import hashlib
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models

from butik.organisation.tenancy import tenant_scope

Rows = dict[str, str]  # "table id" to a digest of the row


def fingerprint(*organisations: UUID, store: UUID | None = None) -> Rows:
    """Every row of these organisations; with `store` only those that bear its id."""
    with tenant_scope(organisations):
        return {
            f"{model._meta.db_table} {row.pk}": _digest(row)
            for model in apps.get_models()
            if model.__module__.startswith("butik.")
            for row in model._default_manager.all()
            if _is_of(row, set(organisations)) and (store is None or store in {row.pk, getattr(row, "store_id", None)})
        }


def changed(before: Rows, after: Rows) -> list[str]:
    """Tables and ids of rows that came, went or are not as they were."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _is_of(row: models.Model, organisations: set[UUID]) -> bool:
    """Without an organisation it is the service's own, or a person."""
    return getattr(row, "organisation_id", None) in {None, *organisations} or row.pk in organisations


def _digest(row: models.Model) -> str:
    values: list[Any] = [_plain(getattr(row, field.attname)) for field in row._meta.concrete_fields]
    return hashlib.sha256(repr(values).encode()).hexdigest()


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview | bytearray) else value
