"""What devices say and are told alike, whether a store's service or the emergency cloud answers them."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

_decode_text = msgspec.json.Decoder(str)


class Time(Struct, frozen=True):
    server_time: float


class PricesVersion(Struct, frozen=True):
    version: int
    sha256: str


class Numbered(Struct, frozen=True):
    version: int


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


def _text(raw: msgspec.Raw) -> str:
    try:
        return _decode_text.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return bytes(raw).decode("utf-8", "surrogateescape")
