"""Receipt search of one store, and a receipt as the device signed it beside what the customer saw."""

import json
from uuid import UUID

import segno
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from butik.lib.clock import now
from butik.lib.outside import read_object
from butik.lib.paging import Page, newest_first
from butik.lib.signing import open_document
from butik.organisation.models import Device
from butik.sales.models import Sale
from butik.sales.receipt import read_trail
from butik.staff.guards import get_for
from butik.staff.rights import Right
from butik.store_management.gate import StoreRequest, store_page
from butik.store_management.readings import business_date
from butik.store_management.receipt_search import ReceiptFilter


@require_safe
@store_page(Right.SALES_RECEIPT_VIEW)
def receipts(request: StoreRequest) -> HttpResponse:
    store = request.store
    asked = ReceiptFilter(request.GET)
    page: Page[Sale] = Page([])
    if asked.is_valid():
        rows = Sale.objects.visible_to(request.user).of_store(store.organisation_id, store.pk).defer("document")
        first, last = asked.days(business_date(store, now()))
        page = newest_first(
            request, rows.matching(asked.cleaned_data["q"], first, last), "business_date", "corrected_at", "id"
        )
    everywhere = request.GET.copy()
    everywhere["period"] = "all"
    everywhere.pop("before", None)
    context = {
        "filter": asked,
        "page": page,
        "period": request.GET.get("period") or "today",
        "all_days": everywhere.urlencode(),
    }
    return render(request, "store_management/receipts.html", context, status=422 if asked.errors else 200)


@require_safe
@store_page(Right.SALES_RECEIPT_VIEW)
def receipt(request: StoreRequest, sale_id: UUID) -> HttpResponse:
    sale = get_for(request.user, Right.SALES_RECEIPT_VIEW, Sale, pk=sale_id, store_id=request.store.pk)
    trail = read_trail(sale, request.store)
    payload = read_object(open_document(sale.document).payload)
    context = {
        "row": sale,
        "trail": trail,
        "receipt": trail.receipt,
        "sale": trail.receipt.sale,
        "payload": json.dumps(payload, ensure_ascii=False, indent=2),
        "device": Device.objects.visible_to(request.user).filter(pk=sale.device_id).first(),
        "company": request.store.company,
        "qr": segno.make(trail.receipt.qr, error="m").svg_data_uri(scale=3, border=0),
    }
    return render(request, "store_management/receipt.html", context)
