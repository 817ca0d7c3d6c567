"""How receipts are named on pages."""

from django import template

from butik.articles.models import Unit
from butik.organisation.models import Store
from butik.sales.models import Payment, Sale
from butik.sales.receipt import format_number

register = template.Library()


@register.simple_tag
def receipt_number(store: Store, sale: Sale) -> str:
    return format_number(store.number, sale.pos_number, sale.label, sale.counter)


@register.filter
def tender_name(code: str) -> str:
    return str(Payment.Tender(code).label)


@register.filter
def unit(code: str) -> str:
    return str(Unit(code).label)
