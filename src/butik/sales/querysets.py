"""Reads of the journal, in the words of those who ask."""

import re
from datetime import date
from typing import Self
from uuid import UUID

from django.apps import apps
from django.db.models import Count, Exists, F, OuterRef, Q

from butik.lib.amounts import read_amount
from butik.lib.tenant import TenantQuerySet

_NUMBER = re.compile(r"^(?:(?P<store>\d{1,9})-)?(?:(?P<pos>\d{1,9})-)?(?P<label>[NE]\d{1,6})-(?P<counter>\d{1,9})$")
_DIGITS = re.compile(r"^\d+$")
SHORTEST_CODE = 7  # digits from which a number may be a barcode, and is no longer a counter


class SaleQuerySet(TenantQuerySet):
    def of_store(self, organisation_id: UUID, store_id: UUID) -> Self:
        return self.filter(organisation_id=organisation_id, store_id=store_id)

    def newest_first(self) -> Self:
        """By business day, which is the session's, then by corrected time: for showing, nothing hangs on it."""
        return self.order_by("-business_date", "-corrected_at", "-id")

    def up_to(self, day: date) -> Self:
        """Without those that a wrong clock has put into the future: they would stay the newest until it comes."""
        return self.filter(business_date__lte=day)

    def before(self, sale_id: UUID) -> Self:
        """The page that follows a sale, newest first; nothing when there is no such sale."""
        after = self.filter(pk=sale_id).values_list("business_date", "corrected_at", "pk").first()
        if after is None:
            return self.none()
        day, moment, key = after
        earlier = Q(corrected_at__lt=moment) | Q(corrected_at=moment, pk__lt=key)
        return self.filter(Q(business_date__lt=day) | Q(business_date=day) & earlier, business_date__lte=day)

    def matching(self, text: str = "", first: date | None = None, last: date | None = None) -> Self:
        """Sales of these days whose number, amount, or an article of which is what somebody typed."""
        rows = self
        if first is not None:
            rows = rows.filter(business_date__gte=first)
        if last is not None:
            rows = rows.filter(business_date__lte=last)
        words = text.strip()
        return rows.filter(_meant(words)) if words else rows


def _meant(text: str) -> Q:
    number = _NUMBER.match(text.upper())
    if number:
        return _numbered(number)
    meant = _has_line(text)
    if _DIGITS.match(text) and len(text) < SHORTEST_CODE:
        meant |= Q(counter=int(text))
    try:
        amount = read_amount(text)
    except ValueError:
        return meant
    return meant | Q(total=amount) if abs(amount) < 2**53 else meant


def _numbered(number: re.Match[str]) -> Q:
    meant = Q(label=number["label"], counter=int(number["counter"]))
    if number["store"] and number["pos"]:
        stores = apps.get_model("organisation", "Store").objects.filter(number=int(number["store"]))
        meant &= Q(pos_number=int(number["pos"]), store_id__in=stores.values("pk"))
    elif number["store"]:  # one number before the series is the POS
        meant &= Q(pos_number=int(number["store"]))
    return meant


def _has_line(text: str) -> Q:
    lines = apps.get_model("sales", "SaleLine").objects.filter(
        organisation_id=OuterRef("organisation_id"), store_id=OuterRef("store_id"), sale_id=OuterRef("pk")
    )
    said = Q(text__icontains=text) | Q(article_number=text)
    if _DIGITS.match(text):
        said |= Q(barcode=text) | Q(barcode=text.lstrip("0"))
    return Q(Exists(lines.filter(said)))


class SeriesQuerySet(TenantQuerySet):
    def incomplete(self) -> Self:
        """Series of which something is missing: numbers that have not arrived, or less than the device closed with."""
        return self.filter(
            Q(sales__lt=F("latest_counter"))
            | Q(closed_sales__isnull=False) & (~Q(closed_sales=F("sales")) | ~Q(closed_total=F("total")))
        )


class ExceptionQuerySet(TenantQuerySet):
    def newest_first(self) -> Self:
        return self.order_by("-at", "-id")


class QuarantineQuerySet(TenantQuerySet):
    def waiting(self) -> Self:
        """What nobody has looked at yet."""
        return self.filter(accepted_at__isnull=True)

    def newest_first(self) -> Self:
        return self.order_by("-received_at", "-id")

    def count_by_reason(self) -> dict[str, int]:
        return dict(self.order_by().values_list("reason").annotate(records=Count("pk")))
