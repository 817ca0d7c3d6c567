"""Two organisations with everything in them, each with its own mark in every text that an answer could show."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Model

from butik.approvals.models import Approval
from butik.articles.models import Article, ArticleGroup, ArticleImport, ArticleVersion, Barcode, ImportRemark
from butik.audit.models import AuditEntry
from butik.backups.models import Backup, RevocationSent
from butik.changes.models import FeedEntry, FeedHead, FeedMove, OutboxItem
from butik.emergency.models import (
    ActivationRules,
    Assignment,
    Emergency,
    EmergencyStore,
    Order,
    Paper,
    Readiness,
    RecordHead,
    RecordPosition,
    SecurityQuestion,
    Shortfall,
    SupportCase,
)
from butik.error_log.models import ErrorEntry
from butik.lib.clock import to_wire
from butik.lib.ids import new_id
from butik.lib.signing import SigningKey
from butik.live.models import LiveEvent
from butik.organisation.keys import issue_certificate, service_key
from butik.organisation.models import Chain, Company, Device, EnrolmentCode, Organisation, Pos, Store
from butik.organisation.tenancy import tenant_scope
from butik.pos_api.models import StaffDocument
from butik.pricing.models import PriceFile
from butik.readiness.models import BackupReport, BackupWatch
from butik.recovery.models import RecoveredRecord, Recovery
from butik.sales.models import (
    DayFigure,
    DeviceEvent,
    HandBooking,
    Payment,
    QuarantinedRecord,
    Reprint,
    Sale,
    SaleException,
    SaleLine,
    SaleVat,
    Series,
)
from butik.staff.models import Membership, Person, ShopAssistant
from butik.sync.models import Inbox, StoreStatus, TakenItem
from butik.vault.models import Freeze, MissingDay, NewDevice, Revocation, StoredBackup, StoredPrices, TrustedStore

PIN = {"alg": "PBKDF2-SHA256", "iterations": 1000, "salt": "AAAA", "hash": "AAAA"}


@dataclass
class Tenant:
    """One organisation's rows, by the names that addresses use."""

    mark: str
    organisation: Organisation
    chain: Chain
    store: Store
    other_store: Store
    pos: Pos
    device: Device
    code: EnrolmentCode
    device_key: SigningKey
    store_key: SigningKey
    article: Article
    run: ArticleImport
    sale: Sale
    quarantined: QuarantinedRecord
    error: ErrorEntry
    assistant: ShopAssistant
    price_file: PriceFile
    assignment: Assignment
    backup: StoredBackup
    new_device: NewDevice
    revocation: Revocation
    administrator: Person
    manager: Person

    @property
    def secrets(self) -> list[str]:
        """What nobody outside may ever read in an answer."""
        rows: list[Model] = [
            self.organisation,
            self.chain,
            self.store,
            self.other_store,
            self.pos,
            self.device,
            self.code,
            self.article,
            self.run,
            self.sale,
            self.quarantined,
            self.error,
            self.assistant,
        ]
        return [self.mark, *(str(row.pk) for row in rows)]


def build(mark: str, number: int, at: datetime) -> Tenant:
    organisation_id = new_id()
    with tenant_scope([organisation_id]):
        return _fill(mark, number, at, Organisation.objects.create(id=organisation_id, name=f"{mark} Holding"))


