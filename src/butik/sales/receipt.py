"""A receipt as people see it, read from what the device signed: the customer's view, and the technical one."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from butik.lib.clock import to_wire
from butik.lib.signing import open_document
from butik.organisation.models import Store
from butik.sales import wire
from butik.sales.checks import corrected, held
from butik.sales.models import Reprint, Sale, SaleException
from butik.sales.wire import decode_content


def format_number(store_number: int, pos_number: int, label: str, counter: int) -> str:
    """`12-3-N1-000017`: store, POS, series and counter (truth 3)."""
    return f"{store_number}-{pos_number}-{label}-{counter:06d}"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is printed, and what the QR code of the receipt says."""

    number: str
    store: Store
    sale: wire.Sale
    completed_at: datetime  # at the store, in its zone
    started_by: datetime  # by the device's own clock, as the next one
    completed_by: datetime
    copies: int
    qr: str

    @property
    def paid(self) -> int:
        return sum(payment.amount for payment in self.sale.payments)


@dataclass(frozen=True, slots=True)
class Trail:
    """What a supporter asks about a receipt: how it came here, what is odd about it, and its bytes."""

    receipt: Receipt
    hash: str
    previous: str
    received_at: datetime
    delay_seconds: int
    clock_offset_ms: int | None
    exceptions: list[SaleException]
    document: str


def read_receipt(sale: Sale, store: Store) -> Receipt:
    content = decode_content(wire.SALE, open_document(sale.document, wire.SALE).payload)
    assert isinstance(content, wire.Sale)  # noqa: S101 - it was booked as one
    number = format_number(store.number, sale.pos_number, sale.label, sale.counter)
    moment = corrected(content)
    qr = "|".join(("BUTIK1", number, to_wire(moment), str(content.total), content.currency, sale.hash[:16]))
    local = moment.astimezone(ZoneInfo(store.timezone))
    started, completed = held(content.started_at), held(content.completed_at)
    return Receipt(number, store, content, local, started, completed, count_copies(sale), qr)


def read_trail(sale: Sale, store: Store) -> Trail:
    receipt = read_receipt(sale, store)
    oddities = SaleException.objects.filter(
        organisation_id=sale.organisation_id, store_id=sale.store_id, sale_id=sale.id
    )
    return Trail(
        receipt=receipt,
        hash=sale.hash,
        previous=receipt.sale.prev,
        received_at=sale.received_at,
        delay_seconds=round((sale.received_at - sale.corrected_at).total_seconds()),
        clock_offset_ms=receipt.sale.offset_ms,
        exceptions=list(oddities.order_by("kind")),
        document=sale.document,
    )


def count_copies(sale: Sale) -> int:
    count: int = Reprint.objects.filter(
        organisation_id=sale.organisation_id, store_id=sale.store_id, sale_id=sale.id
    ).count()
    return count
