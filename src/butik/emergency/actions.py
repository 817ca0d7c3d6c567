"""An emergency, step by step: activated, each store released and recovered, ended. Each step can be repeated.

Each is one transaction, so a service that dies between two of them has done the first ones wholly and the others not
at all; the job `work_emergencies` (or whoever repeats the step) goes on from there (truth 13: re-runnable).
"""

import secrets
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.dispatch import Signal

from butik.audit.actions import record
from butik.emergency import hooks
from butik.emergency.models import Assignment, Emergency, EmergencyStore, Order, Shortfall
from butik.emergency.orders import issue_order, renew_orders
from butik.emergency.preview import Held, Preview, StoreChoice, choice_of_store, preview_activation
from butik.lib.ids import new_id
from butik.live.actions import announce
from butik.organisation.actions import CODE_ALPHABET, CODE_LENGTH, hash_code
from butik.organisation.models import Chain, Store
from butik.organisation.tenancy import tenant_scope
from butik.sales.models import Series
from butik.vault.actions import freeze, lift, trust_again
from butik.vault.models import Freeze

State = EmergencyStore.State
KEY_LIFE = timedelta(hours=24)  # of a recovery key that nobody has used
CLAIM_LIFE = timedelta(days=30)  # of the right to read a store's sales
STALE_FREEZE = timedelta(hours=1)  # an activation that got no further than its first step


class CannotActivate(Exception):
    """Said in the user's words. `reason` is for tests and pages."""

    def __init__(self, reason: str, said: str, emergency: Emergency | None = None) -> None:
        super().__init__(said)
        self.reason = reason
        self.emergency = emergency


def activate(
    *,
    chain: Chain,
    date: date,
    accept_newer: bool,
    actor: str,
    now: datetime,
    accept_none: bool = False,
    attempt: UUID | None = None,
    held: Held | None = None,
    confirmed_by: str = "",
    is_by_support: bool = False,
) -> Emergency:
    """Switch a chain to its emergency cloud. Returns the emergency; raises CannotActivate and has then done nothing.

    Carries out what `activating.py` has let two persons decide. `attempt` is the id that the emergency gets: the same
    one again goes on where it was. `held`: the backups that were confirmed, store by store. `accept_newer`: stores may
    get a backup that is newer than the date, which may hold what the attack did. `accept_none`: stores without any
    backup switch too, and cannot sell.
    """
    new = Emergency(
        id=attempt or new_id(),
        organisation_id=chain.organisation_id,
        chain=chain,
        date=date,
        activated_at=now,
        activated_by=actor,
        confirmed_by=confirmed_by,
        is_by_support=is_by_support,
    )
    look = partial(_look, chain, date, accept_newer, accept_none, now, held)
    with tenant_scope([chain.organisation_id]):
        emergency = running_emergency(chain)
        if emergency is None:
            look()
    if emergency is None:
        _freeze(chain, actor, now)
        emergency = _begin(new, look)
    _order_all(emergency, now)
    attempt = new.pk
    if emergency.pk != attempt:
        raise CannotActivate("active", "Somebody else has activated this chain's emergency already.", emergency)
    return emergency


def today(now: datetime) -> date:
    """The receiver's own day (truth 8)."""
    return now.astimezone(ZoneInfo(settings.TIME_ZONE)).date()


def running_emergency(chain: Chain) -> Emergency | None:
    found: Emergency | None = (
        Emergency.objects.active().filter(organisation_id=chain.organisation_id, chain=chain).first()
    )
    return found


def check_preview(
    chain: Chain, wanted: date, accept_newer: bool, accept_none: bool, expected: str, now: datetime
) -> Preview:
    """What somebody has seen and accepted is what is there now. Raises CannotActivate."""
    preview = _look(chain, wanted, accept_newer, accept_none, now)
    if preview.fingerprint != expected:
        raise CannotActivate("changed", "The backups have changed since this was shown. Look at the stores again.")
    return preview


