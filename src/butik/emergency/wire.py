"""What devices and stores send and get here, as msgspec reads it (docs/formats/emergency.md)."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from butik.sales.device_wire import KnownVersions, Numbered, PricesVersion, SeriesStanding
from butik.sales.totals import DaySum

Document = Annotated[str, Meta(max_length=16_000)]


class Ready(Struct, frozen=True):
    enrolment: Document
    certificate: Document
    key: Annotated[str, Meta(max_length=43)] = ""  # the device's; needed until the device is known here
    app: Annotated[str, Meta(max_length=20)] = ""
    holds: Annotated[str, Meta(pattern="^([0-9a-f]{64})?$")] = ""  # sha256 of the price file that the device has
    known: KnownVersions = KnownVersions()


class IsReady(Struct, frozen=True):
    server_time: float
    order: str | None
    prices: PricesVersion | None


class State(Struct, frozen=True):
    server_time: float
    order: str | None
    prices: PricesVersion | None
    staff: Numbered
    minimum_app: str
    series: SeriesStanding | None = None  # of the series that was asked about


class Enter(Struct, frozen=True):
    order: UUID
    known: KnownVersions = KnownVersions()


class Entered(Struct, frozen=True):
    assignment: str
    prices: str | None
    staff: str | None


class Claim(Struct, frozen=True):
    key: Annotated[str, Meta(min_length=1, max_length=40)]


class EmergencyNamed(Struct, frozen=True):
    id: UUID
    number: int


class BackupNamed(Struct, frozen=True):
    id: UUID
    made_at: str
    received_at: str


class Claimed(Struct, frozen=True):
    """`series`: by POS number, the highest N series that was seen of the store."""

    emergency: EmergencyNamed
    backup: BackupNamed | None
    expires_at: str
    series: dict[str, int] = {}


class RecordTaken(Struct, frozen=True):
    """`assignment` is the place of the maker's assignment in `assignments`; null for one that has none."""

    position: int
    received_at: str
    document: str
    assignment: int | None


class Records(Struct, frozen=True):
    records: list[RecordTaken]
    assignments: list[str]
    position: int
    head: int


class StoreState(Struct, frozen=True):
    state: str


class SeriesSum(Struct, frozen=True):
    pos: int
    series: UUID
    label: str
    device: UUID
    state: str
    sales: int
    total: int
    last_counter: int


class OpenDevice(Struct, frozen=True):
    device: UUID
    pos: int
    name: str
    series: UUID
    label: str


class Totals(Struct, frozen=True):
    state: str
    series: list[SeriesSum]
    sums: list[DaySum]
    sha256: str
    devices: list[OpenDevice]


class Recovered(Struct, frozen=True):
    totals_sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class Gap(Struct, frozen=True, rename={"since": "from"}):
    since: str
    until: str


class IsRecovered(Struct, frozen=True):
    state: str
    gap: Gap
