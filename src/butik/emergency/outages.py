"""What does not work during an emergency, and why: one list, shown before an activation and all through it.

The keys are `lib.bounds.OUTAGES`, from which the POS app has them too: no list is longer than the other.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from butik.lib import bounds


@dataclass(frozen=True, slots=True)
class Outage:
    key: str
    what: Any
    why: Any


_WORDS: dict[str, tuple[Any, Any]] = {
    "RECEIPT_SEARCH": (_("Receipt search"), _("the receipts are with the store, and nothing calls it")),
    "RETURNS": (_("Returns"), _("the receipt that is returned cannot be looked up")),
    "INTEGRATIONS": (_("Club, webshop and other integrations"), _("they run on the chain's systems")),
    "ACCOUNT_CUSTOMERS": (_("New account customers and their limits"), _("they are kept by store and chain")),
    "PRICE_CHANGES": (_("New prices and articles"), _("each store sells from its backup")),
    "STAFF_CHANGES": (_("New shop assistants and PINs"), _("they come from the store")),
    "PORTAL": (_("Figures in the chain's portal"), _("they are shown on this site, and come home afterwards")),
    "STATIONARY": (
        _("Stationary POSs and self-checkouts"),
        _("they hang on a controller that may be attacked"),
    ),
}
OUTAGES = [Outage(key, *_WORDS[key]) for key in bounds.OUTAGES]
