"""Pricing the lines of a reported sale again, at the versions that they name. Pure (truth 6)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from butik.lib.barcodes import price_on

Versions = Mapping[tuple[str, int], tuple[int, int]]  # (number, version): (price, VAT rate) as they were


class SoldLine(Protocol):
    """A line of a reported sale (docs/formats/journal.md)."""

    @property
    def n(self) -> int: ...
    @property
    def number(self) -> str: ...
    @property
    def barcode(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def unit_price(self) -> int: ...
    @property
    def vat_rate(self) -> int: ...
    @property
    def version(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Difference:
    """A line that was not sold as its article was. `kept` is None when nobody here ever had it at that version."""

    n: int
    number: str
    version: int
    sold: tuple[int, int]
    kept: tuple[int, int] | None


def reprice(lines: Iterable[SoldLine], versions: Versions) -> list[Difference]:
    differences = []
    for line in lines:
        sold = (line.unit_price, line.vat_rate)
        kept = versions.get((line.number, line.version))
        if sold != kept and (kept is None or sold != _due(line, kept)):
            differences.append(Difference(line.n, line.number, line.version, sold, kept))
    return differences


def _due(line: SoldLine, kept: tuple[int, int]) -> tuple[int, int]:
    price = price_on(line.barcode)
    if price is None or line.unit != "PCS" or line.unit_price != price:
        return kept
    return (price, kept[1])  # such a code bears its own price, and is sold as one piece
