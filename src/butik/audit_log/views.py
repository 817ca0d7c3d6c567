"""The audit log: who did what, when."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from butik.audit.models import AuditEntry
from butik.audit_log.acts import ACTS
from butik.audit_log.names import called, id_in, names_in
from butik.lib.paging import newest_first
from butik.staff.guards import PersonRequest, page
from butik.staff.models import Person
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
    names = names_in(viewer, entries)
    return [
        Line(
            entry=entry,
            who=called(entry.actor, names),
            act=str(ACTS.get(entry.action, entry.action)),
            where=names.get(entry.store_id, ""),
            subject="" if id_in(entry.subject) == entry.store_id else called(entry.subject, names),
        )
        for entry in entries
    ]
