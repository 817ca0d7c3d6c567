"""People, inside a service, by its own actions."""

from collections.abc import Iterable

from butik.lib.clock import now
from butik.organisation.models import Store
from butik.simulator.demo.people import Assistant
from butik.staff.actions import add_assistant
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
