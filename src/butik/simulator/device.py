"""A till device in Python: enrols, believes only what is signed, keeps its journal, sells and reports.

Speaks docs/formats as the POS app does. What it must not lose stands in its folder: `device.json` (key and identity)
and `journal.jsonl` (signed records that the service has not answered for yet), both 0600.
"""

import hashlib
import hmac
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from butik.lib.clock import now, to_wire
from butik.lib.ids import new_id
from butik.lib.signing import BadDocument, SigningKey, decode, document_hash, encode, key_id, verify_document
from butik.pricing.price_list import PriceList
from butik.simulator.documents import (
    Certificate,
    Enrolment,
    Manifest,
    Opening,
    Payment,
    PinVerifier,
    Root,
    Sale,
    StaffList,
    StaffMember,
)
from butik.simulator.sale_documents import BasketItem, sale_lines
from butik.simulator.store_line import API, StoreLine, answered, measure_offset, open_client

APP = "0.1.0"
BATCH = 500
GRACE = timedelta(days=1)
Payload = TypeVar("Payload")
Pay = Callable[[int], Payment]


class Memory(msgspec.Struct):
    """What `device.json` holds. `counter` and `prev` stand at the last record that was taken from the journal."""

    seed: str
    root: Root
    certificate: str
    enrolment: str
    counter: int
    prev: str
    session: int = 0
    business_date: str = ""


class EnrolAnswer(msgspec.Struct, frozen=True):
    enrolment: str
    certificate: str
    root: Root


class Numbered(msgspec.Struct, frozen=True):
    version: int


class ServiceState(msgspec.Struct, frozen=True):
    staff: Numbered
    prices: Numbered | None = None


class Result(msgspec.Struct, frozen=True):
    hash: str
    outcome: str
    number: str = ""
    reason: str = ""


class JournalAnswer(msgspec.Struct, frozen=True):
    results: list[Result]


