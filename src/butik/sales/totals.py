"""Sums of booked sales per POS, series and business date, by VAT rate and tender.

They must agree at both ends of a recovery, whose services make them by this one function and compare a hash.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Count, QuerySet, Sum

from butik.sales.models import HandBooking, Payment, Sale, SaleVat
from butik.sales.wire import TenderSum, VatSum

NO_SERIES = UUID(int=0)
Key = tuple[int, UUID, date]


class DaySum(msgspec.Struct, frozen=True):
    """One business date of one series. Amounts in minor units; members in the order of the wire."""

    pos: int
    series: UUID
    label: str
    date: date
    sales: int
    total: int
    rounding: int
    by_vat: list[VatSum]
    by_tender: list[TenderSum]


def day_sums(*, organisation_id: UUID, store_id: UUID, sales: QuerySet[Any] | None = None) -> list[DaySum]:
    """Of all booked sales of a store, or of those in `sales` (rows of Sale)."""
    of_store = {"organisation_id": organisation_id, "store_id": store_id}
    chosen = Sale.objects.filter(**of_store) if sales is None else sales.filter(**of_store)
    within = {} if sales is None else {"sale_id__in": chosen.order_by().values("pk")}
    by_vat, by_tender = defaultdict[Key, list[VatSum]](list), defaultdict[Key, list[TenderSum]](list)
    key = ("sale__pos_number", "sale__series_id", "sale__business_date")
    vat_rows = SaleVat.objects.filter(**of_store, **within).values_list(*key, "rate").order_by("rate")
    for pos, series, day, rate, gross, vat in vat_rows.annotate(Sum("gross"), Sum("vat")):
        by_vat[pos, series, day].append(VatSum(rate, gross, vat))
    paid_rows = Payment.objects.filter(**of_store, **within).values_list(*key, "tender").order_by("tender")
    for pos, series, day, tender, amount in paid_rows.annotate(Sum("amount")):
        by_tender[pos, series, day].append(TenderSum(tender, amount))
    rows: Iterable[tuple[Any, ...]] = (
        chosen.order_by()
        .values_list("pos_number", "series_id", "label", "business_date")
        .annotate(Count("pk"), Sum("total"), Sum("rounding"))
    )
    hand = _by_hand(organisation_id, store_id) if sales is None else []
    return hand + [
        DaySum(pos, series, label, day, count, total, rounding, by_vat[pos, series, day], by_tender[pos, series, day])
        for pos, series, label, day, count, total, rounding in sorted(
            rows, key=lambda row: (row[0], str(row[1]), row[3])
        )
    ]


def _by_hand(organisation_id: UUID, store_id: UUID) -> list[DaySum]:
    """What people have booked by hand belongs to no series."""
    rows = HandBooking.objects.filter(organisation_id=organisation_id, store_id=store_id)
    return [
        DaySum(
            row.pos_number,
            NO_SERIES,
            "",
            row.business_date,
            1,
            row.total,
            row.rounding,
            msgspec.convert(row.vat, list[VatSum]),
            msgspec.convert(row.payments, list[TenderSum]),
        )
        for row in rows.order_by("pos_number", "business_date", "hash")
    ]


def sums_sha256(sums: Sequence[DaySum]) -> str:
    """The hash by which two services find that they have booked the same."""
    return sha256(msgspec.json.encode(sums)).hexdigest()
