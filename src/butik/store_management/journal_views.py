"""What is odd in a store's journal: exceptions beside booked sales, and records in quarantine."""

import json
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from butik.lib.clock import now
from butik.lib.outside import read_anything
from butik.lib.paging import newest_first
from butik.lib.signing import BadDocument, open_document
from butik.sales.actions import accept_quarantined
from butik.sales.by_hand import may_be_booked_by_hand
from butik.sales.journal import Outcome
from butik.sales.models import HandBooking, QuarantinedRecord, Sale, SaleException
from butik.sales.signers import place_of
from butik.sales.wire import Figures
from butik.staff.guards import get_for, holds
from butik.staff.rights import Right
from butik.store_management.forms import AcceptForm, HandForm
from butik.store_management.gate import StoreRequest, store_page
from butik.store_management.status import is_this

MOST_SHOWN = 4000  # letters


@require_safe
@store_page(Right.SALES_RECEIPT_VIEW)
def exceptions(request: StoreRequest) -> HttpResponse:
    rows = SaleException.objects.visible_to(request.user).filter(store_id=request.store.pk)
    kind = request.GET.get("kind", "")
    if kind in SaleException.Kind:
        rows = rows.filter(kind=kind)
    page = newest_first(request, rows, "at", "id")
    sales = Sale.objects.visible_to(request.user).filter(store_id=request.store.pk)
    named = {sale.pk: sale for sale in sales.defer("document").filter(pk__in=[row.sale_id for row in page.rows])}
    context = {
        "page": page,
        "found": [(row, named.get(row.sale_id)) for row in page.rows],
        "kinds": SaleException.Kind.choices,
        "kind": kind,
        "waiting": _waiting(request),
    }
    return render(request, "store_management/exceptions.html", context)


@require_safe
@store_page(Right.SALES_RECEIPT_VIEW)
def quarantine(request: StoreRequest) -> HttpResponse:
    rows = QuarantinedRecord.objects.visible_to(request.user).filter(store_id=request.store.pk)
    is_waiting = request.GET.get("state") != "accepted"
    page = newest_first(request, rows.filter(accepted_at__isnull=is_waiting).defer("document"), "received_at", "id")
    context = {"page": page, "is_waiting": is_waiting, "waiting": _waiting(request)}
    return render(request, "store_management/quarantine.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@store_page(Right.SALES_RECEIPT_VIEW)
def quarantined(request: StoreRequest, record_id: UUID) -> HttpResponse:
    """One record with its bytes; accepting it takes the right to, and a reason."""
    may_accept = holds(request.user, Right.SALES_QUARANTINE_ACCEPT, request.store)
    right = Right.SALES_QUARANTINE_ACCEPT if request.method == "POST" else Right.SALES_RECEIPT_VIEW
    record = get_for(request.user, right, QuarantinedRecord, pk=record_id, store_id=request.store.pk)
    form, hand = _forms(request, record)
    if request.method == "POST":
        if record.accepted_at:
            raise Http404
        if hand and hand.is_bound:
            chosen: AcceptForm | HandForm = hand
        else:
            chosen = form
        if chosen.is_valid():
            _accept(request, record, chosen.cleaned_data["reason"], chosen.cleaned_data.get("figures"))
            return redirect("store_management:quarantine", request.store.pk)
    context = {
        "record": record,
        "content": _readable(record.document),
        "bytes": _visible(record.document),
        "form": form,
        "hand": hand,
        "booking": _booking(record),
        "may_accept": may_accept,
    }
    is_wrong = form.errors or (hand and hand.errors)
    return render(request, "store_management/quarantined.html", context, status=422 if is_wrong else 200)


def _forms(request: StoreRequest, record: QuarantinedRecord) -> tuple[AcceptForm, HandForm | None]:
    """The one that was sent is bound; booking by hand is for what nobody can read."""
    is_hand = "hand-total" in request.POST
    place = place_of(request.store)
    if not may_be_booked_by_hand(record, place):
        return AcceptForm(request.POST or None), None
    hand = HandForm(request.POST if is_hand else None, prefix="hand", store=request.store, place=place, now=now())
    return AcceptForm(None if is_hand else request.POST or None), hand


def _booking(record: QuarantinedRecord) -> HandBooking | None:
    if not record.is_booked_by_hand:
        return None
    rows = HandBooking.objects.filter(organisation_id=record.organisation_id, store_id=record.store_id)
    return rows.filter(hash=record.hash).first()


def _accept(request: StoreRequest, record: QuarantinedRecord, reason: str, figures: Figures | None) -> None:
    outcome = accept_quarantined(
        record=record,
        store=request.store,
        reason=reason,
        actor=request.user.actor,
        forward=is_this(request.store),
        now=now(),
        figures=figures,
    )
    if outcome is None:
        messages.warning(request, _("Somebody else was faster: the record had been accepted already."))
    elif outcome is Outcome.QUARANTINED:
        messages.warning(request, _("Noted, but it cannot be booked: it stays outside every figure."))
    else:
        messages.success(request, _("The sale is booked, with your name and reason beside it."))


def _waiting(request: StoreRequest) -> int:
    return QuarantinedRecord.objects.visible_to(request.user).filter(store_id=request.store.pk).waiting().count()


def _readable(document: str) -> str:
    """The content as far as it can be read. It is believed by nobody here, only shown."""
    try:
        payload = open_document(document).payload
    except BadDocument:
        return ""
    try:
        return _visible(json.dumps(read_anything(payload), ensure_ascii=False, indent=2))
    except BadDocument:
        return _visible(payload.decode(errors="replace"))


def _visible(text: str) -> str:
    """The beginning of what a stranger wrote, with every sign that nobody would see, or that turns lines round."""
    shown = "".join(each if each.isprintable() or each == "\n" else f"\\u{ord(each):04x}" for each in text[:MOST_SHOWN])
    return f"{shown}…" if len(text) > MOST_SHOWN else shown
