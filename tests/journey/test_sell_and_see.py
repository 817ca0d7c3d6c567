"""The journey: an article from a file is sold on a phone, with and without a network, and the chain sees it at once.

Everything goes through the pages that a person would use, and every service is a process of its own.
"""

import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from butik.simulator.catalogue import GeneratedArticle
from tests.journey.conftest import PHONE, OpenBrowser
from tests.journey.goods import BREAD, DECLINED, EVENING, NEWS, REFUSED, SILENT, first_on_shelf, write_upload
from tests.journey.pages import Portal, amount, counts, hire_assistant, import_file, make_code
from tests.support.pos_page import SLOW, Pos
from tests.support.street import SHOP, Street

pytestmark = pytest.mark.browser

TakePicture = Callable[[Page, str], None]
IN_DOUBT = "Nobody knows yet whether the card was charged"
PATIENCE = 30  # seconds for a terminal that is slow to charge
NEW_HAND = ("117", "471108")  # staff ID and PIN of the assistant who is hired on the way


def test_it_is_sold_with_and_without_a_network_and_the_chain_sees_it(
    street: Street, alice: Page, bob: Page, open_browser: OpenBrowser, picture: TakePicture, tmp_path: Path
) -> None:
    portal = Portal(open_browser().new_page(), street)
    dearer = write_upload(street, tmp_path / "articles.csv")
    bring_articles(alice, tmp_path / "articles.csv", street)
    hire_assistant(bob, *NEW_HAND, name="Sofie")
    invitation = make_code(bob, street, pos=1)
    picture(bob, "04-code")

    pos = Pos(open_browser(PHONE).new_page())
    pos.enrol(invitation, "Rejsens telefon")
    expect(bob.get_by_text("Rejsens telefon")).to_be_visible()  # by itself, on the page with the code
    picture(pos.page, "05-sign-in")
    pos.sign_in(*NEW_HAND)
    pos.await_prices(BREAD.receipt_text)

    ring_up(pos, street, dearer)
    picture(pos.page, "06-sale")
    with portal.sees(2 * dearer.price + BREAD.price + EVENING.price):
        number = pay_in_cash(pos, dearer)
    picture(portal.page, "09-dashboard")
    pay_by_card(pos, street, portal)
    learn_what_became_of_a_card(pos, street, portal)
    find_and_reprint(pos, bob, number)
    sell_without_a_network(pos, street, portal)
    assert portal.has_seen_at_once(), portal.delays


def bring_articles(alice: Page, path: Path, street: Street) -> None:
    """Tried out first; refused rows come back with line and reason; then applied, and what it did is counted."""
    refused = import_file(alice, path).read_text(encoding="utf-8-sig").splitlines()
    assert counts(alice) == {
        "Rows": str(len(street.articles) + len(NEWS) + len(REFUSED)),
        "Added": str(len(NEWS)),
        "Changed": "1",
        "Unchanged": str(len(street.articles) - 1),
        "Deleted": "0",
        "Refused": str(len(REFUSED)),
        "Taken with a remark": "38",  # short codes of weighed goods
    }
    first = len(street.articles) + len(NEWS) + 2
    for line, (row, word) in enumerate(REFUSED.items(), first):
        (told,) = [each for each in refused if each.startswith(f"{line};")]
        assert word in told
        assert row.split(";")[0] in told


def ring_up(pos: Pos, street: Street, dearer: GeneratedArticle) -> None:
    """Scanner, quantity, search and deleting: what is left is two of the dearer article, a bread and a newspaper."""
    eight, twelve = first_on_shelf(street, 8), first_on_shelf(street, 12)
    pos.keys("2*")
    pos.scan(dearer.barcode)
    expect(pos.lines).to_have_text([f"{dearer.receipt_text}2 × {amount(dearer.price)}{amount(2 * dearer.price)}"])
    pos.scan(eight.barcode)
    pos.scan(twelve.barcode)
    pos.scan(f"0{BREAD.barcode}")  # GTIN-14 of the same article
    expect(pos.lines).to_have_count(4)
    expect(pos.lines.nth(1)).to_contain_text(eight.receipt_text)
    expect(pos.lines.nth(2)).to_contain_text(twelve.receipt_text)
    expect(pos.lines.nth(3)).to_contain_text(BREAD.receipt_text)
    pos.find("aftenav")
    expect(pos.lines).to_have_count(5)
    for article in (eight, twelve):
        pos.delete(article.receipt_text)
    expect(pos.lines).to_have_count(3)
    expect(pos.total).to_have_text(amount(2 * dearer.price + BREAD.price + EVENING.price))


def pay_in_cash(pos: Pos, dearer: GeneratedArticle) -> str:
    """500 kroner are handed over; the total ends in 97 or 47 øre and is rounded, and the receipt tells it all."""
    total = 2 * dearer.price + BREAD.price + EVENING.price
    rounded = (total + 25) // 50 * 50
    assert rounded != total
    pos.to_payment()
    expect(pos.page.get_by_test_id("cash-due")).to_have_text(amount(rounded))
    pos.keys("500")
    pos.page.get_by_test_id("cash").click()
    number = pos.receipt_number()
    assert number.startswith(f"{SHOP.number}-1-N")
    expect(pos.page.get_by_test_id("change")).to_have_text(amount(50_000 - rounded))
    expect(pos.receipt).to_contain_text(f"Rounding{amount(rounded - total)}")
    taxed = 2 * dearer.price + BREAD.price
    rates = pos.page.get_by_test_id("receipt-vat").locator("tbody tr")
    expect(rates).to_have_text(
        [f"25 %{amount(taxed)}{amount((taxed + 2) // 5)}", f"0 %{amount(EVENING.price)}{amount(0)}"]
    )
    qr = pos.page.get_by_test_id("receipt-qr").get_attribute("data-text") or ""
    assert qr.split("|")[:2] == ["BUTIK1", number]
    assert qr.split("|")[3:5] == [str(total), "DKK"]
    return number


