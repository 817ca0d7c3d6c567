"""What axe-core has to say about every page and every screen, in light and in dark: nothing serious."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.journey.conftest import OpenBrowser, OpenTill
from tests.journey.pages import sign_in
from tests.support.pos_page import Pos
from tests.support.street import ALICE, BOB, Street, shelf

pytestmark = pytest.mark.browser

AXE = (Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js").read_text()
RUN = """(rules) => axe.run({
  resultTypes: ['violations'],
  elementRef: false,
  ...(rules ? { runOnly: { type: 'rule', values: rules } } : {}),
}).then(({ violations }) => violations
  .filter(({ impact }) => impact === 'serious' || impact === 'critical')
  .flatMap(({ id, nodes }) => nodes.map(({ html, any }) => `${id}: ${html.slice(0, 160)} ${any[0]?.message ?? ''}`)))"""
COLOURS = ["color-contrast"]  # all that the dark changes
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
NOT_PAGES = re.compile(r"/logout|\.csv$|#")


def look(page: Page) -> dict[str, list[str]]:
    """In light by every rule, in the dark by those about colours."""
    found = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        if said := page.evaluate(RUN, COLOURS if scheme == "dark" else None):
            found[scheme] = said
    page.emulate_media(color_scheme="light")
    return found


def with_axe(context: BrowserContext) -> Page:
    context.add_init_script(AXE)
    return context.new_page()


def test_every_page_that_a_link_leads_to(street: Street, open_browser: OpenBrowser) -> None:
    """At the chain, and at the store what the chain has not shown already."""
    wrong: dict[str, dict[str, list[str]]] = {}
    for url, email in ((street.chain_url, ALICE), (street.store_url, BOB)):
        page = with_axe(open_browser())
        page.goto(url)
        wrong[f"{url} sign-in"] = look(page)
        sign_in(page, url, email)
        known = {kind for kind in wrong if not kind.endswith("/poss/")}  # devices are served at the store alone
        for kind in every_kind_of_page(page):
            if kind in known:
                continue
            wrong[kind] = look(page)
    assert {kind: said for kind, said in wrong.items() if said} == {}
    assert {"/portal/", "/manage/articles/", "/manage/…/receipts/", "/manage/…/poss/add", "/errors/"} <= set(wrong)


def every_kind_of_page(page: Page) -> Iterator[str]:
    """Follow links from where we are; of pages that differ in their id alone, one is enough."""
    waiting, seen = [page.url], {kind_of(page.url)}
    while waiting:
        address = waiting.pop(0)
        page.goto(address)
        yield kind_of(page.url)
        for link in page.locator("a[href]").evaluate_all("(links) => links.map((each) => each.href)"):
            kind = kind_of(link)
            if urlsplit(link).netloc == urlsplit(address).netloc and kind not in seen and not NOT_PAGES.search(link):
                seen.add(kind)
                waiting.append(link)


def kind_of(address: str) -> str:
    return ID.sub("…", urlsplit(address).path)


def test_every_screen_of_the_pos(street: Street, open_till: OpenTill) -> None:
    pos = open_till(name="Looked at")
    pos.page.evaluate(AXE)
    wrong = {}
    for screen in every_screen(pos, street):
        wrong[screen] = look(pos.page)
    assert {screen: said for screen, said in wrong.items() if said} == {}


def every_screen(pos: Pos, street: Street) -> Iterator[str]:
    page, beer = pos.page, next(each for each in street.articles if each.age_limit == 16)
    pos.scan(shelf(street.articles)[0].barcode)
    expect(pos.lines).to_have_count(1)
    yield "sale"
    pos.lines.first.click()
    yield "sale with a line chosen"
    pos.back()
    pos.scan("5712345678901")
    expect(pos.trouble).not_to_be_empty()
    yield "sale with trouble"
    pos.clear()
    pos.scan(beer.barcode)
    yield "question"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_role("searchbox").fill("m")
    yield "search"
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Menu", exact=True).click()
    yield "menu"
    page.keyboard.press("Escape")
    pos.to_payment()
    yield "pay"
    page.get_by_test_id("cash").click()
    pos.receipt_number()
    yield "receipt"
    pos.new_sale()
    for entry in ("Receipts", "Unsent sales", "Settings"):
        pos.menu(entry)
        yield entry
        pos.back()
    pos.menu("Sign out")
    yield "sign-in"


def test_the_screen_that_connects_a_device(street: Street, open_browser: OpenBrowser) -> None:
    page = with_axe(open_browser())
    page.goto(street.app_url)
    expect(page.get_by_test_id("enrol")).to_be_visible()
    assert look(page) == {}
