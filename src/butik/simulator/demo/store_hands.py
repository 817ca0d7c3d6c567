"""What the demo does inside a store service: join the chain, hire a manager, hand out codes for devices."""

from typing import Any

from butik.lib.clock import now
from butik.simulator.demo.people import managers
from butik.simulator.demo.plan import SHOPS

ACTOR = "system"


def join(chain_url: str, code: str) -> None:
    from django.core.management import call_command

    call_command("join_chain", "--url", chain_url, "--code", code)


def hire_manager(number: int, passwords: dict[str, str]) -> None:
    """The store's manager signs in at the store's own service."""
    from butik.organisation.models import Store
    from butik.simulator.demo.hiring import hire_person

    person = next(each for shop, each in zip(SHOPS, managers(), strict=True) if shop.number == number)
    hire_person(person, passwords[person.email], store=Store.objects.get(number=number))


def device_code(pos: int) -> str | None:
    """A one-time code for a device; None as long as the POS has not come down from the chain."""
    from butik.organisation.actions import issue_code
    from butik.organisation.models import Pos

    found = Pos.objects.filter(number=pos).select_related("store").first()
    return issue_code(store=found.store, pos=found, actor=ACTOR, now=now()) if found else None


def invitation(pos: int) -> str:
    """The address behind an enrolment QR: it opens the POS app with service, code and root filled in."""
    from butik.organisation.models import Store
    from butik.store_management.enrolment import enrolment_address

    return enrolment_address(store=Store.objects.get(), code=device_code(pos) or "")


def unsent() -> int:
    """How much the chain has not acknowledged yet."""
    from butik.changes.models import OutboxItem
    from butik.sync.models import Uplink

    acked = Uplink.objects.values_list("acked", flat=True).first() or 0
    newest = OutboxItem.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    return OutboxItem.objects.filter(seq__isnull=True).count() + max(0, newest - acked)


VERBS: dict[str, Any] = {
    "join": join,
    "hire_manager": hire_manager,
    "device_code": device_code,
    "invitation": invitation,
    "unsent": unsent,
}
