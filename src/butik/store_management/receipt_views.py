"""Receipt search of one store, and a receipt as the device signed it beside what the customer saw."""

import json
from typing import Any
from uuid import UUID

import segno
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from butik.lib.clock import now
from butik.lib.paging import Page, newest_first
from butik.lib.signing import open_document
from butik.organisation.models import Device, Store
from butik.sales.models import Reprint, Sale, SaleException
from butik.staff.guards import get_for
from butik.staff.rights import Right
from butik.store_management.gate import StoreRequest, store_page
from butik.store_management.readings import business_date
from butik.store_management.receipt_search import ReceiptFilter, find_receipts
from butik.store_management.templatetags.receipts import receipt_number


@require_safe
@store_page(Right.SALES_RECEIPT_VIEW)
def receipts(request: StoreRequest) -> HttpResponse:
    asked = ReceiptFilter(request.GET)
    page: Page[Sale] = Page([])
    if asked.is_valid():
        rows = Sale.objects.visible_to(request.user).filter(store_id=request.store.pk).defer("document")
        found = find_receipts(rows, asked.cleaned_data, business_date(request.store, now()))
        page = newest_first(request, found, "business_date", "id")
    everywhere = request.GET.copy()
    everywhere["period"] = "all"
    context = {
        "filter": asked,
        "page": page,
        "period": asked.data.get("period") or "today",
        "all_days": everywhere.urlencode(),
    }
    return render(request, "store_management/receipts.html", context, status=422 if asked.errors else 200)


@require_safe
@store_page(Right.SALES_RECEIPT_VIEW)
def receipt(request: StoreRequest, sale_id: UUID) -> HttpResponse:
    sale = get_for(request.user, Right.SALES_RECEIPT_VIEW, Sale, pk=sale_id, store_id=request.store.pk)
    mine = {"organisation_id": sale.organisation_id, "store_id": sale.store_id, "sale_id": sale.pk}
    said = json.loads(open_document(sale.document).payload)
    context = {
        "sale": sale,
        "number": receipt_number(request.store, sale),
        "said": said,
        "payload": json.dumps(said, ensure_ascii=False, indent=2),
        "lines": sale.lines.order_by("n"),
        "vat_lines": sale.vat_lines.order_by("-rate"),
        "payments": sale.payments.order_by("n"),
        "exceptions": SaleException.objects.visible_to(request.user).filter(**mine),
        "reprints": Reprint.objects.filter(**mine).count(),
        "device": Device.objects.visible_to(request.user).filter(pk=sale.device_id).first(),
        "company": request.store.company,
        "qr": receipt_qr(request.store, sale, said),
    }
    return render(request, "store_management/receipt.html", context)


def receipt_qr(store: Store, sale: Sale, said: dict[str, Any]) -> str:
    """The same code as on the customer's receipt (docs/formats/journal.md)."""
    number = receipt_number(store, sale)
    text = f"BUTIK1|{number}|{said['completed_at']}|{sale.total}|{sale.currency}|{sale.hash[:16]}"
    picture: str = segno.make(text, error="m").svg_data_uri(scale=3, border=0)
    return picture
