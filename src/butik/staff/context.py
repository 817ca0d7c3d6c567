"""What the frame of every page shows."""

from functools import partial
from typing import Any

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest

from butik import __version__
from butik.lib.clock import now, to_wire
from butik.organisation.installation import this_installation
from butik.staff.models import Person
from butik.staff.ribbon import Link, links, store_entries, top_entries


def frame(request: HttpRequest) -> dict[str, Any]:
    """Callables are asked by the template only where it uses them: fragments pay for nothing."""
    return {
        "butik_version": __version__,
        "butik_role": settings.BUTIK_ROLE,
        "ribbon": partial(_ribbon, request),
        "store_ribbon": partial(_store_ribbon, request),
        "managed_store": getattr(request, "store", None),
        "bands": partial(_bands, request),
        "server_time": _server_time,
    }


def _server_time() -> str:
    return to_wire(now())


def _ribbon(request: HttpRequest) -> list[Link]:
    if not isinstance(request.user, Person):
        return []
    own_store = this_installation().store_id
    return list(links(request.user, request.path, top_entries(own_store), own_store))


def _bands(request: HttpRequest) -> list[Any]:
    """What stands across every page, above all else: an app says it in `apps.py`, as it gives its ribbon."""
    if not isinstance(request.user, Person):
        return []
    person = request.user
    return [band for config in apps.get_app_configs() if hasattr(config, "bands") for band in config.bands(person)]


def _store_ribbon(request: HttpRequest) -> list[Link]:
    """The pages of the store that was chosen; none where the ribbon itself has them."""
    store = getattr(request, "store", None)
    if not isinstance(request.user, Person) or store is None or this_installation().store_id:
        return []
    return list(links(request.user, request.path, store_entries(), store.pk))
