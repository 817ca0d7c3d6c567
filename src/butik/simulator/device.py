"""A till device in Python: enrols, believes only what is signed, keeps its journal, sells and reports.

Speaks docs/formats as the POS app does. What it must not lose stands in its folder: `device.json` (key and identity)
and `journal.jsonl` (signed records that no service has answered for yet), both 0600. What it does in an emergency is
`switch.py`; here is what is the same in a store and in the emergency cloud.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from butik.lib.clock import now, to_wire
from butik.lib.files import replace_file
from butik.lib.ids import new_id
from butik.lib.signing import BadDocument, SigningKey, decode, document_hash, encode, key_id, verify_document
from butik.pricing.price_list import PriceList
from butik.simulator.answers import EnrolAnswer, JournalAnswer, Papers, Result, ServiceState
from butik.simulator.comparing import lost_records
from butik.simulator.documents import (
    Assignment,
    Closing,
    Enrolment,
    Manifest,
    Opening,
    Payment,
    PinVerifier,
    Root,
    Sale,
    SeriesName,
    StaffList,
    StaffMember,
)
from butik.simulator.journal import Journal
from butik.simulator.price_shelf import PriceShelf
from butik.simulator.sale_documents import BasketItem, sale_lines
from butik.simulator.series_sums import SeriesSums, Sold
from butik.simulator.store_line import API, EMERGENCY_API, StoreLine, answered, measure_offset, open_client
from butik.simulator.trust import Trust

APP = "0.1.0"
BATCH = 500
STORE, EMERGENCY, RELEASED, RECOVERED = "STORE", "EMERGENCY", "RELEASED", "RECOVERED"
Pay = Callable[[int], Payment]


class Memory(msgspec.Struct):
    """What `device.json` holds. `counter`, `prev` and `sums` stand at the last record taken from the journal."""

    seed: str
    root: Root
    certificate: str
    enrolment: str
    counter: int
    prev: str
    session: int = 0
    business_date: str = ""
    sums: SeriesSums = msgspec.field(default_factory=SeriesSums)
    pairing: str = ""  # butik-emergency, pinned
    place: str = STORE  # where it sells, or that it sells no more
    order: str = ""  # the newest butik-order that was obeyed
    assignment: str = ""  # butik-assignment of the emergency that it is in
    has_closed: bool = False  # its emergency series
    is_fresh: bool = True  # enrolled, and has not heard from the emergency cloud that nothing was ordered


class NotSellingError(Exception):
    """This device may not sell now; said in the user's words."""


