"""How receipts are named on pages."""

from django import template

from butik.organisation.models import Store
from butik.sales.models import Sale

register = template.Library()


@register.simple_tag
def receipt_number(store: Store, sale: Sale) -> str:
    """As the customer's copy has it (docs/formats/journal.md)."""
    return f"{store.number}-{sale.pos_number}-{sale.label}-{sale.counter:06d}"
