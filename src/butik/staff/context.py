"""What the frame of every page shows."""

from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from butik import __version__
from butik.lib.clock import now, to_wire
from butik.organisation.installation import this_installation
from butik.staff.models import Person
from butik.staff.ribbon import Link, ribbon


def frame(request: HttpRequest) -> dict[str, Any]:
    """Callables are asked by the template only where it uses them: fragments pay for nothing."""
    return {
        "butik_version": __version__,
        "butik_role": settings.BUTIK_ROLE,
        "ribbon": partial(_ribbon, request, of_store=False),
        "store_ribbon": partial(_ribbon, request, of_store=True),
        "managed_store": getattr(request, "store", None),
        "server_time": partial(_server_time),
    }


def _server_time() -> str:
    return to_wire(now())


def _ribbon(request: HttpRequest, *, of_store: bool) -> list[Link]:
    person = getattr(request, "user", None)
    if not isinstance(person, Person):
        return []
    store = getattr(request, "store", None)
    store_id = store.pk if store else this_installation().store_id
    return list(ribbon(person, request.path, store_id, of_store=of_store))
