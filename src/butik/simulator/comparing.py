"""Device and service compare how far they have got with a series; what the service has lost is brought again."""

from typing import Any
from uuid import UUID

import msgspec

from butik.lib.signing import decode
from butik.sales.device_wire import SeriesStanding


class Answer(msgspec.Struct, frozen=True):
    """What `/state` says of it; unset by a service of an older version."""

    series: SeriesStanding | msgspec.UnsetType | None = msgspec.UNSET


def lost_records(answer: bytes, *, series: UUID, sent: int, kept: list[str]) -> list[str]:
    """Of what this device keeps, what the service had acknowledged and does not have any more, in its order. Pure."""
    standing = msgspec.json.decode(answer, type=Answer).series
    if standing is msgspec.UNSET:
        return []
    has = standing.counter if standing else -1
    if standing and has >= sent and standing.sales >= has:
        return []
    after = has if 0 < has < sent else -1  # the opening record goes with the first sale
    placed = [(*_place(each), each) for each in kept]
    return [each for where, counter, each in placed if where == str(series) and counter > after]


def _place(document: str) -> tuple[str, float]:
    """Its series and counter; a closing record comes behind all sales."""
    said: dict[str, Any] = msgspec.json.decode(decode(document.split(".")[1]))
    return str(said.get("series", "")), said["counter"] if "counter" in said else float("inf")
