"""The journal: append-only rows that bear organisation and store and refer to each other by (store, id)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from butik.lib.tenant import TenantModel
from butik.sales.querysets import ExceptionQuerySet, QuarantineQuerySet, SaleQuerySet, SeriesQuerySet


class Series(TenantModel):
    """A gapless run of receipt numbers of one device at one POS, as far as this service has received it.

    `id` is the device's own series id. The one row of the journal that is updated: it is the head.
    """

    class State(models.TextChoices):
        OPEN = "OPEN", _("Open")
        CLOSED = "CLOSED", _("Closed")

    chain_id = models.UUIDField()
    store_id = models.UUIDField()
    pos_number = models.PositiveIntegerField()
    device_id = models.UUIDField()
    label = models.CharField(max_length=8)
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    latest_counter = models.PositiveIntegerField(default=0)  # highest received
    latest_hash = models.CharField(max_length=64, blank=True)  # of that sale; empty while there is none
    sales = models.PositiveIntegerField(default=0)  # booked
    total = models.BigIntegerField(default=0)
    opening_hash = models.CharField(max_length=64, blank=True)
    opening = models.TextField(blank=True)  # the documents
    closing_hash = models.CharField(max_length=64, blank=True)
    closing = models.TextField(blank=True)
    closed_sales = models.PositiveIntegerField(null=True)  # as the device counted them itself
    closed_total = models.BigIntegerField(null=True)

    objects = SeriesQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "store_id", "pos_number", "label"], name="series_once"),
        ]


class Sale(TenantModel):
    """A booked sale. `document` is what the device signed, byte for byte; the columns are read from it."""

    chain_id = models.UUIDField()
    store_id = models.UUIDField()
    pos_number = models.PositiveIntegerField()
    device_id = models.UUIDField()
    series_id = models.UUIDField()
    label = models.CharField(max_length=8)
    counter = models.PositiveIntegerField()
    session = models.PositiveIntegerField()
    business_date = models.DateField()
    staff_id = models.UUIDField()
    staff_number = models.CharField(max_length=10)
    completed_at = models.DateTimeField()  # the device's clock
    corrected_at = models.DateTimeField()  # the device's clock plus its measured offset: for charts
    received_at = models.DateTimeField()  # the first receiver's clock
    currency = models.CharField(max_length=3)
    total = models.BigIntegerField()
    rounding = models.BigIntegerField()
    line_count = models.PositiveIntegerField()
    hash = models.CharField(max_length=64)
    document = models.TextField()

    objects = SaleQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "store_id", "series_id", "counter"], name="sale_number_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["organisation", "store_id", "business_date", "corrected_at", "id"], name="sale_by_day"
            ),
        ]


class SaleLine(TenantModel):
    store_id = models.UUIDField()
    sale_id = models.UUIDField()
    sale = models.ForeignObject(
        Sale,
        from_fields=["store_id", "sale_id"],
        to_fields=["store_id", "id"],
        on_delete=models.DO_NOTHING,
        related_name="lines",
    )
    n = models.PositiveIntegerField()
    article_number = models.CharField(max_length=20)
    text = models.CharField(max_length=30)
    barcode = models.CharField(max_length=20, blank=True)
    quantity_milli = models.BigIntegerField()
    unit = models.CharField(max_length=3)
    unit_price = models.BigIntegerField()
    amount = models.BigIntegerField()
    vat_rate = models.PositiveIntegerField()
    vat = models.BigIntegerField()
    article_version = models.BigIntegerField()
    linked_to = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "store_id", "sale_id", "n"], name="sale_line_once"),
        ]


class SaleVat(TenantModel):
    store_id = models.UUIDField()
    sale_id = models.UUIDField()
    sale = models.ForeignObject(
        Sale,
        from_fields=["store_id", "sale_id"],
        to_fields=["store_id", "id"],
        on_delete=models.DO_NOTHING,
        related_name="vat_lines",
    )
    rate = models.PositiveIntegerField()
    gross = models.BigIntegerField()
    vat = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "store_id", "sale_id", "rate"], name="sale_vat_once"),
        ]


class Payment(TenantModel):
    class Tender(models.TextChoices):
        CASH = "CASH", _("Cash")
        CARD = "CARD", _("Card")

    store_id = models.UUIDField()
    sale_id = models.UUIDField()
    sale = models.ForeignObject(
        Sale,
        from_fields=["store_id", "sale_id"],
        to_fields=["store_id", "id"],
        on_delete=models.DO_NOTHING,
        related_name="payments",
    )
    n = models.PositiveIntegerField()
    payment_id = models.UUIDField()  # the device's own: what it asks its terminal about
    tender = models.CharField(max_length=8, choices=Tender)
    amount = models.BigIntegerField()
    tendered = models.BigIntegerField()
    change = models.BigIntegerField()
    reference = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "store_id", "sale_id", "n"], name="payment_once"),
        ]


class SaleException(TenantModel):
    """Something odd about a booked sale: it is booked all the same, and somebody should look."""

    class Kind(models.TextChoices):
        PRICE = "PRICE", _("Price differs from the price version")
        SUM = "SUM", _("Sums do not add up")
        UNKNOWN_ARTICLE = "UNKNOWN_ARTICLE", _("Unknown article or price version")
        GAP = "GAP", _("Counter skips numbers")
        CHAIN = "CHAIN", _("Does not follow the record before it")
        CLOCK = "CLOCK", _("Device clock is far off")
        QUANTITY = "QUANTITY", _("Weight, unit or part of a piece cannot be")

    chain_id = models.UUIDField()
    store_id = models.UUIDField()
    sale_id = models.UUIDField()
    kind = models.CharField(max_length=16, choices=Kind)
    detail = models.CharField(max_length=300)
    at = models.DateTimeField()

    objects = ExceptionQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "store_id", "sale_id", "kind"], name="sale_exception_once"),
        ]


class QuarantinedRecord(TenantModel):
    """A record that could not be booked, with its bytes; outside every figure until a person accepts it."""

    class Reason(models.TextChoices):
        UNREADABLE = "UNREADABLE", _("Not readable")
        UNKNOWN_KEY = "UNKNOWN_KEY", _("Signed by a key that is not known here")
        BAD_SIGNATURE = "BAD_SIGNATURE", _("Signature does not fit")
        FOREIGN = "FOREIGN", _("Made for another store, POS or device")
        REVOKED = "REVOKED", _("Signed by a revoked device")
        CONFLICT = "CONFLICT", _("Same id or number as another record, with other content")
        SERIES = "SERIES", _("Series belongs to another device")
        NOT_APPROVED = "NOT_APPROVED", _("Signed by a device that nobody has approved")
        OVER_QUOTA = "OVER_QUOTA", _("More than is kept of one device and day: number and size only")
        FAILED = "FAILED", _("Kept out by an error of this software; it is tried again")

    chain_id = models.UUIDField()
    store_id = models.UUIDField()
    device_id = models.UUIDField(null=True)  # who brought it
    hash = models.CharField(max_length=64)
    document = models.TextField()
    reason = models.CharField(max_length=16, choices=Reason)
    detail = models.CharField(max_length=300, blank=True)
    received_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.CharField(max_length=60, blank=True)
    accept_reason = models.CharField(max_length=300, blank=True)
    is_booked_by_hand = models.BooleanField(default=False, db_default=False)  # then it is never booked another way

    objects = QuarantineQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "store_id", "hash"], name="quarantine_once"),
        ]
        indexes = [
            models.Index(fields=["organisation", "store_id", "device_id", "received_at"], name="quarantine_by_bearer"),
        ]


class HandBooking(TenantModel):
    """What a person says that a record was which nobody can read: it counts as a sale, and has no receipt."""

    chain_id = models.UUIDField()
    store_id = models.UUIDField()
    hash = models.CharField(max_length=64)  # of the record in quarantine
    pos_number = models.PositiveIntegerField()
    business_date = models.DateField()
    currency = models.CharField(max_length=3)
    total = models.BigIntegerField()
    rounding = models.BigIntegerField()
    vat = models.JSONField()  # [{"rate", "gross", "vat"}]
    payments = models.JSONField()  # [{"tender", "amount"}]
    booked_at = models.DateTimeField()
    booked_by = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "store_id", "hash"], name="hand_booking_once"),
        ]


class DeviceEvent(TenantModel):
    """A butik-event document: a blocked PIN, a refused price file, a sign-in."""

    chain_id = models.UUIDField()
    store_id = models.UUIDField()
    pos_number = models.PositiveIntegerField()
    device_id = models.UUIDField()
    kind = models.CharField(max_length=24)
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    hash = models.CharField(max_length=64)
    document = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["organisation", "store_id", "received_at"], name="device_event_by_time")]


class DayFigure(TenantModel):
    """Booked sales of a store and business day, kept by the same transaction that books them."""

    chain_id = models.UUIDField()
    store_id = models.UUIDField()
    business_date = models.DateField()
    hour = models.PositiveSmallIntegerField()  # of corrected time, in the store's zone
    currency = models.CharField(max_length=3)
    sales = models.PositiveIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    vat = models.BigIntegerField(default=0)
    latest_at = models.DateTimeField()  # corrected time of the newest sale in it, at most when it was received

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "store_id", "business_date", "hour", "currency"], name="day_figure_once"
            ),
        ]


class Reprint(TenantModel):
    """A copy of a receipt that was asked for."""

    store_id = models.UUIDField()
    sale_id = models.UUIDField()
    device_id = models.UUIDField(null=True)
    at = models.DateTimeField()
