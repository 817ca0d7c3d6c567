"""What a proven backup says of its store is kept in the emergency's own tables: sales can then be verified and priced.

A store speaks for itself alone: nothing here changes another store, the chain, or a device that stands elsewhere.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import DataError, IntegrityError, connection, transaction

from butik.articles.import_rows import db_id
from butik.articles.models import ArticleVersion
from butik.lib.signing import BadDocument, decode, key_id
from butik.organisation.models import Company, Device, Pos, Store
from butik.organisation.tenancy import tenant_scope
from butik.sales.enrolment import learn_series, series_number
from butik.snapshot.format import BadSnapshot
from butik.snapshot.format import Device as SnapshotDevice
from butik.vault.evidence import Evidence, Tree, TreeCompany, Version
from butik.vault.models import NewDevice

BATCH = 5000

log = logging.getLogger(__name__)


def check_ingestible(evidence: Evidence) -> None:
    """Raise BadSnapshot for what fits its types and yet is nothing that could be kept."""
    try:
        ZoneInfo(evidence.tree.store.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadSnapshot("its store is in no time zone") from error
    for device in evidence.devices:
        try:
            fits = key_id(decode(device.key)) == device.kid and len(decode(device.key)) == 32
        except BadDocument:
            fits = False
        if not fits or device.state not in Device.State.values:
            raise BadSnapshot("a device has no key, or no state")
    if {each.pos_number for each in evidence.devices} - {each.number for each in evidence.poss}:
        raise BadSnapshot("a device stands at no POS")


def ingest_versions(store: Store, versions: Sequence[Version]) -> int:
    """Keep the article versions that are new here, in transactions of their own; return how many. Again: none."""
    if not versions:
        return 0
    lowest = min(each.version for each in versions)
    with tenant_scope([store.organisation_id]), connection.cursor() as cursor:
        cursor.execute(
            "SELECT number, version FROM articles_articleversion"
            " WHERE organisation_id = %s AND chain_id = %s AND version >= %s",
            [db_id(store.organisation_id), db_id(store.chain_id), lowest],
        )
        known = set(cursor.fetchall())
    new = [each for each in versions if (each.number, each.version) not in known]
    for start in range(0, len(new), BATCH):
        with tenant_scope([store.organisation_id]), transaction.atomic():
            ArticleVersion.objects.bulk_create(
                [_version_row(store, each) for each in new[start : start + BATCH]], ignore_conflicts=True
            )
    return len(new)


def _version_row(store: Store, version: Version) -> ArticleVersion:
    return ArticleVersion(
        organisation_id=store.organisation_id,
        chain_id=store.chain_id,
        number=version.number,
        version=version.version,
        receipt_text=version.text,
        unit=version.unit,
        price=version.price,
        vat_rate=version.vat_rate,
        is_blocked=version.blocked,
    )


def ingest_devices(store: Store, evidence: Evidence, now: datetime) -> None:
    """Keep the store's tree, POSs and devices. Call inside the transaction that keeps the proof."""
    _ingest_tree(store, evidence.tree)
    poss = {each.number: each for each in evidence.poss}
    rows = {number: _ingest_pos(store, number, str(each.id), each.name) for number, each in poss.items()}
    for series in evidence.series:
        if series.pos_number in rows:
            learn_series(rows[series.pos_number], series_number(series.label))
    for device in evidence.devices:
        _ingest_device(rows[device.pos_number], device, now)


def _ingest_tree(store: Store, tree: Tree) -> None:
    said = tree.store
    taken = Store.objects.filter(organisation_id=store.organisation_id, chain_id=store.chain_id, number=said.number)
    if taken.exclude(pk=store.pk).exists():
        log.warning("Store %s says that its number is %s, which another store has.", store.pk, said.number)
    else:
        store.number = said.number
    store.name, store.address, store.timezone, store.language = said.name, said.address, said.timezone, said.language
    store.company_id = _company(store, tree.company).pk
    store.save(update_fields=["number", "name", "address", "timezone", "language", "company"])


def _company(store: Store, said: TreeCompany) -> Company:
    """The company of that VAT number, made if it is new; one that is known is left as it is."""
    rows = Company.objects.filter(organisation_id=store.organisation_id)
    known: Company | None = rows.filter(pk=said.id).first() or rows.filter(vat_number=said.vat_number).first()
    if known is not None:
        return known
    made: Company = Company.objects.create(
        id=said.id, organisation_id=store.organisation_id, name=said.name[:100], vat_number=said.vat_number
    )
    return made


def _ingest_pos(store: Store, number: int, pos_id: str, name: str) -> Pos:
    rows = Pos.objects.filter(organisation_id=store.organisation_id, store=store)
    known: Pos | None = rows.filter(number=number).first()
    if known is None:
        made: Pos = Pos.objects.create(
            id=pos_id,
            organisation_id=store.organisation_id,
            chain_id=store.chain_id,
            store=store,
            number=number,
            name=name[:32],
        )
        return made
    rows.filter(pk=known.pk).exclude(name=name[:32]).update(name=name[:32])
    return known


def _ingest_device(pos: Pos, said: SnapshotDevice, now: datetime) -> None:
    """A device is known by its key. What closes it is taken in; nothing opens one again."""
    known: Device | None = Device.objects.filter(organisation_id=pos.organisation_id, kid=said.kid).first()
    if known is None and _is_unapproved(pos, said.kid):
        log.warning("Store %s names a device that no person has approved.", pos.store_id)
    elif known is None:
        Device.objects.create(
            id=said.id,
            organisation_id=pos.organisation_id,
            chain_id=pos.chain_id,
            store_id=pos.store_id,
            pos=pos,
            name=said.name,
            key=decode(said.key),
            kid=said.kid,
            state=said.state,
            enrolment=said.enrolment,
            enrolled_at=now,
            closed_at=None if said.state == Device.State.ACTIVE else now,
        )
    elif known.store_id != pos.store_id:
        log.warning("Store %s names a device of another store.", pos.store_id)
    elif said.state != Device.State.ACTIVE and known.state not in {Device.State.REVOKED, said.state}:
        Device.objects.filter(pk=known.pk).update(state=said.state, closed_at=now)


def _is_unapproved(pos: Pos, kid: str) -> bool:
    """It came during an emergency; that it stands in a backup afterwards does not decide for the person."""
    rows = NewDevice.objects.filter(organisation_id=pos.organisation_id, kid=kid)
    return bool(rows.exclude(state=NewDevice.State.APPROVED).exists())


@contextmanager
def refused_by_the_database() -> Iterator[None]:
    """What the tables will not hold is the file's fault: ids of somebody else's rows, texts that are no text."""
    try:
        yield
    except (IntegrityError, DataError) as error:
        raise BadSnapshot(f"cannot be kept: {str(error).splitlines()[0]}"[:200]) from error