def _fill(mark: str, number: int, at: datetime, organisation: Organisation) -> Tenant:
    own: dict[str, Any] = {"organisation": organisation}
    company = Company.objects.create(**own, name=f"{mark} A/S", vat_number=f"DK{number:08d}")
    chain = Chain.objects.create(
        **own, company=company, number=1, name=f"{mark} chain", root_key=SigningKey.generate().public
    )
    chained = own | {"chain": chain}
    store_key = service_key()
    store, other = (
        Store.objects.create(**chained, company=company, number=n, name=f"{mark} store {n}", key=key, key_version=1)
        for n, key in ((number, store_key.public), (number + 1, SigningKey.generate().public))
    )
    stored = chained | {"store": store}
    pos = Pos.objects.create(**stored, number=1, name=f"{mark} POS")
    device_key = SigningKey.generate()
    device = Device.objects.create(
        **stored,
        pos=pos,
        name=f"{mark} tablet",
        key=device_key.public,
        kid=device_key.kid,
        enrolment=f"{mark}.enrolment.document",
        enrolled_at=at,
    )
    code = EnrolmentCode.objects.create(
        **stored, pos=pos, code_hash=hashlib.sha256(mark.encode()).hexdigest(), expires_at=at
    )
    article, run = _fill_articles(mark, at, chained)
    price_file = PriceFile.objects.create(
        **stored,
        version=1,
        position=1,
        sha256=hashlib.sha256(mark.encode()).hexdigest(),
        size=len(mark),
        articles=1,
        manifest=f"{mark}.manifest.document",
        content=mark.encode(),
        created_at=at,
    )
    sale, quarantined = _fill_journal(mark, at, organisation, chain, store, device, device_key)
    error = _fill_logs(mark, at, organisation, chain, store)
    assistant = ShopAssistant.objects.create(**stored, number="101", name=f"{mark} Maja", pin=PIN)
    Inbox.objects.create(**stored, outbox=new_id(), contact_at=at)
    TakenItem.objects.create(organisation=organisation, store=store, uid=new_id(), kind="error", taken_at=at, body=mark)
    StaffDocument.objects.create(**stored, version=1, fingerprint="0" * 64, document=f"{mark}.staff.document")
    StoreStatus.objects.create(**stored, contact_at=at, figures={"note": mark})
    BackupReport.objects.create(
        **stored, backup=new_id(), state="FAILED", made_at=at, reported_at=at, detail=f"{mark} was not reached"
    )
    BackupWatch.objects.create(**stored, since=at)
    issue_certificate(store=store, key=store_key.public, now=at)
    Backup.objects.create(
        **stored, occasion="ON_DEMAND", day=at.date(), asked_at=at, asked_by="system", detail=f"{mark} detail"
    )
    RevocationSent.objects.create(**stored, device=device, taken_at=at)
    backup, new_device, revocation = _fill_vault(mark, at, stored)
    recovery = Recovery.objects.create(
        **stored,
        emergency_id=new_id(),
        emergency_number=1,
        url=f"https://{mark.lower()}.example",
        trouble=f"{mark} trouble",
        claimed_at=at,
        claimed_by="system",
        expires_at=at,
    )
    RecoveredRecord.objects.create(
        organisation=organisation, recovery=recovery, position=1, sale_id=sale.pk, outcome="BOOKED", hash=sale.hash
    )
    return Tenant(
        mark=mark,
        organisation=organisation,
        chain=chain,
        store=store,
        other_store=other,
        pos=pos,
        device=device,
        code=code,
        device_key=device_key,
        store_key=store_key,
        article=article,
        run=run,
        sale=sale,
        quarantined=quarantined,
        error=error,
        assistant=assistant,
        price_file=price_file,
        assignment=_fill_emergency(mark, at, stored, device),
        backup=backup,
        new_device=new_device,
        revocation=revocation,
        administrator=_person(f"alice@{mark.lower()}.example", organisation, chain, None, "CHAIN_ADMINISTRATOR"),
        manager=_person(f"bob@{mark.lower()}.example", organisation, chain, store, "STORE_MANAGER"),
    )


def _fill_vault(mark: str, at: datetime, stored: dict[str, Any]) -> tuple[StoredBackup, NewDevice, Revocation]:
    sha256 = hashlib.sha256(b"v" + mark.encode()).hexdigest()
    backup: StoredBackup = StoredBackup.objects.create(
        **stored,
        manifest=f"{mark}.backup.document",
        object=f"{mark}/backup.age",
        sha256=sha256,
        size=len(mark),
        made_at=at,
        received_at=at,
        day=at.date(),
        key_version=1,
        state="PROVEN",
        proof=f"{mark}.proven.document",
        proven_at=at,
        articles=1,
        price_sha256=sha256,
        staff=mark.encode(),
    )
    StoredPrices.objects.create(**stored, sha256=sha256, content=mark.encode())
    Freeze.objects.create(organisation=stored["organisation"], chain=stored["chain"], since=at)
    MissingDay.objects.create(**stored, day=at.date())
    TrustedStore.objects.create(**stored, since=at)
    revocation = Revocation.objects.create(
        **stored, device_id=new_id(), kid="k", document=f"{mark}.revocation.document", received_at=at, state="WAITING"
    )
    new_device = NewDevice.objects.create(
        organisation=stored["organisation"],
        chain_id=stored["chain"].pk,
        store_id=stored["store"].pk,
        device_id=new_id(),
        kid=mark,
        key=b"k" * 32,
        pos_number=1,
        name=f"{mark} new",
        enrolment=f"{mark}.enrolment.document",
        certificate=f"{mark}.certificate.document",
        key_version=1,
        is_key_new=False,
        first_seen_at=at,
        latest_seen_at=at,
    )
    return backup, new_device, revocation