class Device:
    """One enrolled device. Not for two threads at once."""

    def __init__(self, folder: Path, memory: Memory) -> None:
        self._folder = folder
        self._memory = memory
        self.key = SigningKey.from_bytes(decode(memory.seed))
        self.enrolment = self._trusted(memory.enrolment, "butik-enrolment", Enrolment)
        self.line = StoreLine(
            self.enrolment.service.url,
            self.key,
            org=self.enrolment.org,
            device=self.enrolment.device.id,
            audience=self.enrolment.service.audience,
        )
        self.prices: PriceList | None = None
        self.prices_version = 0
        self.staff: list[StaffMember] = []
        self._staff_version = 0
        self._unsent = self._read_journal()

    @classmethod
    def enrol(cls, folder: Path, url: str, code: str, name: str) -> "Device":
        """Turn a one-time code into a device, and open its series."""
        key = SigningKey.generate()
        with open_client(url) as client:
            offset = measure_offset(client)
            body = {"code": code, "key": encode(key.public), "name": name, "app": APP}
            answer = msgspec.json.decode(answered(client.post(f"{API}/enrol", json=body)), type=EnrolAnswer)
        if key_id(decode(answer.root.key)) != answer.root.kid:
            raise BadDocument("the root's key is not the one that its id names")
        seed = encode(key.private.private_bytes_raw())
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        device = cls(folder, Memory(seed, answer.root, answer.certificate, answer.enrolment, -1, ""))
        if device.enrolment.device.kid != key.kid:
            raise BadDocument("enrolment of another device")
        device.line.offset = offset
        device.open_series()
        device._remember()
        return device

    @classmethod
    def open(cls, folder: Path) -> "Device":
        device = cls(folder, msgspec.json.decode((folder / "device.json").read_bytes(), type=Memory))
        device.line.measure_clock()
        return device

    @property
    def unsent(self) -> int:
        return len(self._unsent)

    def refresh(self) -> None:
        """Take the newest staff and price file; what does not convince is refused, and the old one stays."""
        state = msgspec.json.decode(self.line.get("/state"), type=ServiceState)
        if state.staff.version > self._staff_version:
            newest = self._trusted(self._document("/staff", "staff"), "butik-staff", StaffList)
            self.staff, self._staff_version = newest.staff, newest.version
        if state.prices is not None and state.prices.version > self.prices_version:
            self._take_prices()

    def _take_prices(self) -> None:
        manifest = self._trusted(self._document("/prices", "prices"), "butik-prices", Manifest)
        if manifest.version <= self.prices_version or manifest.store != self.enrolment.store.id:
            raise BadDocument("price file of another store, or an older one")
        content = self.line.get(f"/prices/{manifest.sha256}")
        if len(content) != manifest.size or hashlib.sha256(content).hexdigest() != manifest.sha256:
            raise BadDocument("the price file is not what its manifest says")
        self.prices, self.prices_version = PriceList(content), manifest.version

    def sign_in(self, number: str, pin: str) -> StaffMember:
        """Find the assistant whose PIN this is; LookupError when it is nobody's."""
        for member in self.staff:
            if member.number == number and _fits(pin, member.pin):
                return member
        raise LookupError("wrong staff number or PIN")

    def sell(self, basket: Sequence[BasketItem], staff: StaffMember, pay: Pay, at: datetime | None = None) -> Sale:
        """Finish a sale: it stands in the journal, on disk, when this returns. `at` is for history."""
        sale = self.draft_sale(basket, staff, pay, at or now())
        self._append([self.sign_sale(sale)])
        return sale

    def sell_many(self, sales: Sequence[tuple[Sequence[BasketItem], StaffMember, Pay, datetime]]) -> list[Sale]:
        """History: many sales with one flush to disk."""
        finished, documents = [], []
        for basket, staff, pay, at in sales:
            finished.append(self.draft_sale(basket, staff, pay, at))
            documents.append(self.sign_sale(finished[-1]))
        self._append(documents)
        return finished

    def draft_sale(self, basket: Sequence[BasketItem], staff: StaffMember, pay: Pay, at: datetime) -> Sale:
        """The payload of the next sale of the series; takes the next counter."""
        here, memory = self.enrolment, self._memory
        business_date = at.astimezone(ZoneInfo(here.store.timezone)).date().isoformat()
        if business_date != memory.business_date:
            memory.session, memory.business_date = memory.session + 1, business_date
        lines, vat = sale_lines(basket)
        total = sum(line.amount for line in lines)
        payment = pay(total)
        memory.counter += 1
        return Sale(
            v=1,
            id=id_at(at),
            org=here.org,
            store=here.store.id,
            pos=here.pos.number,
            device=here.device.id,
            series=here.series.id,
            label=here.series.label,
            counter=memory.counter,
            prev=memory.prev,
            session=memory.session,
            business_date=business_date,
            staff=staff.id,
            staff_number=staff.number,
            started_at=to_wire(at - timedelta(seconds=4 * len(lines))),
            completed_at=to_wire(at),
            offset_ms=round(self.line.offset * 1000),
            app=APP,
            currency=here.currency,
            lines=lines,
            vat=vat,
            total=total,
            rounding=payment.amount - total,
            payments=[payment],
        )

    def sign_sale(self, sale: Sale) -> str:
        """The record of a drafted sale; the next one follows upon it."""
        return self._sign("butik-sale", sale)

    def push(self) -> list[Result]:
        """Report what the service has not answered for; what it has stored is taken from the journal."""
        results: list[Result] = []
        while self._unsent:
            batch = self._unsent[:BATCH]
            answer = msgspec.json.decode(self.line.post("/journal", {"records": batch}), type=JournalAnswer)
            if [result.hash for result in answer.results] != [document_hash(record) for record in batch]:
                raise BadDocument("the service answered for other records than were sent")
            results += answer.results
            del self._unsent[: len(batch)]
        self._remember()
        self._journal.unlink(missing_ok=True)
        return results

    def open_series(self) -> str:
        """The record that opens the series; every sale follows upon it."""
        here = self.enrolment
        opening = Opening(
            v=1,
            id=new_id(),
            kind="OPEN",
            org=here.org,
            store=here.store.id,
            pos=here.pos.number,
            device=here.device.id,
            series=here.series.id,
            label=here.series.label,
            counter=0,
            reason="ENROLMENT",
            at=to_wire(now()),
            offset_ms=round(self.line.offset * 1000),
            app=APP,
        )
        self._memory.counter = 0
        document = self._sign("butik-series", opening)
        self._append([document])
        return document

    def _sign(self, typ: str, payload: Sale | Opening) -> str:
        document = self.key.sign(typ, msgspec.json.encode(payload))
        self._memory.prev = document_hash(document)
        return document

    def _document(self, path: str, name: str) -> str:
        return str(msgspec.json.decode(self.line.get(path))[name])

    def _trusted(self, document: str, typ: str, payload: type[Payload]) -> Payload:
        """Root, certificate, document: each must have been signed by the one before it."""
        root = decode(self._memory.root.key)
        introduced = verify_document(self._memory.certificate, "butik-key", root)
        certificate = msgspec.json.decode(introduced, type=Certificate)
        if certificate.use != "store" or certificate.expires_at + GRACE < now():
            raise BadDocument("the store's certificate is not good, or no longer")
        return msgspec.json.decode(verify_document(document, typ, decode(certificate.key)), type=payload)

    @property
    def _journal(self) -> Path:
        return self._folder / "journal.jsonl"

    def _append(self, documents: list[str]) -> None:
        """A sale is a fact when its record is on disk, not before."""
        with os.fdopen(os.open(self._journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as file:
            file.writelines(document + "\n" for document in documents)
            file.flush()
            os.fsync(file.fileno())
        self._unsent += documents

    def _read_journal(self) -> list[str]:
        """What was not reported before we were stopped. The series goes on behind it."""
        if not self._journal.exists():
            return []
        # a last line without its end was never acknowledged to anybody: the sale did not happen
        records = [line for line in self._journal.read_text().splitlines(keepends=True) if line.endswith("\n")]
        documents = [line.strip() for line in records]
        for document in documents:
            self._memory.prev = document_hash(document)
        if documents:
            last = msgspec.json.decode(verify_document(documents[-1], _type_of(documents[-1]), self.key.public))
            self._memory.counter = last["counter"]
            self._memory.session = last.get("session", self._memory.session)
            self._memory.business_date = last.get("business_date", self._memory.business_date)
        return documents

    def _remember(self) -> None:
        path = self._folder / "device.json.new"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgspec.json.encode(self._memory))
            file.flush()
            os.fsync(file.fileno())
        path.replace(self._folder / "device.json")


def id_at(moment: datetime) -> UUID:
    """A UUIDv7 of that moment: history gets the identity that it would have had."""
    milliseconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return UUID(int=milliseconds << 80 | new_id().int & (1 << 80) - 1)


def _type_of(document: str) -> str:
    return str(msgspec.json.decode(decode(document.split(".")[0]))["typ"])


def _fits(pin: str, verifier: PinVerifier) -> bool:
    made = hashlib.pbkdf2_hmac("sha256", pin.encode(), decode(verifier.salt), verifier.iterations)
    return hmac.compare_digest(made, decode(verifier.hash))