def pay_by_card(pos: Pos, street: Street, portal: Portal) -> None:
    """A card is charged; the next one is declined, and the customer pays in cash."""
    pos.new_sale()
    pos.scan(BREAD.barcode)
    pos.to_payment()
    with portal.sees(BREAD.price):
        pos.page.get_by_role("button", name=f"Card {amount(BREAD.price)}").click()
        pos.receipt_number()
    expect(pos.receipt).to_contain_text("Card")
    assert charged(street, BREAD.price) == ["APPROVED"]

    pos.new_sale()
    pos.scan(DECLINED.barcode)
    pos.to_payment()
    pos.page.get_by_role("button", name=f"Card {amount(DECLINED.price)}").click()
    expect(pos.trouble).to_contain_text("The card was not charged. Press C")
    pos.clear()
    with portal.sees(DECLINED.price):
        pos.page.get_by_test_id("cash").click()
        pos.receipt_number()
    assert charged(street, DECLINED.price) == ["DECLINED"]


def learn_what_became_of_a_card(pos: Pos, street: Street, portal: Portal) -> None:
    """The terminal charges and never answers, and then the line is cut: unknown, asked for, never charged twice."""
    pos.new_sale()
    pos.scan(SILENT.barcode)
    pos.to_payment()
    pos.page.get_by_role("button", name=f"Card {amount(SILENT.price)}").click()
    wait_until_charged(street, SILENT.price)
    pos.page.context.set_offline(True)
    expect(pos.dialog(IN_DOUBT)).to_contain_text("Do not charge again.")
    pos.restart()
    pos.sign_in(*NEW_HAND, to="pay")
    doubt = pos.dialog(IN_DOUBT)
    expect(doubt).to_be_visible()
    doubt.get_by_role("button", name="Ask the terminal now").click()
    expect(doubt).to_be_visible()
    with portal.sees(SILENT.price):
        pos.page.context.set_offline(False)
        pos.receipt_number()
    assert charged(street, SILENT.price) == ["APPROVED"]


def find_and_reprint(pos: Pos, bob: Page, number: str) -> None:
    """The receipt again, at the POS and at the manager's desk: both say that they show a copy."""
    pos.page.get_by_role("button", name="Receipts").click()
    pos.page.get_by_role("searchbox").fill(number)
    pos.page.get_by_test_id("receipt-row").filter(has_text=number).click()
    expect(pos.receipt).to_contain_text("*** COPY ***")
    expect(pos.page.get_by_test_id("receipt-number")).to_have_text(number)
    pos.new_sale()

    bob.get_by_role("link", name="Receipts").click()
    bob.get_by_label("Receipt number, amount, article or barcode").fill(number)
    bob.get_by_role("button", name="Search").click()
    bob.get_by_role("link", name=number).click()
    expect(bob.get_by_text("Technical log")).to_be_visible()
    expect(bob.get_by_text("Copies shown at POSs")).to_be_visible()
    expect(bob.locator("dt", has_text="Copies shown at POSs").locator("+ dd")).to_have_text("1")
    bob.emulate_media(media="print")
    expect(bob.locator(".receipt").get_by_text("COPY", exact=True)).to_be_visible()
    bob.emulate_media(media="screen")


def sell_without_a_network(pos: Pos, street: Street, portal: Portal) -> None:
    """No line and no app's host: start, sign in, sell, show; then the line is back and the sale leaves by itself."""
    pos.page.context.set_offline(True)
    street.stop("app")
    pos.restart()
    pos.sign_in(*NEW_HAND)
    pos.scan(BREAD.barcode)
    number = pos.pay_cash()
    pos.new_sale()
    expect(pos.network).to_have_text("offline, 1 sale waits")
    pos.menu("Unsent sales")
    expect(pos.page.get_by_test_id("unsent-sale")).to_contain_text([number])
    pos.back()
    pos.menu("Sign out")
    pos.sign_in(*NEW_HAND)
    expect(pos.network).to_have_text("offline, 1 sale waits")
    with portal.sees(BREAD.price):
        pos.page.context.set_offline(False)
        expect(pos.network).to_have_text("online", timeout=SLOW)
    street.launch_app()
    street.await_health("app")


def charged(street: Street, price: int) -> list[str]:
    """The terminal's own list: the outcome of each charge of this amount."""
    transactions = httpx.get(f"{street.terminal_url}/transactions", trust_env=False).json()["transactions"]
    return [each["state"] for each in transactions if each["amount"] == price]


def wait_until_charged(street: Street, price: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while charged(street, price) != ["APPROVED"]:
        assert time.monotonic() < deadline, "the terminal has charged nothing"
        time.sleep(0.02)