def _fill_emergency(mark: str, at: datetime, stored: dict[str, Any], device: Device) -> Assignment:
    chained = {name: stored[name] for name in ("organisation", "chain")}
    ids = {"organisation": stored["organisation"], "chain_id": stored["chain"].pk, "store_id": stored["store"].pk}
    emergency = Emergency.objects.create(
        **chained, number=1, date=at.date(), activated_at=at, activated_by=f"person:{mark}"
    )
    EmergencyStore.objects.create(**stored, emergency=emergency, choice="NONE", released_at=at)
    Order.objects.create(
        **chained,
        emergency=emergency,
        kind="ACTIVATE",
        version=1,
        document=f"{mark}.order.document",
        issued_at=at,
        expires_at=at,
    )
    assignment = Assignment.objects.create(
        **stored,
        emergency=emergency,
        device=device,
        pos_number=1,
        series_id=new_id(),
        label="E1",
        document=f"{mark}.assignment.document",
        issued_at=at,
    )
    Shortfall.objects.create(**stored, assignment=assignment, reason=mark, first_by=f"person:{mark}", first_at=at)
    ActivationRules.objects.create(**chained, call_back=mark)
    SecurityQuestion.objects.create(**chained, number=1, text=f"{mark} dog", verifier=mark)
    case = SupportCase.objects.create(
        **chained, caller=mark, reason=mark, opened_by=new_id(), opened_at=at, expires_at=at, questions=[1, 2]
    )
    said = {"date": at.date().isoformat(), "held": {}, "preview": "", "support": str(case.pk)}
    Approval.objects.create(
        **chained,
        kind="emergency.activation",
        subject=stored["chain"].pk,
        content=said,
        fingerprint=mark,
        state="EXPIRED",
        first_by=new_id(),
        first_at=at,
        expires_at=at,
        note=mark,
    )
    Readiness.objects.create(**stored, device=device, checked_at=at, app_version=mark)
    Paper.objects.create(
        **stored, kind="STAFF", version=1, fingerprint="0" * 64, document=f"{mark}.staff.document", issued_at=at
    )
    RecordHead.objects.create(**stored, position=1)
    RecordPosition.objects.create(**ids, position=1, hash="0" * 64, document=f"{mark}.sale.document", received_at=at)
    return assignment


def _person(email: str, organisation: Organisation, chain: Chain, store: Store | None, level: str) -> Person:
    person = Person.objects.create_user(email, password="correct horse battery", name=email.split("@")[0].title())
    Membership.objects.create(organisation=organisation, person=person, chain=chain, store=store, level=level)
    return person


def _fill_articles(mark: str, at: datetime, chained: dict[str, Any]) -> tuple[Article, ArticleImport]:
    group = ArticleGroup.objects.create(**chained, number=1, name=f"{mark} group")
    article = Article.objects.create(
        **chained,
        number="1001",
        receipt_text=f"{mark} milk",
        name=f"{mark} milk 1 l",
        search_text=f"{mark.lower()} milk",
        group=group,
        price=1295,
        vat_rate=2500,
        version=1,
    )
    Barcode.objects.create(**chained, article=article, code="5701234567899")
    ArticleVersion.objects.create(
        **chained, number="1001", version=1, receipt_text=f"{mark} milk", unit="PCS", price=1295, vat_rate=2500
    )
    run = ArticleImport.objects.create(
        **chained,
        file_name=f"{mark}.csv",
        actor="system",
        created_at=at,
        state="HELD",
        message=f'["{mark} is held",{{}}]',
    )
    ImportRemark.objects.create(
        organisation=article.organisation,
        run=run,
        line=2,
        code="1002",
        reason=f'["{mark} price",{{}}]',
        row=f"{mark};x",
    )
    FeedHead.objects.create(**chained, position=1)
    FeedMove.objects.create(**chained, position=1)
    FeedEntry.objects.create(**chained, position=1, kind="article", key="1001")
    return article, run


def _sale_document(mark: str, at: datetime, device: Device, key: SigningKey, series_id: UUID, staff_id: UUID) -> str:
    line = {
        "n": 1, "number": "1001", "text": f"{mark} milk", "barcode": "", "quantity": 1000, "unit": "PCS",
        "unit_price": 1295, "amount": 1295, "vat_rate": 2500, "vat": 259, "version": 1, "linked_to": None,
    }  # fmt: skip
    payment = {"id": new_id(), "tender": "CASH", "amount": 1300, "tendered": 1300, "change": 0, "reference": ""}
    sale = {
        "v": 1, "id": new_id(), "org": device.organisation_id, "store": device.store_id, "pos": 1,
        "device": device.id, "series": series_id, "label": "N1", "counter": 1, "prev": "0" * 64, "session": 1,
        "business_date": at.date(), "staff": staff_id, "staff_number": "101", "started_at": to_wire(at),
        "completed_at": to_wire(at), "offset_ms": 0, "app": "0.1.0", "currency": "DKK", "lines": [line],
        "vat": [{"rate": 2500, "gross": 1295, "vat": 259}], "total": 1295, "rounding": 5, "payments": [payment],
    }  # fmt: skip
    return key.sign("butik-sale", msgspec.json.encode(sale))


