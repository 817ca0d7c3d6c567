"""The audit log: who did what, when."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from butik.audit.models import AuditEntry
from butik.lib.paging import newest_first
from butik.organisation.models import Device, Store
from butik.staff.guards import PersonRequest, page
from butik.staff.models import Person
from butik.staff.rights import Right


@require_safe
@page(Right.AUDIT_ENTRY_VIEW)
def audit_log(request: PersonRequest) -> HttpResponse:
    rows = AuditEntry.objects.visible_to(request.user)
    words = request.GET.get("q", "").strip()
    if words:
        rows = rows.filter(action__contains=words.lower())
    page = newest_first(request, rows, "at", "id")
    stores = {store.pk: store for store in Store.objects.visible_to(request.user)}
    names = _names(request.user, {row.actor for row in page.rows})
    context = {
        "page": page,
        "words": words,
        "lines": [(row, names.get(row.actor, row.actor), stores.get(row.store_id)) for row in page.rows],
    }
    return render(request, "store_management/audit_log.html", context)


def _names(viewer: Person, actors: set[str]) -> dict[str, str]:
    """Names behind pseudonyms, while there are such people and devices."""
    ids: dict[str, list[UUID]] = {"person": [], "device": [], "store": []}
    for actor in actors:
        kind, _, key = actor.partition(":")
        if kind in ids:
            ids[kind].append(UUID(key))
    people = Person.objects.filter(pk__in=ids["person"])
    devices = Device.objects.visible_to(viewer).filter(pk__in=ids["device"]).select_related("pos")
    stores = Store.objects.visible_to(viewer).filter(pk__in=ids["store"])
    return {
        **{f"person:{person.pk}": str(person) for person in people},
        **{f"device:{device.pk}": f"{device.name} (POS {device.pos.number})" for device in devices},
        **{f"store:{store.pk}": str(store) for store in stores},
    }
