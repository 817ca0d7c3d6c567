"""The steps of a store's recovery: claim, fetch, release, compare, mark as recovered. Each can be repeated.

What the emergency cloud says is asked for first, and kept in one transaction afterwards: whoever dies in between asks
again.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from butik.audit.actions import record
from butik.lib.clock import now as read_clock
from butik.live.actions import announce
from butik.organisation.models import Device, Store
from butik.organisation.pairing import Pairing, pairing_of
from butik.organisation.tenancy import tenant_scope
from butik.recovery.booking import Prepared, book_page, count_outcomes, known_signers, prepare_page
from butik.recovery.cloud import Cloud, CloudTrouble
from butik.recovery.comparison import compare_sums, table_of
from butik.recovery.learning import learn_from_backup, learn_opened_series
from butik.recovery.models import RecoveredRecord, Recovery
from butik.recovery.wire import Recovered, Totals
from butik.sales.enrolment import unpair_device
from butik.sales.models import Sale, Series
from butik.sales.totals import DaySum, day_sums, sums_sha256

TOPIC = "recovery"
State = Recovery.State


def claim(*, store: Store, key: str, cloud: Cloud, actor: str, now: datetime) -> Recovery:
    """Exchange a one-time recovery key for the right to read this store's emergency sales. Raises CloudTrouble.

    What the emergency sold from is learned at once, before the first sale comes: its price versions and devices.
    """
    claimed = cloud.claim(key)
    if claimed.backup:
        learn_from_backup(store=store, cloud=cloud, now=now)
    with tenant_scope([store.organisation_id]), transaction.atomic():
        learn_opened_series(store, {int(pos): number for pos, number in claimed.series.items() if pos.isdecimal()})
        recovery, _made = Recovery.objects.get_or_create(
            organisation_id=store.organisation_id,
            store=store,
            emergency_id=claimed.emergency.id,
            defaults={
                "chain_id": store.chain_id,
                "emergency_number": claimed.emergency.number,
                "claimed_at": now,
                "claimed_by": actor,
                "expires_at": claimed.expires_at,
            },
        )
        recovery.url, recovery.backup = cloud.url, claimed.backup
        recovery.expires_at, recovery.trouble = claimed.expires_at, ""
        recovery.save(update_fields=["url", "backup", "expires_at", "trouble"])
        _tell(recovery, "recovery.store.claimed", actor, now, emergency=claimed.emergency.number)
    return recovery


def fetch(*, recovery: Recovery, store: Store, cloud: Cloud) -> Recovery:
    """Take all records that the cloud has behind ours; the next page comes and is verified while one is booked.

    Raises CloudTrouble; what was taken before that stays taken.
    """
    pairing, known = _pairing(store), known_signers(store)

    def bring(after: int) -> Prepared:
        return prepare_page(cloud.records(after), after=after, store=store, pairing=pairing, known=known)

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="fetch") as ahead:
        asked = ahead.submit(bring, recovery.position)
        while True:
            prepared = asked.result()
            has_more = bool(prepared.records) and prepared.position < prepared.head
            if has_more:
                asked = ahead.submit(bring, prepared.position)
            recovery = take_page(recovery=recovery, store=store, prepared=prepared, now=read_clock())
            if not has_more or recovery.position != prepared.position:  # somebody else is at it as well
                return recovery


def take_page(*, recovery: Recovery, store: Store, prepared: Prepared, now: datetime) -> Recovery:
    """Book a page and move the cursor, in one transaction. A page from elsewhere than the cursor changes nothing."""
    with tenant_scope([store.organisation_id]), transaction.atomic():
        locked = _lock(recovery)
        if locked.position != prepared.after:
            return locked
        is_news = bool(prepared.records) or locked.head != prepared.head or locked.fetched_at is None
        is_news = is_news or locked.is_recovered  # asked now and then: note when
        if not is_news and not locked.trouble:
            return locked
        decisions = book_page(prepared, recovery=locked, store=store, now=now) if prepared.records else []
        counts = count_outcomes(decisions)
        locked.position, locked.head, locked.trouble = prepared.position, max(prepared.head, prepared.position), ""
        locked.booked += counts["booked"]
        locked.known += counts["known"]
        locked.quarantined += counts["quarantined"]
        if locked.position >= locked.head:
            locked.fetched_at = now
        if locked.state == State.CLAIMED:
            locked.state = State.FETCHING
        elif locked.state == State.AGREED and decisions:
            locked.state = State.RELEASED  # they agreed upon less
        locked.save(update_fields=[*_PROGRESS])
        if decisions:
            _tell(locked, "recovery.records.taken", "system", now, position=locked.position, **counts)
        else:
            _announce(locked, now)
    return locked


_PROGRESS = ("position", "head", "booked", "known", "quarantined", "fetched_at", "state", "trouble")


def release(*, recovery: Recovery, cloud: Cloud, actor: str, now: datetime) -> Recovery:
    """Stop the store's devices: nothing is sold from here on until they are enrolled again. Raises CloudTrouble."""
    cloud.release()
    with tenant_scope([recovery.organisation_id]), transaction.atomic():
        locked = _lock(recovery)
        if locked.released_at is None:
            locked.released_at = now
            locked.state = State.RELEASED if not locked.is_recovered else locked.state
            locked.save(update_fields=["released_at", "state"])
            _tell(locked, "recovery.devices.stopped", actor, now)
    return locked


def compare(*, recovery: Recovery, store: Store, cloud: Cloud, now: datetime) -> Recovery:
    """Hold the store's own books against the cloud's, and keep what came out. Raises CloudTrouble."""
    return _compare(recovery, store, cloud.totals(), now)[0]


