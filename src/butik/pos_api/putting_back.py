"""A device knows a later paper than this store has ever given: the store was put back to an older state.

What the device has seen as older it refuses from then on, so what it lacks is signed anew under a version that passes
what it has seen. The number is bounded by the clock and not by the device's word (`lib/versions.py`).
"""

import logging
from datetime import datetime
from uuid import UUID

from butik.lib.versions import version_beyond
from butik.organisation.installation import this_installation
from butik.organisation.models import Store
from butik.pos_api.authentication import Caller
from butik.pos_api.staff import current_staff
from butik.pricing.actions import overtake_prices
from butik.sales.device_wire import KnownVersions
from butik.sales.enrolment import renew_enrolment

log = logging.getLogger(__name__)
REMEMBERED = 1000

_said: set[tuple[UUID, str]] = set()  # of which device and paper it was said that its word is not believed


def overtake(*, caller: Caller, given: KnownVersions, known: KnownVersions, now: datetime) -> bool:
    """Sign anew what the device knows a later version of. True when something was."""
    changed = False
    if _beyond(caller, "price file", given.prices, known.prices, now):
        store = Store.objects.select_related("chain").get(pk=this_installation().store_id)
        changed |= overtake_prices(store=store, heard=known.prices, now=now) is not None
    if _beyond(caller, "staff list", given.staff, known.staff, now):
        changed |= current_staff(place=caller.place, now=now, heard=known.staff).version > given.staff
    if version := _beyond(caller, "enrolment", given.enrolment, known.enrolment, now):
        renew_enrolment(device_id=caller.device_id, version=version, now=now)
        changed = True
    return changed


def _beyond(caller: Caller, paper: str, given: int, known: int, now: datetime) -> int | None:
    """The version under which to sign it anew; what the device says is logged, and once if it is not believed."""
    version = version_beyond(given, known, now)
    if known <= given:
        return None
    if version is not None:
        log.warning(
            "Device of POS %s knows a later %s (%s) than was ever given here (%s): this service was put back to an"
            " older state, and signs it anew.",
            caller.signer.pos_number,
            paper,
            known,
            given,
        )
        return version
    if len(_said) < REMEMBERED and (caller.device_id, paper) not in _said:
        _said.add((caller.device_id, paper))
        log.error(
            "Device of POS %s says that it knows a %s (%s) that is later than the last one given here (%s), which"
            " cannot be followed now: a clock was wrong, or the device is. If it goes on refusing, enrol it anew.",
            caller.signer.pos_number,
            paper,
            known,
            given,
        )
    return None
