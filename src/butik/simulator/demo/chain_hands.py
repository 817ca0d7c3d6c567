"""What the demo does inside the chain service: found it, open stores, hire people, import articles, hand out codes."""

from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from butik.lib.clock import now
from butik.simulator.demo.people import ADMINISTRATOR, ASSISTANTS
from butik.simulator.demo.plan import CHAIN_NAME, CHAIN_NUMBER, COMPANY, ORGANISATION, SHOPS, TILLS, VAT_NUMBER

ACTOR = "system"
DANISH_VAT = "25"


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


def hire(passwords: dict[str, str], pins: dict[str, str], second_factor: str = "") -> None:
    """The chain's administrator, and the same till staff in every store."""
    from butik.organisation.models import Store
    from butik.simulator.demo.hiring import hire_assistants, hire_person

    hire_person(ADMINISTRATOR, passwords[ADMINISTRATOR.email], second_factor=second_factor)
    for store in Store.objects.order_by("number"):
        hire_assistants(store, ASSISTANTS, pins)


def import_articles(path: str, options: list[str]) -> str:
    """Import a file as a person would, and return what the command says about it."""
    from django.core.management import call_command

    said = StringIO()
    with redirect_stdout(said):
        call_command("import_articles", path, "--chain", str(CHAIN_NUMBER), *options, *_what_it_lacks(path, options))
    return said.getvalue().strip()


def _what_it_lacks(path: str, options: list[str]) -> list[str]:
    """A file without a column for VAT gets the Danish rate; everything else the import finds out by itself."""
    from butik.articles.import_columns import count_known
    from butik.articles.import_file import find_shape
    from butik.articles.import_options import NAMES, plain

    is_said = any(option.split("=")[0] == "vat" for option in options)
    header = find_shape(Path(path), recognise=count_known).header
    if is_said or any(plain(name) in NAMES["vat"] for name in header):
        return []
    return ["--constant", f"vat={DANISH_VAT}"]


def store_code(number: int) -> str:
    """A one-time code with which a store's service joins."""
    from butik.organisation.actions import issue_code
    from butik.organisation.models import Store

    return issue_code(store=Store.objects.get(number=number), actor=ACTOR, now=now())


def introduce(out: str) -> None:
    from django.core.management import call_command

    call_command("introduce_chain", "--out", out)


def pair(offer: str) -> None:
    from django.core.management import call_command

    call_command("pair_emergency", offer)


VERBS: dict[str, Any] = {
    "found": found,
    "hire": hire,
    "import_articles": import_articles,
    "introduce": introduce,
    "pair": pair,
    "store_code": store_code,
}
