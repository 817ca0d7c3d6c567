"""The tenant row: what every table of an organisation has in common (truth 1). Abstract: no table is made here."""

from typing import Any, ClassVar, Protocol, Self

from django.db import models

from butik.lib.ids import new_id

# Conditions of row-level security (organisation/row_security.py lays them).
# The sub-select is evaluated once a statement; without it the setting would be parsed again for every row.
PERMITTED = (
    "ANY ((SELECT string_to_array(NULLIF(current_setting('butik.organisations', true), ''), ',')::uuid[])::uuid[])"
)
ONESELF = "NULLIF(current_setting('butik.person', true), '')::uuid"


class Viewer(Protocol):
    """Somebody whose memberships decide which rows are seen: a person (staff)."""

    def restrict(self, rows: Any) -> Any: ...


class AnothersRow(Exception):
    """A machine names a row that is another's (another store, chain or organisation): nothing of it is taken."""


class TenantQuerySet(models.QuerySet[Any]):
    """Reads of tenant rows. Views go through `visible_to`; work for a machine names the organisation itself."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Only what this viewer's memberships reach: an organisation, one of its chains, or one of its stores."""
        rows: Self = viewer.restrict(self)
        return rows


class TenantModel(models.Model):
    """A row that belongs to one organisation."""

    ROW_CONDITION: ClassVar[str | None] = None  # only where organisation_id alone does not say who may see it

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # No index of its own: every constraint begins with it, and PostgreSQL, when it had one, read a whole tenant by it.
    organisation = models.ForeignKey(
        "organisation.Organisation", on_delete=models.PROTECT, related_name="+", db_index=False
    )

    objects = TenantQuerySet.as_manager()

    class Meta:
        abstract = True
