"""Names for what the audit log knows by id. Each app says how its rows are called; they are read as the viewer may."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.apps import apps
from django.utils.translation import gettext as _

from butik.audit.models import AuditEntry
from butik.lib.tenant import TenantModel
from butik.organisation.models import Chain, Device, Organisation, Pos, Store
from butik.staff.models import Person, ShopAssistant
from butik.staff.templatetags.show import full_day

SHORT = 8  # the last letters of an id: the first ones are its time, and much alike


@dataclass(frozen=True, slots=True)
class Subject:
    """Rows that an app's acts are about: what people call one, and the id by which the acts know it."""

    model: type[TenantModel]
    name: Callable[[Any], object] = str
    key: str = "pk"


def names_in(viewer: Any, entries: Iterable[AuditEntry]) -> dict[UUID | None, str]:
    """Names behind the ids of these lines, as far as the viewer may see what they stand for."""
    entries = list(entries)
    asked = {
        found for entry in entries for found in (id_in(entry.actor), id_in(entry.subject), entry.store_id) if found
    }
    names: dict[UUID | None, str] = {
        row.pk: str(row)
        for model in (Organisation, Chain, Store, Pos, Device, ShopAssistant)
        for row in model.objects.visible_to(viewer).filter(pk__in=asked)
    }
    names |= {person.pk: str(person) for person in Person.objects.filter(pk__in=asked)}
    for app, subject in _subjects():
        left = {id_in(each.subject) for each in entries if each.action.startswith(f"{app}.")} - set(names) - {None}
        if left:
            rows = subject.model.objects.visible_to(viewer).filter(**{f"{subject.key}__in": left})
            names |= {getattr(row, subject.key): str(subject.name(row)) for row in rows}
    return names


def backup_of(day: date) -> str:
    return _("backup of %(day)s") % {"day": full_day(day)}


def _subjects() -> Iterator[tuple[str, Subject]]:
    """Of the apps of this role: each says it with `subjects` in its `apps.py`."""
    for config in apps.get_app_configs():
        for subject in getattr(config, "subjects", tuple)():
            yield config.label, subject


def called(text: str, names: dict[UUID | None, str]) -> str:
    """A pseudonym or a subject as people read it; what has gone, or is not the viewer's to see, by a part of its id."""
    found = id_in(text)
    if found is None:
        return _("the system") if text == "system" else text
    if found in names:
        return names[found]
    kind = {"person": _("person"), "device": _("device"), "store": _("store")}.get(text.partition(":")[0], _("unknown"))
    return f"{kind} …{found.hex[-SHORT:]}"


def id_in(text: str) -> UUID | None:
    """The id in a pseudonym (`person:<id>`) or in a subject."""
    try:
        return UUID(text.rpartition(":")[2])
    except ValueError:
        return None