def _fill_journal(
    mark: str, at: datetime, organisation: Organisation, chain: Chain, store: Store, device: Device, key: SigningKey
) -> tuple[Sale, QuarantinedRecord]:
    own: dict[str, Any] = {"organisation": organisation, "store_id": store.id}
    chained = own | {"chain_id": chain.id}
    numbered = chained | {"pos_number": 1, "device_id": device.id, "label": "N1"}
    series = Series.objects.create(**numbered, opening=f"{mark}.opening.document", latest_counter=1, sales=1)
    staff_id = new_id()
    document = _sale_document(mark, at, device, key, series.id, staff_id)
    sale = Sale.objects.create(
        **numbered,
        series_id=series.id,
        counter=1,
        session=1,
        business_date=at.date(),
        staff_id=staff_id,
        staff_number="101",
        completed_at=at,
        corrected_at=at,
        received_at=at,
        currency="DKK",
        total=1295,
        rounding=5,
        line_count=1,
        hash=hashlib.sha256(mark.encode()).hexdigest(),
        document=document,
    )
    of_sale = own | {"sale_id": sale.id}
    SaleLine.objects.create(
        **of_sale,
        n=1,
        article_number="1001",
        text=f"{mark} milk",
        quantity_milli=1000,
        unit="PCS",
        unit_price=1295,
        amount=1295,
        vat_rate=2500,
        vat=259,
        article_version=1,
    )
    SaleVat.objects.create(**of_sale, rate=2500, gross=1295, vat=259)
    Payment.objects.create(
        **of_sale, n=1, payment_id=new_id(), tender="CASH", amount=1300, tendered=1300, change=0, reference=mark
    )
    SaleException.objects.create(**chained, sale_id=sale.id, kind="PRICE", detail=f"{mark} price", at=at)
    Reprint.objects.create(**of_sale, device_id=device.id, at=at)
    DayFigure.objects.create(
        **chained, business_date=at.date(), hour=at.hour, currency="DKK", sales=1, total=1295, vat=259, latest_at=at
    )
    DeviceEvent.objects.create(
        **chained,
        pos_number=1,
        device_id=device.id,
        kind="SIGNED_IN",
        at=at,
        received_at=at,
        hash="0" * 64,
        document=f"{mark}.event.document",
    )
    HandBooking.objects.create(
        **chained,
        hash=hashlib.sha256(b"h" + mark.encode()).hexdigest(),
        pos_number=1,
        business_date=at.date(),
        currency="DKK",
        total=1295,
        rounding=0,
        vat=[{"rate": 2500, "gross": 1295, "vat": 259}],
        payments=[{"tender": "CASH", "amount": 1295}],
        booked_at=at,
        booked_by=mark,
    )
    quarantined = QuarantinedRecord.objects.create(
        **chained,
        device_id=device.id,
        hash=hashlib.sha256(b"q" + mark.encode()).hexdigest(),
        document=f"{mark}.bad.document",
        reason="BAD_SIGNATURE",
        received_at=at,
    )
    return sale, quarantined


def _fill_logs(mark: str, at: datetime, organisation: Organisation, chain: Chain, store: Store) -> ErrorEntry:
    AuditEntry.objects.create(
        organisation=organisation,
        chain_id=chain.id,
        store_id=store.id,
        at=at,
        actor="system",
        action="organisation.chain.founded",
        subject=mark,
        data={"mark": mark},
    )
    OutboxItem.objects.create(organisation=organisation, kind="status", body=mark, created_at=at)
    LiveEvent.objects.create(
        organisation=organisation, chain_id=chain.id, store_id=store.id, topic="sales", ref=str(store.id), at=at
    )
    return ErrorEntry.objects.create(
        organisation=organisation,
        chain=chain,
        store=store,
        level="ERROR",
        source="butik.tests",
        message=f"{mark} failed",
        detail=f"{mark} traceback",
        fingerprint=mark,
        first_at=at,
        latest_at=at,
    )
