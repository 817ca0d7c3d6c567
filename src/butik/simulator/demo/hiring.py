"""People, inside a service, by its own actions."""

from collections.abc import Iterable

from allauth.mfa.totp.internal.auth import TOTP

from butik.lib.clock import now
from butik.organisation.models import Organisation, Store
from butik.simulator.demo.people import Assistant, Employee
from butik.staff.actions import add_assistant
from butik.staff.people import give_access
from butik.staff.pins import make_pin_verifier

ACTOR = "system"


def hire_assistants(store: Store, assistants: Iterable[Assistant], pins: dict[str, str]) -> None:
    for each in assistants:
        add_assistant(
            store=store,
            number=each.number,
            name=each.name,
            role=each.role,
            pin=make_pin_verifier(pins[each.number]),
            actor=ACTOR,
            now=now(),
        )


def hire_person(person: Employee, password: str, store: Store | None = None, *, second_factor: str = "") -> None:
    """Somebody who signs in to pages: over the whole organisation, or over one store."""
    hired = give_access(
        email=person.email,
        name=person.name,
        password=password,
        level=person.level,
        organisation_id=store.organisation_id if store else Organisation.objects.get().pk,
        chain=store.chain if store else None,
        store=store,
        actor=ACTOR,
        now=now(),
    )
    if second_factor:
        TOTP.activate(hired, second_factor)
