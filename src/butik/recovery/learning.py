"""What a store learns from the backup that its emergency sold from.

A rebuilt store has its articles and staff from the chain's feed, or (when the chain is gone) from this backup too. What
no feed has it learns here either way: the price versions that were sold at, the devices that were enrolled before, and
which series they opened.
"""

import logging
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec
import pyrage
from django.db import transaction

from butik.articles.models import ArticleVersion
from butik.lib.ids import new_id
from butik.lib.outside import read_as
from butik.lib.signing import BadDocument, decode, key_id
from butik.organisation.models import Device, Pos, Store
from butik.organisation.tenancy import tenant_scope
from butik.pricing.price_list import PriceList
from butik.recovery.cloud import Cloud, CloudTrouble
from butik.sales.enrolment import enrolled_series, learn_series, series_number
from butik.snapshot.format import BadSnapshot
from butik.snapshot.read import Snapshot, open_snapshot
from butik.snapshot.seal import unseal

logger = logging.getLogger(__name__)
LARGEST = 2 * 1024 * 1024 * 1024  # bytes of an unpacked snapshot
BATCH = 1000


@contextmanager
def fetched_backup(cloud: Cloud) -> Iterator[Snapshot]:
    """The backup that the emergency sold from, sealed to a recipient of this moment. CloudTrouble, BadSnapshot."""
    identity = pyrage.x25519.Identity.generate()
    with tempfile.TemporaryDirectory(prefix="butik-backup-") as folder:
        sealed, plain = Path(folder, "sealed"), Path(folder, "plain")
        cloud.backup(str(identity.to_public()), sealed)
        unseal(sealed, plain, str(identity), limit=LARGEST)
        with open_snapshot(plain) as snapshot:
            if (UUID(snapshot.meta["chain"]), UUID(snapshot.meta["store"])) != (cloud.chain_id, cloud.store_id):
                raise BadSnapshot("another store's")
            yield snapshot


def learn_from_backup(*, store: Store, cloud: Cloud, now: datetime) -> bool:
    """Learn what no feed tells; False when there is no backup to learn from, which stops nobody.

    Without it sales at a price that the chain has changed since are booked too, as exceptions.
    """
    try:
        with fetched_backup(cloud) as snapshot, tenant_scope([store.organisation_id]), transaction.atomic():
            learn(snapshot, store, now)
    except (CloudTrouble, BadSnapshot) as error:
        logger.warning("Nothing was learned from the emergency's backup: %s", error)
        return False
    return True


def learn(snapshot: Snapshot, store: Store, now: datetime) -> None:
    """Inside a transaction: price versions, devices as history, and series that must not be opened again."""
    learn_versions(snapshot, store)
    learn_devices(snapshot, store, now)
    learn_opened_series(store, opened_series(snapshot))


def opened_series(snapshot: Snapshot) -> dict[int, int]:
    """By POS number, the highest N series in the backup: 2 for N2."""
    latest: defaultdict[int, int] = defaultdict(int)
    for head in snapshot.series():
        latest[head.pos_number] = max(latest[head.pos_number], series_number(head.label))
    for device in snapshot.devices():
        latest[device.pos_number] = max(latest[device.pos_number], enrolled_series(device.enrolment))
    return latest


def learn_opened_series(store: Store, series: Mapping[int, int]) -> None:
    """No enrolment opens a series again that somebody is known to have opened."""
    for pos in Pos.objects.filter(organisation_id=store.organisation_id, store=store):
        learn_series(pos, series.get(pos.number, 0))


def learn_versions(snapshot: Snapshot, store: Store) -> None:
    """The versions of the price file that was sold from; those that are known stay as they are."""
    file = snapshot.price_file()
    if file is None:
        return
    try:
        articles = PriceList(file.content).articles
    except (ValueError, IndexError, msgspec.DecodeError) as error:
        raise BadSnapshot("its price file cannot be read") from error
    rows = (
        ArticleVersion(
            id=new_id(),
            organisation_id=store.organisation_id,
            chain_id=store.chain_id,
            number=each.number,
            version=each.version,
            receipt_text=each.text,
            unit=each.unit,
            price=each.price,
            vat_rate=each.vat_rate,
            is_blocked=each.is_blocked,
        )
        for each in articles
    )
    ArticleVersion.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)


def learn_devices(snapshot: Snapshot, store: Store, now: datetime) -> None:
    """Devices that the old controller had enrolled, as ones that have left: they may bring what they still hold.

    To sell they must be enrolled again. Who was revoked stays so.
    """
    poss = {pos.number: pos for pos in Pos.objects.filter(organisation_id=store.organisation_id, store=store)}
    known = set(Device.objects.filter(organisation_id=store.organisation_id).values_list("kid", flat=True))
    for each in snapshot.devices():
        pos, public = poss.get(each.pos_number), _public_key(each.key)
        if pos is None or key_id(public) != each.kid or each.kid in known:
            continue
        known.add(each.kid)
        Device.objects.get_or_create(
            organisation_id=store.organisation_id,
            id=UUID(each.id),
            defaults={
                "chain_id": store.chain_id,
                "store": store,
                "pos": pos,
                "name": each.name,
                "key": public,
                "kid": each.kid,
                "state": Device.State.REVOKED if each.state == Device.State.REVOKED else Device.State.UNPAIRED,
                "enrolment": each.enrolment,
                "enrolled_at": _issued_at(each.enrolment) or now,
                "closed_at": now,
            },
        )


def _public_key(text: str) -> bytes:
    try:
        return decode(text)
    except BadDocument as error:
        raise BadSnapshot("a device's key is none") from error


class _Issued(msgspec.Struct):
    issued_at: datetime


def _issued_at(enrolment: str) -> datetime | None:
    try:
        return read_as(decode(enrolment.split(".")[1]), _Issued).issued_at
    except (BadDocument, IndexError):
        return None
