"""What an assistant meets at the till: questions, mistakes, the keyboard, and a screen that stands still."""

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from butik.lib.barcodes import check_digit
from butik.simulator.catalogue import GeneratedArticle, weighed_barcode
from tests.journey.conftest import LAPTOP, PHONE, OpenTill
from tests.journey.pages import amount
from tests.support.pos_page import Pos
from tests.support.street import Street, shelf

pytestmark = pytest.mark.browser

SHIFTS = """
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.shifts.push({
      value: entry.value,
      of: entry.sources.map(({ node, previousRect: was, currentRect: is }) =>
        [node?.className || node?.nodeName, node?.textContent, was.x, was.y, is.x, is.y].join(' ')),
    });
  }).observe({ type: 'layout-shift' });
"""
# Whether what has the focus can be seen to have it: its looks differ from those without.
FOCUS_SHOWS = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return true;
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
  return (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0) || boxShadow !== 'none';
}"""


def beer_of(street: Street) -> GeneratedArticle:
    return next(each for each in street.articles if each.age_limit == 16 and each.linked_number)


def test_it_asks_for_the_age_and_brings_the_deposit(street: Street, open_till: OpenTill) -> None:
    pos, beer = open_till(), beer_of(street)
    deposit = next(each for each in street.articles if each.number == beer.linked_number)
    pos.scan(beer.barcode)
    question = pos.dialog("Is the customer at least 16 years old?")
    question.get_by_role("button", name="No, leave it out").click()
    expect(pos.lines).to_have_count(0)
    pos.scan(beer.barcode)
    question.get_by_role("button", name="Yes, 16 or older").click()
    expect(pos.lines).to_have_count(2)
    expect(pos.lines.last).to_contain_text(deposit.receipt_text)
    expect(pos.total).to_have_text(amount(beer.price + deposit.price))
    pos.delete(beer.receipt_text)
    expect(pos.lines).to_have_count(0)


def test_it_sells_by_weight_from_a_label_and_from_the_scale(street: Street, open_till: OpenTill) -> None:
    pos = open_till()
    bananas = next(each for each in street.articles if each.number == "2001")
    labelled = (bananas.price * 345 + 500) // 1000
    pos.scan(weighed_barcode("2001", 345))
    expect(pos.lines).to_have_text([f"BANANER0.345 kg × {amount(bananas.price)}{amount(labelled)}"])
    pos.keys("2001")
    pos.page.keyboard.press("Enter")
    pos.dialog("How much BANANER?").locator("[name=weight]").fill("1,5")
    pos.page.keyboard.press("Enter")
    weighed = (bananas.price * 1500 + 500) // 1000
    expect(pos.lines.last).to_have_text(f"BANANER1.5 kg × {amount(bananas.price)}{amount(weighed)}")
    pos.pay_cash()
    expect(pos.receipt).to_contain_text(f"0.345 kg × {amount(bananas.price)}")


def test_a_mistake_stands_until_it_is_cleared(street: Street, open_till: OpenTill) -> None:
    pos, article = open_till(), shelf(street.articles)[0]
    unknown = "579999999999"
    pos.scan(f"{unknown}{check_digit(unknown)}")
    expect(pos.trouble).to_contain_text("Not found: 579999999999")
    pos.scan(article.barcode)
    expect(pos.lines).to_have_count(0)
    pos.clear()
    expect(pos.trouble).to_be_empty()
    wrong = f"{article.barcode[:-1]}{(int(article.barcode[-1]) + 1) % 10}"
    pos.scan(wrong)
    expect(pos.trouble).to_contain_text("Misread")
    pos.clear()
    pos.scan(article.barcode)
    expect(pos.lines).to_have_count(1)
    # What was tapped last keeps the focus: no key of a scanner may press it, however its codes end.
    pos.page.get_by_role("button", name="Delete line").click()
    expect(pos.lines).to_have_count(0)
    for place, end in enumerate((("Enter", "Enter"), ("Tab",), ("Enter",)), 1):
        pos.keys(f"{article.barcode} 05" if place == 3 else article.barcode, delay=(0, 0, 40)[place - 1])
        for key in end:
            pos.page.keyboard.press(key)
        expect(pos.lines).to_have_count(place)
    pos.to_payment()
    pos.keys("4321")  # not 4321.00 in cash
    pos.page.keyboard.press("Enter")
    expect(pos.trouble).to_contain_text("Not found: 4321")
    pos.clear()
    pos.to_payment()
    pos.scan("43")  # nor 43.00: codes may be as short
    question = pos.dialog("Is 43.00 cash, or a code?")
    pos.scan("43")
    expect(question.get_by_test_id("stray")).to_contain_text("It does nothing here")
    question.get_by_role("button", name="Code 43").click()
    expect(pos.trouble).to_contain_text("Not found: 43")
    pos.clear()
    pos.menu("Settings")
    pos.keys(article.barcode)
    pos.page.keyboard.press("Enter")
    expect(pos.page.get_by_test_id("stray")).to_contain_text("It does nothing here")
    pos.back()
    expect(pos.lines).to_have_count(3)


def test_a_whole_sale_is_cancelled_only_when_asked_twice(street: Street, open_till: OpenTill) -> None:
    pos, article = open_till(), shelf(street.articles)[0]
    pos.scan(article.barcode)
    pos.menu("Cancel sale")
    question = pos.dialog("Delete the whole sale of 1 line?")
    question.get_by_role("button", name="Back").click()
    expect(pos.lines).to_have_count(1)
    pos.menu("Cancel sale")
    question.get_by_role("button", name="Cancel sale").click()
    expect(pos.lines).to_have_count(0)
    expect(pos.total).to_have_text("0.00")


@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "till"])
def test_nothing_moves_while_scanning_and_paying_needs_no_scrolling(
    size: ViewportSize, street: Street, open_till: OpenTill
) -> None:
    pos = open_till(size)
    pos.page.evaluate(SHIFTS)
    articles = shelf(street.articles)
    for place in range(14):
        pos.scan(articles[place % 9].barcode)
    expect(pos.lines).to_have_count(14)
    pos.scan("5712345678901")  # unknown or misread: the information line says so, in its own place
    expect(pos.trouble).not_to_be_empty()
    pos.clear()
    pos.keys("3*")
    pos.scan(articles[3].barcode)
    expect(pos.lines).to_have_count(15)
    moved = pos.page.evaluate("new Promise((done) => setTimeout(() => done(window.shifts), 200))")
    assert moved == [], moved
    for screen in ("sale", "pay"):
        if screen == "pay":
            pos.to_payment()
        assert pos.page.evaluate("document.scrollingElement.scrollHeight <= innerHeight")
        assert pos.page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
        for needed in ("main", "cash") if screen == "pay" else ("main", "total"):
            expect(pos.page.get_by_test_id(needed)).to_be_in_viewport(ratio=1)


def test_the_keyboard_is_enough_for_a_sale(street: Street, open_till: OpenTill) -> None:
    """By number, by words, to a receipt and on to the next; whatever has the focus shows it."""
    pos, article = open_till(LAPTOP), shelf(street.articles)[0]
    page = pos.page
    pos.keys(article.number)
    page.keyboard.press("Enter")
    expect(pos.lines).to_have_count(1)
    walk_to(page, "button:text-is('Search')")
    page.keyboard.press("Enter")
    pos.keys(shelf(street.articles)[1].receipt_text[:8], delay=80)  # no hand is as fast as a scanner
    page.keyboard.press("Enter")
    expect(pos.lines).to_have_count(2)
    walk_to(page, "[data-testid=main]")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("pay-screen")).to_be_visible()
    pos.keys("500")
    page.keyboard.press("Enter")
    pos.receipt_number()
    walk_to(page, "[data-testid=main]")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("sale-screen")).to_be_visible()


def test_a_sale_is_paid_partly_in_cash_and_the_rest_by_card(street: Street, open_till: OpenTill) -> None:
    pos, article = open_till(), shelf(street.articles)[0]
    pos.keys("4*")
    pos.scan(article.barcode)
    pos.to_payment()
    pos.keys("50")
    pos.page.get_by_test_id("cash").click()
    rest = 4 * article.price - 5_000
    expect(pos.page.get_by_test_id("due")).to_have_text(amount(rest))
    pos.page.get_by_role("button", name=f"Card {amount(rest)}").click()
    pos.receipt_number()
    expect(pos.receipt).to_contain_text(f"Cash {amount(5_000)}")
    expect(pos.receipt).to_contain_text(amount(rest))


def walk_to(page: Page, selector: str) -> None:
    """Tab until the focus is there."""
    wanted = page.locator(selector).element_handle()
    for _ in range(40):
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUS_SHOWS), page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        if page.evaluate("(wanted) => wanted === document.activeElement", wanted):
            return
    pytest.fail(f"the keyboard does not reach {selector}")


def test_it_speaks_danish(street: Street, open_till: OpenTill) -> None:
    pos: Pos = open_till(english=False, locale="da-DK")
    article = shelf(street.articles)[0]
    pos.page.get_by_role("button", name="Søg", exact=True).click()
    pos.page.get_by_role("searchbox").fill(article.receipt_text)
    pos.page.get_by_test_id("hit").first.click()
    price = amount(article.price).replace(".", ",")
    expect(pos.page.get_by_test_id("main")).to_have_text(f"Betal {price}")
    pos.to_payment()
    pos.page.get_by_test_id("cash").click()
    pos.receipt_number()
    expect(pos.receipt).to_contain_text(f"I alt DKK{price}")
    expect(pos.receipt).to_contain_text("Betjent af 101")
    expect(pos.page.get_by_test_id("main")).to_have_text("Nyt salg")