class Device:
    """One enrolled device. Not for two threads at once."""

    def __init__(self, folder: Path, memory: Memory) -> None:
        self.folder = folder
        self.memory = memory
        self.key = SigningKey.from_bytes(decode(memory.seed))
        self.trust = Trust(memory.root, memory.certificate, memory.pairing)
        self.enrolment = self.trust.by_store(memory.enrolment, "butik-enrolment", Enrolment)
        self.assignment: Assignment | None = None
        if memory.assignment:
            self.assignment = self.trust.by_emergency(memory.assignment, "butik-assignment", Assignment)
        self.trust.pin(self.enrolment.emergency or "")
        self.store_line = self._open_line(self.enrolment.service.url, self.enrolment.service.audience)
        self.cloud = self._open_cloud()
        self.shelf = PriceShelf(folder)
        self.prices: PriceList | None = None
        self.prices_version = 0
        self.prices_sha256 = ""
        self.staff: list[StaffMember] = []
        self._staff_version = 0
        self._journal = Journal(folder / "journal.jsonl")
        self._brought_again: list[str] = []
        self._go_on()

    @classmethod
    def enrol(cls, folder: Path, url: str, code: str, name: str, *, pairing: str = "") -> "Device":
        """Turn a one-time code into a device, and open its series. `pairing`: what it had pinned before."""
        key = SigningKey.generate()
        with open_client(url) as client:
            offset = measure_offset(client)
            body = {"code": code, "key": encode(key.public), "name": name, "app": APP}
            answer = msgspec.json.decode(answered(client.post(f"{API}/enrol", json=body)), type=EnrolAnswer)
        if key_id(decode(answer.root.key)) != answer.root.kid:
            raise BadDocument("the root's key is not the one that its id names")
        seed = encode(key.private.private_bytes_raw())
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        memory = Memory(seed, answer.root, answer.certificate, answer.enrolment, -1, "", pairing=pairing)
        device = cls(folder, memory)
        if device.enrolment.device.kid != key.kid:
            raise BadDocument("enrolment of another device")
        device.store_line.offset = offset
        device.open_series("ENROLMENT")
        device.remember()
        return device

    @classmethod
    def open(cls, folder: Path) -> "Device":
        device = cls(folder, msgspec.json.decode((folder / "device.json").read_bytes(), type=Memory))
        device.line.measure_clock()
        return device

    def close(self) -> None:
        self.store_line.close()
        if self.cloud is not None:
            self.cloud.close()

    @property
    def line(self) -> StoreLine:
        """To the service that it works with now."""
        if self.memory.place == STORE:
            return self.store_line
        assert self.cloud is not None  # noqa: S101 - the order came through it
        return self.cloud

    @property
    def series(self) -> SeriesName:
        return self.assignment.series if self.assignment else self.enrolment.series

    @property
    def unsent(self) -> int:
        return len(self._journal.unsent)

    def refresh(self) -> None:
        """Take the newest enrolment, staff and price file; what does not convince is refused, and the old one stays.

        In an emergency what was given on entering is what counts.
        """
        if self.memory.place != STORE:
            return
        state = msgspec.json.decode(self.ask_state(), type=ServiceState)
        if state.enrolment is not None and state.enrolment.version != self.enrolment.version:
            self._take_enrolment()
        if state.staff.version != self._staff_version:
            newest = self.trust.by_store(self._document("/staff", "staff"), "butik-staff", StaffList)
            if newest.version < self._staff_version:
                raise BadDocument("an older list of the staff")
            self.take_staff(newest)
        if state.prices is not None and state.prices.version != self.prices_version:
            manifest = self.trust.by_store(self._document("/prices", "prices"), "butik-prices", Manifest)
            if manifest.version < self.prices_version:
                raise BadDocument("an older price file")
            self.take_prices(manifest)

    def ask_state(self) -> bytes:
        """The cheap poll. What its service had acknowledged and has lost waits again afterwards."""
        series, waiting = self.series.id, self._journal.unsent
        sent = max(0, self.memory.counter - sum(_type_of(each) == "butik-sale" for each in waiting))
        known = f"prices={self.prices_version}&staff={self._staff_version}&enrolment={self.enrolment.version}"
        answer = self.line.get(f"/state?series={series}&sent={sent}&{known}")
        lost = lost_records(answer, series=series, sent=sent, kept=self._journal.sent)
        if lost and lost != self._brought_again:  # what the service keeps in quarantine is not brought for ever
            self._journal.take_back(lost)
        self._brought_again = lost
        return answer

    def take_staff(self, newest: StaffList) -> None:
        if newest.store != self.enrolment.store.id:
            raise BadDocument("the staff of another store")
        self.staff, self._staff_version = newest.staff, newest.version

    def take_prices(self, manifest: Manifest) -> None:
        """Sell from what the manifest names; its bytes are fetched only when they are not here already."""
        self.fetch_prices(manifest, self.line)
        self.prices, self.prices_version = PriceList(self.shelf.take(manifest)), manifest.version
        self.prices_sha256 = manifest.sha256

    def fetch_prices(self, manifest: Manifest, line: StoreLine) -> None:
        if manifest.store != self.enrolment.store.id:
            raise BadDocument("the price file of another store")
        if not self.shelf.holds(manifest.sha256):
            self.shelf.put(manifest, line.get(f"/prices/{manifest.sha256}"))

    def sign_in(self, number: str, pin: str) -> StaffMember:
        """Find the assistant whose PIN this is; LookupError when it is nobody's."""
        for member in self.staff:
            if member.number == number and _fits(pin, member.pin):
                return member
        raise LookupError("wrong staff number or PIN")

    def sell(self, basket: Sequence[BasketItem], staff: StaffMember, pay: Pay, at: datetime | None = None) -> Sale:
        """Finish a sale: it stands in the journal, on disk, when this returns. `at` is for history."""
        if self.memory.place in (RELEASED, RECOVERED):
            raise NotSellingError("This store's emergency is over: this device waits to be enrolled again.")
        if self.prices is None:
            raise NotSellingError("There is no price file to sell from.")
        sale = self.draft_sale(basket, staff, pay, at or now())
        self._journal.append([self.sign_sale(sale)])
        return sale

    def sell_many(self, sales: Sequence[tuple[Sequence[BasketItem], StaffMember, Pay, datetime]]) -> list[Sale]:
        """History: many sales with one flush to disk."""
        finished, documents = [], []
        for basket, staff, pay, at in sales:
            finished.append(self.draft_sale(basket, staff, pay, at))
            documents.append(self.sign_sale(finished[-1]))
        self._journal.append(documents)
        return finished

    def draft_sale(self, basket: Sequence[BasketItem], staff: StaffMember, pay: Pay, at: datetime) -> Sale:
        """The payload of the next sale of the series; takes the next counter."""
        here, memory = self.enrolment, self.memory
        there = at + timedelta(seconds=self.line.offset)  # as the service's clock has it
        business_date = there.astimezone(ZoneInfo(here.store.timezone)).date().isoformat()
        if business_date != memory.business_date:
            memory.session, memory.business_date = memory.session + 1, business_date
        lines, vat = sale_lines(basket)
        total = sum(line.amount for line in lines)
        payment = pay(total)
        memory.counter += 1
        return Sale(
            **self._origin(id_at(at)),
            counter=memory.counter,
            prev=memory.prev,
            session=memory.session,
            business_date=business_date,
            staff=staff.id,
            staff_number=staff.number,
            started_at=to_wire(at - timedelta(seconds=4 * len(lines))),
            completed_at=to_wire(at),
            currency=here.currency,
            lines=lines,
            vat=vat,
            total=total,
            rounding=payment.amount - total,
            payments=[payment],
        )

    def sign_sale(self, sale: Sale) -> str:
        """The record of a drafted sale; the next one follows upon it."""
        self.memory.sums.add(Sold(sale.total, sale.vat, sale.payments))
        return self._sign("butik-sale", sale)

    def push(self) -> list[Result]:
        """Report what no service has answered for; what one has stored is taken from the journal."""
        results: list[Result] = []
        while self._journal.unsent:
            batch = self._journal.unsent[:BATCH]
            answer = msgspec.json.decode(self.line.post("/journal", {"records": batch}), type=JournalAnswer)
            if [result.hash for result in answer.results] != [document_hash(record) for record in batch]:
                raise BadDocument("the service answered for other records than were sent")
            results += answer.results
            self._journal.forget(len(batch))
        self.remember()
        self._journal.clear()
        return results

    def open_series(self, reason: str) -> str:
        """The record that opens the series; every sale follows upon it."""
        opening = Opening(**self._origin(new_id()), kind="OPEN", counter=0, reason=reason, at=to_wire(now()))
        memory = self.memory
        memory.counter, memory.session, memory.business_date, memory.sums = 0, 0, "", SeriesSums()
        document = self._sign("butik-series", opening)
        self._journal.append([document])
        return document

    def close_series(self, reason: str) -> str:
        """The record after which the series has no more sales, with what it came to."""
        memory, sums = self.memory, self.memory.sums
        closing = Closing(
            **self._origin(new_id()),
            kind="CLOSE",
            reason=reason,
            at=to_wire(now()),
            prev=memory.prev,
            last_counter=memory.counter,
            sales=sums.sales,
            total=sums.total,
            by_vat=sums.by_vat,
            by_tender=sums.by_tender,
        )
        document = self._sign("butik-series", closing)
        self._journal.append([document])
        return document

    def remember(self) -> None:
        self.memory.pairing = self.trust.document
        replace_file(self.folder / "device.json", msgspec.json.encode(self.memory))

    def _origin(self, record: UUID) -> dict[str, Any]:
        """What every record of the series bears."""
        here, series = self.enrolment, self.series
        return {
            "v": 1,
            "id": record,
            "org": here.org,
            "store": here.store.id,
            "pos": here.pos.number,
            "device": here.device.id,
            "series": series.id,
            "label": series.label,
            "offset_ms": round(self.line.offset * 1000),
            "app": APP,
        }

    def _sign(self, typ: str, payload: Sale | Opening | Closing) -> str:
        document = self.key.sign(typ, msgspec.json.encode(payload))
        self.memory.prev = document_hash(document)
        return document

    def _document(self, path: str, name: str) -> str:
        return str(msgspec.json.decode(self.line.get(path))[name])

    def _take_enrolment(self) -> None:
        """The store has renewed what it says of this device; the chain may have named an emergency cloud meanwhile."""
        papers = msgspec.json.decode(self.line.get("/enrolment"), type=Papers)
        trust = Trust(self.memory.root, papers.certificate, self.trust.document)
        renewed = trust.by_store(papers.enrolment, "butik-enrolment", Enrolment)
        if renewed.device != self.enrolment.device or renewed.version <= self.enrolment.version:
            raise BadDocument("enrolment of another device, or an older one")
        if trust.pin(renewed.emergency or "") and self.cloud is not None:
            self.cloud.close()
        self.trust, self.enrolment = trust, renewed
        self.memory.certificate, self.memory.enrolment = papers.certificate, papers.enrolment
        self.cloud = self._open_cloud()
        self.remember()

    def _open_line(self, url: str, audience: str, base: str = API) -> StoreLine:
        here = self.enrolment
        return StoreLine(url, self.key, org=here.org, device=here.device.id, audience=audience, base=base)

    def _open_cloud(self) -> StoreLine | None:
        pairing = self.trust.pairing
        return self._open_line(pairing.url, f"emergency/{pairing.chain}", EMERGENCY_API) if pairing else None

    def _go_on(self) -> None:
        """The series goes on behind what was not reported before we were stopped."""
        for document in self._journal.unsent:
            typ = _type_of(document)
            said = msgspec.json.decode(verify_document(document, typ, self.key.public))
            if said["series"] != str(self.series.id) or said.get("counter", -1) <= self.memory.counter:
                continue
            self.memory.counter, self.memory.prev = said["counter"], document_hash(document)
            if typ == "butik-sale":
                self.memory.session, self.memory.business_date = said["session"], said["business_date"]
                self.memory.sums.add(msgspec.convert(said, Sold))


def id_at(moment: datetime) -> UUID:
    """A UUIDv7 of that moment: history gets the identity that it would have had."""
    milliseconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return UUID(int=milliseconds << 80 | new_id().int & (1 << 80) - 1)


def _type_of(document: str) -> str:
    return str(msgspec.json.decode(decode(document.split(".")[0]))["typ"])


def _fits(pin: str, verifier: PinVerifier) -> bool:
    made = hashlib.pbkdf2_hmac("sha256", pin.encode(), decode(verifier.salt), verifier.iterations)
    return hmac.compare_digest(made, decode(verifier.hash))
