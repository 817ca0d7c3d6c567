"""What the demo does inside a store service: join the chain, hire a manager, hand out codes for devices."""

from typing import Any

from butik.lib.clock import now
from butik.simulator.demo.people import managers
from butik.simulator.demo.plan import SHOPS

ACTOR = "system"


def join(chain_url: str, code: str) -> None:
    from django.core.management import call_command

    call_command("join_chain", "--url", chain_url, "--code", code)


def hire_manager(number: int, passwords: dict[str, str], second_factor: str = "") -> None:
    """The store's manager signs in at the store's own service."""
    from butik.organisation.models import Store
    from butik.simulator.demo.hiring import hire_person

    person = next(each for shop, each in zip(SHOPS, managers(), strict=True) if shop.number == number)
    store = Store.objects.get(number=number)
    hire_person(person, passwords[person.email], store, second_factor=second_factor)


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


def back_up() -> str:
    """Ask for a backup, once; the service makes it and hands it over. Return how far it has got: PROVEN is the end.
    Empty as long as the pairing has not come down from the chain.

    A proof is ready a moment after the backup came. The service asks for it after minutes; the demo cannot wait.
    """
    from butik.backups.actions import ask_backup, ask_proof
    from butik.backups.folder import only_one
    from butik.backups.models import Backup
    from butik.organisation.models import Store
    from butik.organisation.pairing import pairing_of

    store = Store.objects.select_related("chain").get()
    if pairing_of(store.chain) is None:
        return ""
    newest = Backup.objects.of_store(store).order_by("-asked_at").first()
    if newest is None:
        newest = ask_backup(store=store, actor=ACTOR, now=now())
    if newest.state == Backup.State.FAILED:
        raise RuntimeError(f"the backup failed: {newest.trouble} {newest.detail}")
    if newest.state == Backup.State.UPLOADED:
        with only_one() as is_mine:
            if is_mine:
                newest.proof_asks = 0  # we ask more often than the service would
                newest = ask_proof(store=store, backup=newest, now=now())
    return str(newest.state)


VERBS: dict[str, Any] = {
    "back_up": back_up,
    "join": join,
    "hire_manager": hire_manager,
    "device_code": device_code,
    "invitation": invitation,
    "unsent": unsent,
}