def _look(
    chain: Chain, wanted: date, accept_newer: bool, accept_none: bool, now: datetime, held: Held | None = None
) -> Preview:
    """What was previewed is what will be done, or nothing is."""
    if wanted > today(now):
        raise CannotActivate("future", "This date is in the future: no backup of it can exist.")
    preview = preview_activation(chain, wanted, held)
    if preview.is_without_held(held):
        raise CannotActivate("changed", "A backup that was confirmed is there no more. Look at the stores again.")
    if preview.newer and not accept_newer:
        raise CannotActivate("newer", "Some stores would get a backup that is newer than this date. Accept that first.")
    if preview.without and not accept_none:
        raise CannotActivate(
            "none", "Some stores have no backup: their devices switch but cannot sell. Accept it first."
        )
    return preview


def _freeze(chain: Chain, actor: str, now: datetime) -> None:
    """Step 1: nothing is deleted from the vault any more."""
    freeze(chain=chain, actor=actor, now=now)


def _begin(emergency: Emergency, look: Callable[[], Preview]) -> Emergency:
    """Step 2: the emergency, with the backup of each store. Of two at once the database lets one through."""
    chain = emergency.chain
    where = {"organisation_id": chain.organisation_id, "chain_id": chain.pk}
    try:
        with tenant_scope([chain.organisation_id]), transaction.atomic():
            preview = look()
            number = Emergency.objects.filter(**where).aggregate(Max("number"))["number__max"] or 0
            emergency.number = number + 1
            emergency.save(force_insert=True)
            EmergencyStore.objects.bulk_create(_store_row(emergency, each) for each in preview.stores)
            record(
                "emergency.emergency.activated",
                **where,
                actor=emergency.activated_by,
                at=emergency.activated_at,
                subject=emergency.pk,
                number=emergency.number,
                date=emergency.date.isoformat(),
                stores=len(preview.stores),
                devices=preview.devices,
                without_backup=preview.without,
                newer=preview.newer,
                confirmed_by=emergency.confirmed_by,
                by_support=emergency.is_by_support,
            )
            announce("emergency", **where, ref=emergency.pk, at=emergency.activated_at)
    except IntegrityError:  # somebody else was faster
        with tenant_scope([chain.organisation_id]):
            running = running_emergency(chain)
        if running is None:
            raise
        return running
    return emergency


def _order_all(emergency: Emergency, now: datetime) -> None:
    """Step 3: the order that every device of the chain obeys."""
    with tenant_scope([emergency.organisation_id]), transaction.atomic():
        order = issue_order(emergency=emergency, kind=Order.Kind.ACTIVATE, store=None, now=now)
        if order.issued_at == now:
            transaction.on_commit(partial(hooks.activated.send_robust, Emergency, emergency=emergency), robust=True)


def _store_row(emergency: Emergency, choice: StoreChoice) -> EmergencyStore:
    backup = choice.backup
    return EmergencyStore(
        organisation_id=emergency.organisation_id,
        chain_id=emergency.chain_id,
        emergency=emergency,
        store=choice.store,
        choice=choice.kind,
        backup_id=backup.pk if backup else None,
        backup_made_at=backup.made_at if backup else None,
        backup_received_at=backup.received_at if backup else None,
    )


def take_part(*, emergency: Emergency, store: Store) -> EmergencyStore:
    """The store's row; made now for a store that nobody here had heard of when the emergency began."""
    row: EmergencyStore | None = EmergencyStore.objects.filter(
        organisation_id=emergency.organisation_id, emergency=emergency, store=store
    ).first()
    if row is None:
        row, _ = EmergencyStore.objects.get_or_create(
            organisation_id=emergency.organisation_id,
            emergency=emergency,
            store=store,
            defaults=_columns(_store_row(emergency, choice_of_store(store, emergency.date))),
        )
    return row


def _columns(row: EmergencyStore) -> dict[str, object]:
    names = ("chain_id", "choice", "backup_id", "backup_made_at", "backup_received_at")
    return {name: getattr(row, name) for name in names}


def issue_recovery_key(*, row: EmergencyStore, actor: str, now: datetime) -> str:
    """A one-time key by which a store's new controller may read its own emergency sales. Shown once, kept hashed."""
    key = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
    with tenant_scope([row.organisation_id]), transaction.atomic():
        EmergencyStore.objects.filter(pk=row.pk).update(
            key_hash=hash_code(key), key_expires_at=now + KEY_LIFE, key_used_at=None
        )
        _note(row, "emergency.recovery_key.issued", actor, now)
    return f"{key[:4]}-{key[4:]}"


