"""One article by a code that was scanned: a hot path in hand-written SQL, the same for both engines (decision 0006)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from butik.lib.barcodes import Label, normalise_code, read_label

_BY_CODE = (
    "SELECT a.number, a.receipt_text, a.name, a.unit, a.price, a.vat_rate, a.version, a.age_limit, a.linked_number, "
    "a.is_blocked, b.quantity_milli FROM articles_barcode b JOIN articles_article a ON a.id = b.article_id "
    "WHERE b.organisation_id = %s AND b.chain_id = %s AND b.code = %s AND NOT a.is_deleted"
)


@dataclass(frozen=True, slots=True)
class FoundArticle:
    """An article as it is now, and what the code stands for: a quantity, or a scale's label."""

    number: str
    text: str
    name: str
    unit: str
    price: int
    vat_rate: int
    version: int
    age_limit: int | None
    linked_number: str
    is_blocked: bool
    quantity: int  # thousandths
    label: Label | None = None


def find_by_code(*, organisation_id: UUID, chain_id: UUID, code: str) -> FoundArticle | None:
    """`code` as it was scanned; what is no code of an article may still be the label of a scale."""
    found = _find(organisation_id, chain_id, normalise_code(code), None)
    label = None if found else read_label(code)
    return _find(organisation_id, chain_id, normalise_code(label.article), label) if label else found


def _find(organisation_id: UUID, chain_id: UUID, code: str, label: Label | None) -> FoundArticle | None:
    native = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute(
            _BY_CODE,
            (organisation_id if native else organisation_id.hex, chain_id if native else chain_id.hex, code),
        )
        row = cursor.fetchone()
    if row is None:
        return None
    fields: tuple[Any, ...] = (*row[:-2], bool(row[-2]), row[-1], label)  # SQLite has no booleans
    return FoundArticle(*fields)
