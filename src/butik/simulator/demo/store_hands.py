"""What the demo does inside a store service: join the chain, hire a manager, hand out codes for devices."""

from typing import Any

from butik.lib.clock import now

ACTOR = "system"


def join(chain_url: str, code: str) -> None:
    from django.core.management import call_command

    call_command("join_chain", chain_url, code)


def device_code(pos: int) -> str | None:
    """A one-time code for a device; None as long as the POS has not come down from the chain."""
    from butik.organisation.actions import issue_code
    from butik.organisation.models import Pos

    found = Pos.objects.filter(number=pos).select_related("store").first()
    return issue_code(store=found.store, pos=found, actor=ACTOR, now=now()) if found else None


def unsent() -> int:
    """How much the chain has not acknowledged yet."""
    from butik.changes.models import OutboxItem

    return OutboxItem.objects.count()


VERBS: dict[str, Any] = {"join": join, "device_code": device_code, "unsent": unsent}
