"""Articles as a chain's administrator and a store's manager see them, and what they do to a sale."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journey.conftest import OpenTill
from tests.journey.pages import import_changes
from tests.support.street import Street, shelf

pytestmark = pytest.mark.browser

HEADER = "op;number;barcode;receipt_text;group;unit;price;vat_rate;blocked"


def test_it_is_found_by_number_barcode_and_the_beginning_of_its_text(street: Street, alice: Page) -> None:
    article = shelf(street.articles)[0]
    alice.get_by_role("link", name="Articles").click()
    for words in (article.number, article.barcode, article.name[:9]):
        alice.get_by_label("Beginning of text, number or barcode").fill(words)
        alice.get_by_role("button", name="Search").click()
        expect(alice.get_by_role("row", name=article.name)).to_have_count(1)
    alice.get_by_role("link", name=article.name).click()
    expect(alice.get_by_role("row", name="Text on the receipt").first).to_contain_text(article.receipt_text)
    expect(alice.get_by_role("rowheader", name=article.barcode)).to_be_visible()
    expect(alice.get_by_role("row", name="VAT").first).to_contain_text(f"{article.vat_rate // 100}")


def test_the_manager_sees_at_the_store_what_the_chain_has_sent(street: Street, bob: Page) -> None:
    """With its age limit and its deposit; the store cannot import by itself."""
    beer = next(each for each in street.articles if each.age_limit == 16 and each.linked_number)
    bob.get_by_role("link", name="Articles").click()
    bob.get_by_label("Beginning of text, number or barcode").fill(beer.number)
    bob.get_by_role("button", name="Search").click()
    bob.get_by_role("link", name=beer.name).click()
    expect(bob.get_by_role("row", name="Age limit")).to_contain_text("16 years")
    expect(bob.get_by_role("row", name="Sold along")).to_contain_text("PANT")
    expect(bob.get_by_role("link", name="Imports")).to_have_count(0)


def test_a_blocked_article_is_not_sold(street: Street, alice: Page, open_till: OpenTill, tmp_path: Path) -> None:
    """Blocked by a file of changes; the till learns it between two sales."""
    file = tmp_path / "blocked.csv"
    file.write_text(f"{HEADER}\nadd;510001;5700096100019;TILBAGEKALDT;Nyheder;PCS;10,00;25;ja\n")
    import_changes(alice, file)
    pos = open_till(name="Blocked at")
    pos.await_prices("TILBAGEKALDT")
    pos.scan("5700096100019")
    expect(pos.trouble).to_contain_text("TILBAGEKALDT may not be sold. Press C and put it aside.")
    expect(pos.lines).to_have_count(0)
    pos.clear()
    pos.scan(shelf(street.articles)[0].barcode)
    expect(pos.lines).to_have_count(1)
    file.write_text(f"{HEADER}\ndel;510001;;;;;;;\n")  # the street's articles are again those of its file
    import_changes(alice, file)
