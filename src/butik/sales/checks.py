"""What is odd about a sale by itself: sums, VAT, payments, clocks. Pure; each returns a short reason, or nothing."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from butik.lib import bounds
from butik.lib.barcodes import GRAM, price_on, read_label
from butik.lib.money import line_amount
from butik.pricing.engine import price_amounts
from butik.pricing.reprice import Versions, reprice
from butik.sales.models import SaleException
from butik.sales.wire import Line, Sale

CLOCK_TOLERANCE = timedelta(seconds=120)
LONGEST_HELD = timedelta(days=90)  # a device that lay in a drawer for so long is worth a look
PIECE = 1000  # thousandths
LARGEST_COIN = 100  # minor units; rounding never exceeds half of it

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST, _LATEST = (datetime(year, 1, 1, tzinfo=UTC) - _EPOCH for year in (bounds.MIN_YEAR, bounds.MAX_YEAR))


def corrected(sale: Sale) -> datetime:
    """The moment of the sale by the device's clock plus its measured offset: for charts, never for order (truth 7)."""
    return held(sale.completed_at, sale.offset_ms or 0)


def held(moment: datetime, offset_ms: int = 0) -> datetime:
    """A moment as columns hold it and every time zone can show it, whatever a clock has said."""
    since = moment - _EPOCH + timedelta(milliseconds=offset_ms)
    return _EPOCH + min(max(since, _EARLIEST), _LATEST)


def sum_fault(sale: Sale) -> str:
    """The first sum of the sale that does not follow from its lines and payments."""
    return next(_sum_faults(sale), "")


def _sum_faults(sale: Sale) -> Iterator[str]:
    yield from _line_faults(sale.lines)
    lines = sorted(sale.lines, key=lambda line: line.n)
    priced = price_amounts([(line.amount, line.vat_rate) for line in lines])
    if sale.total != priced.total:
        yield f"total is {sale.total}, lines add up to {priced.total}"
    stated = [(row.rate, row.gross, row.vat) for row in sale.vat]
    due = [(row.rate, row.gross, row.vat) for row in priced.vat]
    if stated != due:
        yield f"VAT is {stated}, should be {due}"
    elif any(line.vat != each.vat for line, each in zip(lines, priced.lines, strict=True)):
        yield "VAT is not spread over the lines as it should be"
    yield from _payment_faults(sale)


def _line_faults(lines: tuple[Line, ...]) -> Iterator[str]:
    numbers = {line.n for line in lines}
    for line in lines:
        if line.quantity <= 0:
            yield f"line {line.n}: quantity is {line.quantity}"
        due = line_amount(line.unit_price, line.quantity)
        if line.amount != due:
            yield f"line {line.n}: amount is {line.amount}, should be {due}"
        if line.linked_to is not None and (line.linked_to == line.n or line.linked_to not in numbers):
            yield f"line {line.n}: is linked to no other line"


def _payment_faults(sale: Sale) -> Iterator[str]:
    paid = sum(payment.amount for payment in sale.payments)
    if sale.rounding != paid - sale.total:
        yield f"rounding is {sale.rounding}, payments less total are {paid - sale.total}"
    has_cash = any(payment.tender == "CASH" for payment in sale.payments)
    if abs(sale.rounding) > (LARGEST_COIN // 2 if has_cash else 0):
        yield f"rounding of {sale.rounding} is more than cash explains"
    for payment in sale.payments:
        if payment.tendered - payment.change != payment.amount or (payment.tender == "CARD" and payment.change):
            yield f"a {payment.tender} payment of {payment.amount} is not what was tendered less change"


def quantity_fault(sale: Sale, units: Mapping[tuple[str, int], str]) -> str:
    """Lines of which so much cannot have been sold: part of a piece, another unit than the article's at its version,
    or another weight than the scale's label says. What a line brings along follows its quantity, whatever that is."""
    brought = {line.n for line in sale.lines if line.linked_to is not None}
    faults = ((line, _line_quantity_fault(line, units)) for line in sale.lines if line.n not in brought)
    return "; ".join(f"line {line.n}: {fault}" for line, fault in faults if fault)


def _line_quantity_fault(line: Line, units: Mapping[tuple[str, int], str]) -> str:
    if line.unit == "PCS" and line.quantity % PIECE:
        return f"{line.quantity} thousandths of a piece"
    unit = units.get((line.number, line.version), line.unit)
    if unit != line.unit and price_on(line.barcode) is None:  # a price of its own makes any article one piece
        return f"sold by {line.unit}, its article by {unit}"
    label = read_label(line.barcode)
    weight = (label.grams or 0) * GRAM.get(line.unit, 0) if label else 0
    return f"{line.quantity} {line.unit}, its label says {weight}" if weight and line.quantity % weight else ""


def clock_fault(sale: Sale, received_at: datetime) -> str:
    """Why the device's clock cannot be right: nobody had told it the time, it was measured far off, runs ahead, far
    behind or backwards, or misses its day. That a sale has waited for some days is no fault."""
    moment = corrected(sale)
    if sale.offset_ms is None:
        return "the device did not know the time"
    if abs(sale.offset_ms) > CLOCK_TOLERANCE / timedelta(milliseconds=1):
        return f"measured {sale.offset_ms} ms off"
    if moment > received_at + CLOCK_TOLERANCE:
        return f"completed {int((moment - received_at).total_seconds())} s after it was received"
    if moment < received_at - LONGEST_HELD:
        return f"completed {(received_at - moment).days} days before it was received"
    if sale.started_at > sale.completed_at:
        return "started after it was completed"
    if abs((moment.date() - sale.business_date).days) > 2:
        return f"business date {sale.business_date} is far from {moment.date()}"
    return ""


def price_faults(sale: Sale, versions: Versions) -> Iterator[tuple[SaleException.Kind, str]]:
    """Price every line again at the version that it names (truth 6)."""
    differences = reprice(sale.lines, versions)
    unknown = [each for each in differences if each.kept is None]
    if unknown:
        yield (
            SaleException.Kind.UNKNOWN_ARTICLE,
            "; ".join(f"line {each.n}: {each.number} version {each.version}" for each in unknown),
        )
    differing = [(each, each.kept) for each in differences if each.kept is not None]
    if differing:
        yield (
            SaleException.Kind.PRICE,
            "; ".join(
                f"line {each.n}: {each.sold[0]} at {each.sold[1]}, was {kept[0]} at {kept[1]}"
                for each, kept in differing
            ),
        )
