"""From a basket to a butik-sale: deposits, amounts, VAT, cash rounding. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from butik.pricing.engine import Line, cash_due, price_sale
from butik.pricing.price_list import PricedArticle
from butik.simulator.documents import Payment, SaleLine, VatSum


@dataclass(frozen=True, slots=True)
class BasketItem:
    """What was scanned: an article, how much of it, and the deposit that comes with it."""

    article: PricedArticle
    quantity: int = 1000
    deposit: PricedArticle | None = None


def sale_lines(basket: Sequence[BasketItem]) -> tuple[list[SaleLine], list[VatSum]]:
    """Lines in order, a deposit after its article, with the VAT of each rate spread over its lines."""
    drafts: list[tuple[PricedArticle, int, int | None]] = []
    for item in basket:
        drafts.append((item.article, item.quantity, None))
        if item.deposit is not None:
            drafts.append((item.deposit, item.quantity, len(drafts)))
    priced = price_sale([Line(article.price, quantity, article.vat_rate) for article, quantity, _ in drafts])
    lines = [
        SaleLine(
            n=place + 1,
            number=article.number,
            text=article.text,
            barcode=article.barcode,
            quantity=quantity,
            unit=article.unit,
            unit_price=article.price,
            amount=priced.lines[place].amount,
            vat_rate=article.vat_rate,
            vat=priced.lines[place].vat,
            version=article.version,
            linked_to=linked_to,
        )
        for place, (article, quantity, linked_to) in enumerate(drafts)
    ]
    return lines, [VatSum(each.rate, each.gross, each.vat) for each in priced.vat]


def pay_cash(payment_id: UUID, total: int, coin: int) -> Payment:
    """The customer hands over the next notes and gets change."""
    due = cash_due(total, coin)
    note = next((note for note in (5_000, 10_000, 20_000, 50_000) if note >= due), -(-due // 50_000) * 50_000)
    return Payment(payment_id, "CASH", due, note, note - due, "")


def pay_card(payment_id: UUID, total: int, reference: str) -> Payment:
    return Payment(payment_id, "CARD", total, total, 0, reference)
