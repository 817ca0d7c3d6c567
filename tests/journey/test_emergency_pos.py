"""The emergency as an assistant lives through it: the real app, its store, and the chain's real emergency cloud."""

import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, ViewportSize, expect

from tests.journey.conftest import LAPTOP, PHONE, OpenBrowser
from tests.journey.test_accessibility import AXE, look
from tests.journey.test_at_the_till import SHIFTS
from tests.support.emergency_cloud import EmergencyCloud, emergency_cloud
from tests.support.pos_page import SLOW, Pos
from tests.support.street import Street, running_street, shelf

pytestmark = pytest.mark.browser
SIDEWAYS = ViewportSize(width=640, height=360)
Picture = Callable[[Page, str], None]


@pytest.fixture(scope="module")
def alone() -> Iterator[EmergencyCloud]:
    """A street of its own: an activation concerns the whole chain, and the other tests go on selling on theirs."""
    with tempfile.TemporaryDirectory(prefix="butik-emergency-", ignore_cleanup_errors=True) as folder:
        with running_street(Path(folder)) as street, emergency_cloud(street) as made:
            yield made


@pytest.fixture
def cloud(alone: EmergencyCloud) -> Iterator[EmergencyCloud]:
    """Normal days: whatever emergency a test began is over after it."""
    yield alone
    alone.act("end")


def band(pos: Pos, words: str) -> None:
    expect(pos.page.get_by_test_id("emergency")).to_contain_text(re.compile(words), timeout=SLOW)


def await_ready(pos: Pos) -> None:
    pos.menu("Settings")
    expect(pos.page.get_by_text(re.compile("^ready, prices of"))).to_be_visible(timeout=SLOW)
    pos.back()


def fits(pos: Pos, *needed: str) -> None:
    """The frame takes its place from the journal: what is needed stays on the screen, and nothing moves."""
    for each in needed:
        expect(pos.page.get_by_test_id(each)).to_be_in_viewport(ratio=1)
    assert pos.page.evaluate("document.scrollingElement.scrollHeight <= innerHeight")
    moved = pos.page.evaluate("new Promise((done) => setTimeout(() => done(window.shifts), 200))")
    assert moved == [], moved


def sell(pos: Pos, street: Street) -> str:
    pos.scan(shelf(street.articles)[0].barcode)
    number = pos.pay_cash()
    pos.new_sale()
    return number


def test_an_emergency_from_the_order_to_the_next_normal_sale(
    cloud: EmergencyCloud, open_browser: OpenBrowser, picture: Picture
) -> None:
    street, article = cloud.street, shelf(cloud.street.articles)[0]
    pos = Pos(open_browser(PHONE).new_page())
    pos.enrol(street.invite(2), "Phone")
    pos.sign_in("101")
    pos.await_prices(article.receipt_text)
    await_ready(pos)
    assert sell(pos, street).endswith("-2-N1-000001")
    expect(pos.network).to_have_text("online", timeout=SLOW)
    pos.scan(article.barcode)
    pos.scan(article.barcode)
    expect(pos.lines).to_have_count(2)

    called: list[str] = []
    cloud.act("activate")
    band(pos, "EMERGENCY.*Prices of .*Sales are kept safe")
    pos.page.on("request", lambda request: called.append(request.url))
    # The open sale has ended, in words; the assistant is still signed in.
    expect(pos.trouble).to_contain_text("The open sale (2 lines) has ended, unpaid.")
    expect(pos.page.get_by_test_id("assistant")).to_be_visible()
    picture(pos.page, "emergency-dropped")
    pos.page.evaluate(AXE)
    assert look(pos.page) == {}
    pos.clear()
    pos.page.evaluate(SHIFTS)
    pos.scan(article.barcode)
    picture(pos.page, "emergency-sale")
    fits(pos, "main", "total", "emergency")
    pos.to_payment()
    fits(pos, "main", "cash", "emergency")
    pos.page.get_by_role("button", name="Back").click()
    assert pos.pay_cash().endswith("-2-E1-000001")
    picture(pos.page, "emergency-receipt")
    pos.new_sale()
    assert sell(pos, street).endswith("-2-E1-000002")
    pos.menu("Receipts")
    expect(pos.page.get_by_test_id("receipts-off")).to_contain_text("Receipt search and returns are off")
    expect(pos.page.get_by_test_id("outages")).to_contain_text("Club, webshop and other integrations")  # row 113
    picture(pos.page, "emergency-receipts")
    assert look(pos.page) == {}
    pos.back()
    expect(pos.network).to_have_text("online", timeout=SLOW)

    # A restart without any line sells on: prices, staff and series are on the device.
    pos.page.context.set_offline(True)
    pos.restart()
    pos.page.on("request", lambda request: called.append(request.url))
    band(pos, "EMERGENCY.*Prices of")
    picture(pos.page, "emergency-sign-in")
    pos.sign_in("101")
    assert sell(pos, street).endswith("-2-E1-000003")
    pos.page.context.set_offline(False)
    expect(pos.network).to_have_text("online", timeout=SLOW)
    assert {"2-E1-1", "2-E1-2", "2-E1-3"} <= set(cloud.act("receipts").split())
    assert not [url for url in called if url.startswith(street.store_url)]

    pos.scan(article.barcode)
    cloud.act("release")
    band(pos, "Finish this sale; then selling pauses")
    assert pos.pay_cash().endswith("-2-E1-000004")
    pos.new_sale()
    band(pos, "Selling pauses while the store comes home")
    pos.scan(article.barcode)
    expect(pos.trouble).to_contain_text("Selling pauses while the store comes home")
    picture(pos.page, "emergency-released")
    pos.clear()
    picture(pos.page, "emergency-released-calm")

    cloud.act("recover")
    band(pos, "The store is back. Connect this device again")
    expect(pos.page.get_by_role("heading", name="Connect this device again")).to_be_visible()
    picture(pos.page, "emergency-recovered")
    pos.page.evaluate(AXE)
    assert look(pos.page) == {}
    pos.enrol(street.invite(2), "Phone", english=False)
    expect(pos.page.get_by_test_id("emergency")).to_have_count(0)
    pos.speak_english()
    pos.sign_in("101")
    pos.await_prices(article.receipt_text)
    assert sell(pos, street).endswith("-2-N2-000001")
    expect(pos.network).to_have_text("online", timeout=SLOW)