def mark_recovered(*, recovery: Recovery, store: Store, cloud: Cloud, actor: str, now: datetime) -> Recovery:
    """Let normal selling begin: only when all is here and both books say the same to the øre. Raises CloudTrouble."""
    if recovery.is_recovered:
        return recovery
    recovery = fetch(recovery=recovery, store=store, cloud=cloud)
    recovery, sums = _compare(recovery, store, cloud.totals(), now)
    if recovery.state != State.AGREED:
        raise CloudTrouble(_why_not(recovery), "not-equal")
    return _keep_recovered(recovery, store, cloud.recovered(sums_sha256(sums)), actor, now)


def note_trouble(*, recovery: Recovery, said: str, now: datetime) -> None:
    """Show a trouble with the cloud on the page; the same one is told once."""
    with tenant_scope([recovery.organisation_id]), transaction.atomic():
        if recovery.is_recovered:
            Recovery.objects.filter(pk=recovery.pk).update(fetched_at=now)  # asked, and that is all that is needed
        elif Recovery.objects.filter(pk=recovery.pk).exclude(trouble=said[:300]).update(trouble=said[:300]):
            _announce(recovery, now)


def recovered_sales(recovery: Recovery) -> "QuerySet[Sale]":
    """The sales of this emergency that are booked here, whichever way they came."""
    ids = RecoveredRecord.objects.filter(
        organisation_id=recovery.organisation_id, recovery=recovery, sale_id__isnull=False
    ).values("sale_id")
    return Sale.objects.filter(organisation_id=recovery.organisation_id, store_id=recovery.store_id, pk__in=ids)


def _compare(recovery: Recovery, store: Store, totals: Totals, now: datetime) -> tuple[Recovery, list[DaySum]]:
    with tenant_scope([store.organisation_id]), transaction.atomic():
        locked = _lock(recovery)
        with _joined_by_hash():
            sums = day_sums(organisation_id=store.organisation_id, store_id=store.id, sales=recovered_sales(locked))
        before = (locked.state, locked.rows, locked.differences, locked.waiting)
        differences = compare_sums(totals.sums, sums)
        locked.rows = msgspec.to_builtins(table_of(totals.sums, sums))
        locked.differences = msgspec.to_builtins(differences)
        locked.waiting = [{"pos": each.pos, "label": each.label, "name": each.name} for each in totals.devices]
        locked.compared_at = now
        if not locked.is_recovered and locked.is_released:
            agrees = not differences and not totals.devices and locked.is_level and sums_sha256(sums) == totals.sha256
            locked.state = State.AGREED if agrees else State.RELEASED
            locked.agreed_at = now if agrees else None
        locked.save(update_fields=["rows", "differences", "waiting", "compared_at", "state", "agreed_at"])
        if before != (locked.state, locked.rows, locked.differences, locked.waiting):
            _tell(locked, "recovery.totals.compared", "system", now, differences=len(differences), state=locked.state)
    return locked, sums


@contextmanager
def _joined_by_hash() -> Iterator[None]:
    """Right after a recovery PostgreSQL still takes the journal for empty, and would join it row by row."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")
        yield
        cursor.execute("SET LOCAL enable_nestloop = on")


def _why_not(recovery: Recovery) -> str:
    if not recovery.is_released:
        return _("The devices have not been stopped yet.")
    if recovery.differences:
        return _("The totals differ. The lines below say where.")
    if recovery.waiting:
        return _("There are devices that have not closed their series.")
    return _("Not all sales have come down yet.")


def _keep_recovered(recovery: Recovery, store: Store, answer: Recovered, actor: str, now: datetime) -> Recovery:
    with tenant_scope([store.organisation_id]), transaction.atomic():
        locked = _lock(recovery)
        if locked.is_recovered:
            return locked
        locked.state, locked.recovered_at, locked.recovered_by = State.RECOVERED, now, actor
        locked.gap_from, locked.gap_until = answer.gap.begin, answer.gap.until or now
        locked.save(update_fields=["state", "recovered_at", "recovered_by", "gap_from", "gap_until"])
        for device in _devices_of_emergency(locked).filter(
            state=Device.State.ACTIVE, enrolled_at__lt=locked.claimed_at
        ):
            unpair_device(device=device, now=now)  # it was told to be enrolled again
        _tell(locked, "recovery.store.recovered", actor, now, sales=recovered_sales(locked).count())
    return locked


def _devices_of_emergency(recovery: Recovery) -> "QuerySet[Device]":
    opened = RecoveredRecord.objects.filter(organisation_id=recovery.organisation_id, recovery=recovery)
    series = Series.objects.filter(
        organisation_id=recovery.organisation_id,
        store_id=recovery.store_id,
        label__startswith="E",
        opening_hash__in=opened.values("hash"),
    )
    return Device.objects.filter(
        organisation_id=recovery.organisation_id, store_id=recovery.store_id, pk__in=series.values("device_id")
    )


def _lock(recovery: Recovery) -> Recovery:
    found: Recovery = Recovery.objects.select_for_update().get(organisation_id=recovery.organisation_id, pk=recovery.pk)
    return found


def _pairing(store: Store) -> Pairing:
    pairing = pairing_of(store.chain)
    if pairing is None:
        raise CloudTrouble(_("This chain is not paired with an emergency cloud."), "not-paired")
    return pairing


def _tell(recovery: Recovery, action: str, actor: str, now: datetime, **data: Any) -> None:
    record(action, **_where(recovery), actor=actor, at=now, subject=recovery.pk, **data)
    _announce(recovery, now)


def _announce(recovery: Recovery, now: datetime) -> None:
    announce(TOPIC, **_where(recovery), ref=recovery.pk, at=now)


def _where(recovery: Recovery) -> dict[str, UUID]:
    return {
        "organisation_id": recovery.organisation_id,
        "chain_id": recovery.chain_id,
        "store_id": recovery.store_id,
    }
