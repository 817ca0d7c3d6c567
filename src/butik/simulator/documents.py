"""What a device reads and writes, as docs/formats lays it down."""

from datetime import datetime
from uuid import UUID

import msgspec


class Root(msgspec.Struct, frozen=True):
    kid: str
    key: str


class Certificate(msgspec.Struct, frozen=True):
    """Payload of butik-key."""

    org: UUID
    chain: UUID
    store: UUID
    key: str
    use: str
    expires_at: datetime


class Place(msgspec.Struct, frozen=True):
    """A store or a POS, as the enrolment names it."""

    id: UUID
    number: int
    name: str
    timezone: str = "Europe/Copenhagen"


class DeviceName(msgspec.Struct, frozen=True):
    id: UUID
    kid: str


class SeriesName(msgspec.Struct, frozen=True):
    id: UUID
    label: str


class Service(msgspec.Struct, frozen=True):
    audience: str
    url: str


class Terminal(msgspec.Struct, frozen=True):
    kind: str
    url: str


class ChainName(msgspec.Struct, frozen=True):
    id: UUID
    name: str


class Enrolment(msgspec.Struct, frozen=True):
    """Payload of butik-enrolment: what a device is."""

    version: int
    org: UUID
    store: Place
    pos: Place
    device: DeviceName
    series: SeriesName
    currency: str
    cash_rounding: int
    service: Service
    chain: ChainName | None = None
    emergency: str | None = None  # butik-emergency
    terminal: Terminal | None = None


class PinVerifier(msgspec.Struct, frozen=True):
    alg: str
    iterations: int
    salt: str
    hash: str


class StaffMember(msgspec.Struct, frozen=True):
    id: UUID
    number: str
    name: str
    role: str
    pin: PinVerifier
    pin_version: int


class StaffList(msgspec.Struct, frozen=True):
    """Payload of butik-staff."""

    version: int
    store: UUID
    staff: list[StaffMember]


class Manifest(msgspec.Struct, frozen=True):
    """Payload of butik-prices."""

    version: int
    store: UUID
    format: str
    sha256: str
    size: int
    articles: int
    currency: str
    expires_at: datetime
    backup: UUID | None = None  # of the emergency cloud's: the backup that it was made from


class Pairing(msgspec.Struct, frozen=True):
    """Payload of butik-emergency."""

    org: UUID
    chain: UUID
    url: str
    key: str
    version: int


class EmergencyName(msgspec.Struct, frozen=True):
    id: UUID
    number: int


class Order(msgspec.Struct, frozen=True):
    """Payload of butik-order."""

    id: UUID
    kind: str
    org: UUID
    chain: UUID
    store: UUID | None
    emergency: EmergencyName
    date: str
    version: int
    expires_at: datetime


class BackupName(msgspec.Struct, frozen=True):
    id: UUID
    made_at: str
    received_at: str


class Assignment(msgspec.Struct, frozen=True):
    """Payload of butik-assignment."""

    store: UUID
    pos: int
    device: UUID
    key: str
    emergency: EmergencyName
    series: SeriesName
    choice: str
    backup: BackupName | None


class SaleLine(msgspec.Struct, frozen=True):
    n: int
    number: str
    text: str
    barcode: str
    quantity: int
    unit: str
    unit_price: int
    amount: int
    vat_rate: int
    vat: int
    version: int
    linked_to: int | None


class VatSum(msgspec.Struct, frozen=True):
    rate: int
    gross: int
    vat: int


class Payment(msgspec.Struct, frozen=True):
    id: UUID
    tender: str
    amount: int
    tendered: int
    change: int
    reference: str


class Sale(msgspec.Struct, frozen=True):
    """Payload of butik-sale."""

    v: int
    id: UUID
    org: UUID
    store: UUID
    pos: int
    device: UUID
    series: UUID
    label: str
    counter: int
    prev: str
    session: int
    business_date: str
    staff: UUID
    staff_number: str
    started_at: str
    completed_at: str
    offset_ms: int | None
    app: str
    currency: str
    lines: list[SaleLine]
    vat: list[VatSum]
    total: int
    rounding: int
    payments: list[Payment]


class Opening(msgspec.Struct, frozen=True):
    """Payload of butik-series when a series begins."""

    v: int
    id: UUID
    kind: str
    org: UUID
    store: UUID
    pos: int
    device: UUID
    series: UUID
    label: str
    counter: int
    reason: str
    at: str
    offset_ms: int | None
    app: str


class TenderSum(msgspec.Struct, frozen=True):
    tender: str
    amount: int


class Closing(msgspec.Struct, frozen=True):
    """Payload of butik-series when a series ends."""

    v: int
    id: UUID
    kind: str
    org: UUID
    store: UUID
    pos: int
    device: UUID
    series: UUID
    label: str
    reason: str
    at: str
    offset_ms: int | None
    app: str
    prev: str
    last_counter: int
    sales: int
    total: int
    by_vat: list[VatSum]
    by_tender: list[TenderSum]
