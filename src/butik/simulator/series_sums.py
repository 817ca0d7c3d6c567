"""What a series comes to: the counts and sums that its closing record bears. Pure."""

import msgspec

from butik.simulator.documents import Payment, TenderSum, VatSum


class Sold(msgspec.Struct, frozen=True):
    """What counts of a sale."""

    total: int
    vat: list[VatSum]
    payments: list[Payment]


class SeriesSums(msgspec.Struct):
    """So far."""

    sales: int = 0
    total: int = 0
    vat: dict[int, tuple[int, int]] = {}  # rate to gross and VAT
    tenders: dict[str, int] = {}

    def add(self, sale: Sold) -> None:
        self.sales += 1
        self.total += sale.total
        for each in sale.vat:
            gross, vat = self.vat.get(each.rate, (0, 0))
            self.vat[each.rate] = (gross + each.gross, vat + each.vat)
        for payment in sale.payments:
            self.tenders[payment.tender] = self.tenders.get(payment.tender, 0) + payment.amount

    @property
    def by_vat(self) -> list[VatSum]:
        return [VatSum(rate, *self.vat[rate]) for rate in sorted(self.vat, reverse=True)]

    @property
    def by_tender(self) -> list[TenderSum]:
        return [TenderSum(tender, self.tenders[tender]) for tender in sorted(self.tenders)]
