"""What a store and its emergency cloud say to each other at a recovery (docs/formats/emergency.md)."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from butik.sales.totals import DaySum

BASE = "/api/recovery/v1"
PAGE = 500  # records in one answer, at most

Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Position = Annotated[int, Meta(ge=0, le=2**62)]
Moment = Annotated[datetime, Meta(tz=True)]


class ClaimedEmergency(Struct, frozen=True):
    id: UUID
    number: Count


class Claimed(Struct, frozen=True):
    """`series` names, by POS number, the highest N series that the cloud has seen."""

    emergency: ClaimedEmergency
    expires_at: Moment
    backup: dict[str, Any] | None = None
    series: dict[str, Count] = {}


class RecordDown(Struct, frozen=True, gc=False):
    """`assignment` is a place in the page's list; null when the cloud has none for the record's device."""

    position: Position
    received_at: Moment
    document: str
    assignment: Count | None = None


class RecordPage(Struct, frozen=True):
    records: Annotated[list[RecordDown], Meta(max_length=PAGE)]
    assignments: list[str]
    position: Position
    head: Position


class SeriesSum(Struct, frozen=True):
    pos: Count
    series: UUID
    label: str
    sales: Count
    total: int
    last_counter: Count = 0
    state: str = ""


class WaitingDevice(Struct, frozen=True):
    """One that has not closed its series."""

    device: UUID
    pos: Count
    label: str = ""
    name: str = ""


class Totals(Struct, frozen=True):
    state: str
    sums: list[DaySum]
    sha256: str
    series: list[SeriesSum] = []
    devices: list[WaitingDevice] = []


class Gap(Struct, frozen=True):
    """Nothing was sold meanwhile. `begin` is null when nothing was sold in the whole emergency."""

    begin: Moment | None = msgspec.field(default=None, name="from")
    until: Moment | None = None


class Released(Struct, frozen=True):
    state: str


class Recovered(Struct, frozen=True):
    state: str
    gap: Gap = Gap()


class Told(Struct, frozen=True):
    """A problem document."""

    type: str
    title: str = ""
    detail: str = ""
    server_time: float | None = None


decode_claimed = msgspec.json.Decoder(Claimed)
decode_page = msgspec.json.Decoder(RecordPage)
decode_totals = msgspec.json.Decoder(Totals)
decode_released = msgspec.json.Decoder(Released)
decode_recovered = msgspec.json.Decoder(Recovered)
decode_told = msgspec.json.Decoder(Told)