def claim_store(*, row: EmergencyStore, key: str, claimant: bytes, actor: str, now: datetime) -> EmergencyStore | None:
    """Bind the right to read this store's sales to a store key. None when the recovery key is not good for it.

    The same key from the same claimant again is the same claim: an answer may be lost.
    """
    with tenant_scope([row.organisation_id]), transaction.atomic():
        locked: EmergencyStore = EmergencyStore.objects.select_for_update().get(pk=row.pk)
        is_right = bool(locked.key_hash) and secrets.compare_digest(locked.key_hash, hash_code(key))
        if not is_right or locked.key_expires_at is None or locked.key_expires_at < now:
            return None
        if locked.key_used_at is not None:
            return locked if bytes(locked.claimed_key or b"") == claimant else None
        locked.key_used_at = locked.claimed_at = now
        locked.claimed_key, locked.claim_expires_at = claimant, now + CLAIM_LIFE
        if locked.state == State.SELLING:
            locked.state = State.RECOVERING
        locked.save()
        _note(locked, "emergency.store.claimed", actor, now)
    return locked


def release_store(*, row: EmergencyStore, actor: str, now: datetime) -> EmergencyStore:
    """Stop a store's devices: they finish the sale in progress, send everything and close their series."""
    with tenant_scope([row.organisation_id]), transaction.atomic():
        locked: EmergencyStore = EmergencyStore.objects.select_for_update().get(pk=row.pk)
        if locked.state not in {State.SELLING, State.RECOVERING}:
            return locked
        locked.state, locked.released_at = State.RELEASED, now
        locked.save(update_fields=["state", "released_at"])
        issue_order(emergency=locked.emergency, kind=Order.Kind.RELEASE, store=locked.store, now=now)
        _note(locked, "emergency.store.released", actor, now)
        _send(hooks.released, locked)
    return locked


def mark_recovered(*, row: EmergencyStore, totals_sha256: str, actor: str, now: datetime) -> EmergencyStore:
    """Normal selling may begin. Its caller has found the totals equal. The last store ends the emergency."""
    with tenant_scope([row.organisation_id]), transaction.atomic():
        # the emergency first: of two stores that recover at once one sees that the other was the last but one
        emergency: Emergency = Emergency.objects.select_for_update().get(pk=row.emergency_id)
        locked: EmergencyStore = EmergencyStore.objects.select_for_update().get(pk=row.pk)
        if locked.state != State.RELEASED:
            return locked
        locked.state, locked.recovered_at, locked.totals_sha256 = State.RECOVERED, now, totals_sha256
        locked.save(update_fields=["state", "recovered_at", "totals_sha256"])
        issue_order(emergency=emergency, kind=Order.Kind.RECOVERED, store=locked.store, now=now)
        trust_again(store=locked.store, now=now)
        _note(locked, "emergency.store.recovered", actor, now)
        _send(hooks.recovered, locked)
        if not emergency.stores.exclude(state=State.RECOVERED).exists():
            _end(emergency, actor, now)
    return locked


def end_without_part(*, row: EmergencyStore, actor: str, now: datetime) -> bool:
    """End the emergency for a store none of whose devices has entered: nothing was sold, so nothing has to come home.

    False when one has, also at the last moment: then the store's controller recovers.
    """
    if not _has_entered(row):
        released = release_store(row=row, actor=actor, now=now)  # from here on nobody enters any more
        if not _has_entered(row):
            mark_recovered(row=released, totals_sha256="", actor=actor, now=now)
            return True
    return False


def _has_entered(row: EmergencyStore) -> bool:
    with tenant_scope([row.organisation_id]):
        return bool(
            Assignment.objects.filter(
                organisation_id=row.organisation_id, emergency_id=row.emergency_id, store_id=row.store_id
            ).exists()
        )