def test_money_that_was_taken_is_never_dropped(
    cloud: EmergencyCloud, open_browser: OpenBrowser, picture: Picture
) -> None:
    """The order comes while nobody knows whether a card was charged, and the cloud is slow to name a series."""
    street = cloud.street
    article = max(shelf(street.articles), key=lambda each: each.price)
    page = open_browser(LAPTOP, color_scheme="dark").new_page()
    pos = Pos(page)
    pos.enrol(street.invite(1), "Kasse 1", english=False)
    pos.sign_in("101")
    page.get_by_role("button", name="Menu", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Indstillinger").click()
    expect(page.get_by_text(re.compile("^klar, priser fra"))).to_be_visible(timeout=SLOW)
    picture(page, "emergency-readiness")
    page.get_by_role("button", name="Tilbage").click()
    pos.scan(article.barcode)
    pos.to_payment()

    page.route(f"{street.terminal_url}/**", charge_and_say_nothing)
    page.route(re.compile("/api/emergency/v1/enter"), lambda route: route.abort())
    page.get_by_test_id("main").click()
    expect(page.get_by_test_id("card-state")).to_have_attribute("data-state", "UNKNOWN", timeout=SLOW)
    cloud.act("activate")
    band(pos, "NØDDRIFT.*venter på nødskyen")
    expect(page.get_by_test_id("card-state")).to_have_attribute("data-state", "UNKNOWN")
    picture(page, "emergency-card-unknown")

    # The terminal tells: paid. The receipt waits for its series, and then comes by itself.
    page.unroute(f"{street.terminal_url}/**")
    expect(pos.trouble).to_contain_text("Betalt. Kvitteringen kommer", timeout=SLOW)
    expect(pos.receipt).to_have_count(0)
    picture(page, "emergency-paid-waits")
    page.unroute(re.compile("/api/emergency/v1/enter"))
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.get_by_test_id("receipt-number")).to_have_text(re.compile("-1-E1-000001$"), timeout=SLOW)
    band(pos, "NØDDRIFT.*Priser fra .*Salgene er i sikkerhed")
    pos.new_sale()
    pos.scan(article.barcode)
    picture(page, "emergency-laptop-dark")
    for name, size in {"sideways": SIDEWAYS, "phone-dark": PHONE}.items():
        page.set_viewport_size(size)
        picture(page, f"emergency-{name}")
        expect(page.get_by_test_id("main")).to_be_in_viewport(ratio=1)


def charge_and_say_nothing(route: Route) -> None:
    """The terminal does its work, and every answer is lost on the way."""
    if route.request.method == "POST":
        route.fetch()
    route.abort()
