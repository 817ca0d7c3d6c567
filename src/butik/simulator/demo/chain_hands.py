"""What the demo does inside the chain service: found it, open stores, hire people, import articles, hand out codes."""

from typing import Any

from butik.lib.clock import now
from butik.simulator.demo.plan import CHAIN_NAME, CHAIN_NUMBER, COMPANY, ORGANISATION, SHOPS, TILLS, VAT_NUMBER

ACTOR = "system"


def found() -> None:
    """The organisation, its chain, its stores with their POSs; and this service becomes the chain's."""
    from butik.organisation.actions import add_pos, found_chain, found_organisation, open_store
    from butik.organisation.installation import install_chain

    at = now()
    company = found_organisation(name=ORGANISATION, company=COMPANY, vat_number=VAT_NUMBER, actor=ACTOR, now=at)
    chain = found_chain(company=company, number=CHAIN_NUMBER, name=CHAIN_NAME, actor=ACTOR, now=at)
    for shop in SHOPS:
        store = open_store(chain=chain, number=shop.number, name=shop.name, address=shop.address, actor=ACTOR, now=at)
        for number in range(1, TILLS + 1):
            add_pos(store=store, number=number, name=f"Kasse {number}", actor=ACTOR, now=at)
    install_chain(chain=chain)


def store_code(number: int) -> str:
    """A one-time code with which a store's service joins."""
    from butik.organisation.actions import issue_code
    from butik.organisation.models import Store

    return issue_code(store=Store.objects.get(number=number), actor=ACTOR, now=now())


VERBS: dict[str, Any] = {"found": found, "store_code": store_code}
