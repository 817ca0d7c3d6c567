"""The ribbon on top of every page: what a person may open, from the lists that the apps give in `apps.py`."""

from collections.abc import Iterable, Iterator
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
    """One page in the ribbon."""

    place: int
    view: str
    label: "_StrPromise"
    icon: str
    right: Right
    of_store: bool = False  # its address takes the store that is being managed
    chooses_store: bool = False  # makes sense only where there are several


@dataclass(frozen=True, slots=True)
class Link:
    label: "_StrPromise"
    icon: str
    address: str
    is_here: bool


def entries() -> list[Entry]:
    listed = [entry for config in apps.get_app_configs() for entry in getattr(config, "ribbon", ())]
    return sorted(listed, key=lambda entry: entry.place)


def links(person: "Person", path: str, chosen: Iterable[Entry], store_id: UUID | None) -> Iterator[Link]:
    """Links for the rights that this person holds somewhere; the page itself asks again, for the row."""
    rights = frozenset[Right]().union(*(membership.rights for membership in person.memberships.all()))
    addressed = [
        (entry, reverse(entry.view, args=[store_id] if entry.of_store else []))
        for entry in chosen
        if entry.right in rights
    ]
    here = max((address for _, address in addressed if path.startswith(address)), key=len, default="")
    for entry, address in addressed:
        yield Link(entry.label, entry.icon, address, is_here=address == here)


def top_entries(own_store: UUID | None) -> list[Entry]:
    """At a store everything is about that store; elsewhere the store's own pages stand below, once it is chosen."""
    return [entry for entry in entries() if not (entry.chooses_store if own_store else entry.of_store)]


def store_entries() -> list[Entry]:
    return [entry for entry in entries() if entry.of_store]
