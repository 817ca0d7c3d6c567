"""The ribbon on top of every page: what a person may open, from the lists that the apps give in `apps.py`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.apps import apps
from django.urls import reverse

from butik.staff.rights import Right

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from butik.staff.models import Person


@dataclass(frozen=True, slots=True)
class Entry:
    """One page in the ribbon. `of_store`: its address takes the store that is being managed."""

    place: int
    view: str
    label: "_StrPromise"
    icon: str
    right: Right
    of_store: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    label: "_StrPromise"
    icon: str
    address: str
    is_here: bool


def entries() -> list[Entry]:
    listed = [entry for config in apps.get_app_configs() for entry in getattr(config, "ribbon", ())]
    return sorted(listed, key=lambda entry: entry.place)


def ribbon(person: "Person", path: str, store_id: UUID | None, *, of_store: bool) -> Iterator[Link]:
    """Links for the rights that this person holds somewhere; the page itself asks again, for the row."""
    rights = frozenset[Right]().union(*(membership.rights for membership in person.memberships.all()))
    chosen = [
        (entry, reverse(entry.view, args=[store_id] if of_store else []))
        for entry in entries()
        if entry.of_store == of_store and entry.right in rights and (store_id or not of_store)
    ]
    here = max((address for _, address in chosen if path.startswith(address)), key=len, default="")
    for entry, address in chosen:
        yield Link(entry.label, entry.icon, address, is_here=address == here)
