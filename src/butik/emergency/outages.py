"""What does not work during an emergency, and why: one list, shown before an activation and all through it."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Outage:
    key: str
    what: Any
    why: Any


OUTAGES = (
    Outage("RECEIPT_SEARCH", _("Receipt search"), _("the receipts are with the store, and nothing calls it")),
    Outage("RETURNS", _("Returns"), _("the receipt that is returned cannot be looked up")),
    Outage("INTEGRATIONS", _("Club, webshop and other integrations"), _("they run on the chain's systems")),
    Outage("ACCOUNT_CUSTOMERS", _("New account customers and their limits"), _("they are kept by store and chain")),
    Outage("PRICE_CHANGES", _("New prices and articles"), _("each store sells from its backup")),
    Outage("STAFF_CHANGES", _("New shop assistants and PINs"), _("they come from the store")),
    Outage("PORTAL", _("Figures in the chain's portal"), _("they are shown on this site, and come home afterwards")),
    Outage("STATIONARY", _("Stationary POSs and self-checkouts"), _("they hang on a controller that may be attacked")),
)
