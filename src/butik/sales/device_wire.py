"""What devices say and are told alike, whether a store's service or the emergency cloud answers them."""

from typing import Annotated
from uuid import UUID

import msgspec
from django.http import QueryDict
from msgspec import Meta, Struct

from butik.lib.bounds import MAX_INTEGER
from butik.lib.outside import BadDocument, read_json
from butik.lib.versions import HIGHEST

_decode_text = msgspec.json.Decoder(str)


class Time(Struct, frozen=True):
    server_time: float


class PricesVersion(Struct, frozen=True):
    version: int
    sha256: str


class Numbered(Struct, frozen=True):
    version: int


class SeriesStanding(Struct, frozen=True):
    """How far a service has got with the series that a device asked about."""

    id: UUID
    counter: int  # highest that it has
    hash: str  # of that sale
    sales: int  # fewer than `counter`: some are missing in between, or are in quarantine
    passed_on: int  # what the next service has too: the chain, or where there is none, this one


class SeriesQuery(Struct, frozen=True):
    """What a device says of its series with each poll."""

    series: UUID
    sent: Annotated[int, Meta(ge=0, le=MAX_INTEGER)]  # the highest counter that it was told is stored safely


class KnownVersions(Struct, frozen=True):
    """The highest version of each paper that a device has seen, as it says with each poll; 0 for none."""

    prices: Annotated[int, Meta(ge=0, le=HIGHEST)] = 0
    staff: Annotated[int, Meta(ge=0, le=HIGHEST)] = 0
    enrolment: Annotated[int, Meta(ge=0, le=HIGHEST)] = 0


class Prices(Struct, frozen=True):
    prices: str


class Staff(Struct, frozen=True):
    staff: str


class Journal(Struct, frozen=True):
    """Each record is a compact document; read one by one, so that what is not even text stops only itself."""

    records: Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=500)]

    def documents(self) -> list[str]:
        """What is not a JSON text at all is kept as it was sent, and will not be readable."""
        return [_text(each) for each in self.records]


class Result(Struct, frozen=True):
    hash: str
    outcome: str
    number: str
    reason: str


class Booked(Struct, frozen=True):
    results: list[Result]
    server_time: float


def read_series_query(query: QueryDict) -> SeriesQuery | None:
    """None when it is not said, or not readable: a poll is never refused for it."""
    try:
        return msgspec.convert(query.dict(), SeriesQuery, strict=False)
    except msgspec.ValidationError:
        return None


def read_known_versions(query: QueryDict) -> KnownVersions:
    """Nothing, when it is not said or not readable."""
    try:
        return msgspec.convert(query.dict(), KnownVersions, strict=False)
    except msgspec.ValidationError:
        return KnownVersions()


def _text(raw: msgspec.Raw) -> str:
    try:
        return read_json(raw, _decode_text, limit=len(bytes(raw)))
    except BadDocument:
        return bytes(raw).decode("utf-8", "surrogateescape")
