"""The audit log: who did what, when."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from butik.audit.models import AuditEntry
from butik.audit_log.acts import ACTS
from butik.lib.paging import newest_first
from butik.organisation.models import Chain, Device, Organisation, Pos, Store
from butik.staff.guards import PersonRequest, page
from butik.staff.models import Person, ShopAssistant
from butik.staff.rights import Right


@dataclass(frozen=True, slots=True)
class Line:
    entry: AuditEntry
    who: str
    act: str
    where: str
    subject: str


@require_safe
@page(Right.AUDIT_ENTRY_VIEW)
def entries(request: PersonRequest) -> HttpResponse:
    rows = AuditEntry.objects.visible_to(request.user)
    act = request.GET.get("act", "")
    if act in ACTS:
        rows = rows.filter(action=act)
    page = newest_first(request, rows, "at", "id")
    context = {"page": page, "lines": _lines(request.user, page.rows), "acts": ACTS, "act": act}
    return render(request, "audit_log/entries.html", context)


def _lines(viewer: Person, entries: list[AuditEntry]) -> list[Line]:
    names = _names(viewer, entries)
    return [
        Line(
            entry=entry,
            who=names.get(_id(entry.actor), entry.actor),
            act=str(ACTS.get(entry.action, entry.action)),
            where=names.get(entry.store_id, ""),
            subject=names.get(_id(entry.subject), entry.subject) if _id(entry.subject) != entry.store_id else "",
        )
        for entry in entries
    ]


def _names(viewer: Person, entries: Iterable[AuditEntry]) -> dict[UUID | None, str]:
    """Names behind the ids of these lines, as far as the viewer may see what they stand for."""
    asked = {found for entry in entries for found in (_id(entry.actor), _id(entry.subject), entry.store_id) if found}
    models = (Organisation, Chain, Store, Pos, Device, ShopAssistant)
    names: dict[UUID | None, str] = {
        row.pk: str(row) for model in models for row in model.objects.visible_to(viewer).filter(pk__in=asked)
    }
    return names | {person.pk: str(person) for person in Person.objects.filter(pk__in=asked)}


def _id(text: str) -> UUID | None:
    """The id in a pseudonym (`person:<id>`) or in a subject."""
    try:
        return UUID(text.rpartition(":")[2])
    except ValueError:
        return None
