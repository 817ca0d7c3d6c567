"""One article by the code on it, as the service has it now: the hot path, hand-written for both engines.

The code is what stands below the bars. What scanners make of it (AIM, GS1 elements, Digital Link) is taken apart where
scanners are: in the POS app, `pos/src/shop/scanned.ts`.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from butik.lib.barcodes import GRAM, MAX_CODE, Label, normalise_code, read_label

# By barcode, else by number; whoever keeps codes has normalised them.
_FIND = """
    SELECT a.number, a.receipt_text, a.name, COALESCE(g.name, ''), a.unit, a.price, a.vat_rate, a.age_limit,
           a.linked_number, a.is_blocked, a.version, b.quantity_milli
    FROM articles_barcode b
    JOIN articles_article a ON a.id = b.article_id
    LEFT JOIN articles_articlegroup g ON g.id = a.group_id
    WHERE b.organisation_id = %s AND b.chain_id = %s AND b.code = %s
"""
_FIND_BY_NUMBER = """
    SELECT a.number, a.receipt_text, a.name, COALESCE(g.name, ''), a.unit, a.price, a.vat_rate, a.age_limit,
           a.linked_number, a.is_blocked, a.version, 1000
    FROM articles_article a
    LEFT JOIN articles_articlegroup g ON g.id = a.group_id
    WHERE a.organisation_id = %s AND a.chain_id = %s AND a.number IN (%s, %s) AND NOT a.is_deleted
    ORDER BY a.number = %s DESC LIMIT 1
"""


class FoundArticle(msgspec.Struct, frozen=True):
    """An article and how much of it its code stands for; `label_price` when a scale's label bears its own price."""

    number: str
    text: str
    name: str
    group: str
    unit: str
    price: int
    vat_rate: int
    age_limit: int | None
    linked: str
    blocked: bool
    version: int
    quantity: int
    label_price: int | None = None


def find_by_code(*, organisation_id: UUID, chain_id: UUID, code: str) -> FoundArticle | None:
    """By barcode, else by article number; at last as a label of weighed goods."""
    scope = (organisation_id.hex, chain_id.hex)
    found = _find(scope, code)
    if found is not None:
        return _article(found)
    label = read_label(code)
    base = next((row for key in label.keys if (row := _find(scope, key)) is not None), None) if label else None
    return _article(base, label) if base is not None else None


def _find(scope: tuple[str, str], code: str) -> Sequence[Any] | None:
    if not code or len(code) > MAX_CODE or "\x00" in code:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_FIND, (*scope, normalise_code(code)))
        found: Sequence[Any] | None = cursor.fetchone()
        if found is None:
            cursor.execute(_FIND_BY_NUMBER, (*scope, code, normalise_code(code), code))
            found = cursor.fetchone()
    return found


def _article(row: Sequence[Any], label: Label | None = None) -> FoundArticle:
    number, text, name, group, unit, price, vat_rate, age_limit, linked, blocked, version, quantity = row
    if label is not None:
        quantity = 1000 if label.grams is None else label.grams * GRAM.get(unit, 1)
    return FoundArticle(
        number=number,
        text=text,
        name=name,
        group=group,
        unit=unit,
        price=price,
        vat_rate=vat_rate,
        age_limit=age_limit,
        linked=linked,
        blocked=bool(blocked),
        version=version,
        quantity=quantity,
        label_price=label.price if label else None,
    )