def open_assignments(row: EmergencyStore) -> list[Assignment]:
    """Devices of a store whose series is not closed, and for which no two persons have accepted that."""
    closed = Series.objects.filter(
        organisation_id=row.organisation_id, store_id=row.store_id, state=Series.State.CLOSED
    ).values("pk")
    accepted = Shortfall.objects.filter(
        organisation_id=row.organisation_id, store_id=row.store_id, second_at__isnull=False
    ).values("assignment_id")
    return list(
        Assignment.objects.filter(
            organisation_id=row.organisation_id, emergency_id=row.emergency_id, store_id=row.store_id
        )
        .exclude(series_id__in=closed)
        .exclude(pk__in=accepted)
        .select_related("device")
        .order_by("pos_number", "label")
    )


def accept_shortfall(*, assignment: Assignment, reason: str, actor: str, now: datetime) -> Shortfall | None:
    """A device is lost with what it still held: the first person names it, a second and different one confirms.

    None when the same person tries to be both.
    """
    with tenant_scope([assignment.organisation_id]), transaction.atomic():
        Assignment.objects.select_for_update().get(pk=assignment.pk)
        known: Shortfall | None = Shortfall.objects.filter(
            organisation_id=assignment.organisation_id, assignment=assignment
        ).first()
        where = {
            "organisation_id": assignment.organisation_id,
            "chain_id": assignment.chain_id,
            "store_id": assignment.store_id,
        }
        if known is None:
            known = Shortfall.objects.create(
                **where, assignment=assignment, reason=reason[:300], first_by=actor, first_at=now
            )
            record("emergency.shortfall.named", **where, actor=actor, at=now, subject=assignment.pk)
        elif known.second_at is None:
            if known.first_by == actor:
                return None
            known.second_by, known.second_at = actor, now
            known.save(update_fields=["second_by", "second_at"])
            record("emergency.shortfall.accepted", **where, actor=actor, at=now, subject=assignment.pk)
        announce("emergency", **where, ref=assignment.emergency_id, at=now)
    return known


def finish_what_began(*, organisation_id: UUID, now: datetime) -> None:
    """The job's part: issue an order that a service died before, lift a freeze that nothing came of, renew orders."""
    with tenant_scope([organisation_id]):
        ordered = Order.objects.filter(organisation_id=organisation_id, kind=Order.Kind.ACTIVATE).values("emergency_id")
        unordered = list(Emergency.objects.active().filter(organisation_id=organisation_id).exclude(pk__in=ordered))
        frozen = Freeze.objects.filter(organisation_id=organisation_id).values("chain_id")
        thawed = Emergency.objects.active().filter(organisation_id=organisation_id).exclude(chain_id__in=frozen)
        for emergency in thawed.select_related("chain"):
            freeze(chain=emergency.chain, actor="system", now=now)
    for emergency in unordered:
        _order_all(emergency, now)
    with tenant_scope([organisation_id]):
        active = Emergency.objects.active().filter(organisation_id=organisation_id).values("chain_id")
        chains = Chain.objects.filter(organisation_id=organisation_id).exclude(pk__in=active)
        stale = Freeze.objects.filter(chain__in=chains, since__lt=now - STALE_FREEZE).values("chain_id")
        for chain in chains.filter(pk__in=stale):
            lift(chain=chain, actor="system", now=now)
    renew_orders(organisation_id=organisation_id, now=now)


def _end(emergency: Emergency, actor: str, now: datetime) -> None:
    emergency.state, emergency.ended_at = Emergency.State.ENDED, now
    emergency.save(update_fields=["state", "ended_at"])
    lift(chain=emergency.chain, actor=actor, now=now)
    where = {"organisation_id": emergency.organisation_id, "chain_id": emergency.chain_id}
    record("emergency.emergency.ended", **where, actor=actor, at=now, subject=emergency.pk, number=emergency.number)
    announce("emergency", **where, ref=emergency.pk, at=now)
    transaction.on_commit(partial(hooks.ended.send_robust, Emergency, emergency=emergency), robust=True)


def _note(row: EmergencyStore, action: str, actor: str, now: datetime) -> None:
    where = {"organisation_id": row.organisation_id, "chain_id": row.chain_id, "store_id": row.store_id}
    record(action, **where, actor=actor, at=now, subject=row.emergency_id)
    announce("emergency", **where, ref=row.emergency_id, at=now)


def _send(signal: Signal, row: EmergencyStore) -> None:
    send = partial(signal.send_robust, EmergencyStore, emergency=row.emergency, store=row.store)
    transaction.on_commit(send, robust=True)
