"""The whole way, on real pages of real services: proven, activated, sold on, recovered to the øre, and normal again."""

import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from butik.simulator.demo.people import ACTIVATOR
from butik.simulator.demo.plan import CHAIN_NAME
from butik.simulator.demo.second_factor import code_at, make_secret
from tests.journey.conftest import PHONE, OpenBrowser, sign_in
from tests.journey.test_accessibility import AXE, look
from tests.support.emergency_cloud import ACTS, EmergencyCloud, emergency_cloud
from tests.support.pos_page import SLOW, Pos
from tests.support.street import BOB, SHOP, running_street, shelf

pytestmark = pytest.mark.browser
Picture = Callable[[Page, str], None]
SECRET, PASSWORD = make_secret(), "a password for tests only"
ACTS["hire"] = f"""
from butik.simulator.demo.emergency_hands import hire_activator
hire_activator("{PASSWORD}", "{SECRET}")
"""


def enter_site(page: Page, cloud: EmergencyCloud) -> None:
    """With the password and the code: the site asks for both."""
    page.goto(cloud.url)
    page.locator("input[name=login]").fill(ACTIVATOR.email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator("input[name=code]").fill(code_at(SECRET, time.time()))
    page.keyboard.press("Enter")
    page.wait_for_url(f"{cloud.url}/board/")


def test_an_emergency_is_survived(open_browser: OpenBrowser, picture: Picture) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="butik-survived-", ignore_cleanup_errors=True) as folder,
        running_street(Path(folder)) as street,
        emergency_cloud(street) as cloud,
    ):
        _survive(cloud, open_browser, picture)


def _survive(cloud: EmergencyCloud, open_browser: OpenBrowser, picture: Picture) -> None:
    street = cloud.street
    article = shelf(street.articles)[0]
    cloud.act("hire")

    pos = Pos(open_browser(PHONE).new_page())
    pos.enrol(street.invite(2), "Phone")
    pos.sign_in("101")
    pos.await_prices(article.receipt_text)
    pos.menu("Settings")
    expect(pos.page.get_by_text(re.compile("^ready, prices of"))).to_be_visible(timeout=SLOW)
    pos.back()
    assert _sell(pos, article.barcode).endswith("-2-N1-000001")

    # The board says what could be sold from tonight, and which device is ready for it.
    site = open_browser().new_page()
    enter_site(site, cloud)
    expect(site.get_by_test_id("first-line")).to_contain_text("stores could sell tonight")
    expect(site.get_by_test_id(f"store-{SHOP.number}")).to_contain_text("Could sell")
    picture(site, "board")
    site.evaluate(AXE)
    assert look(site) == {}

    # Chain, name, Activate, date, what each store gets, the chain's name.
    site.get_by_role("link", name="Chain", exact=True).click()
    site.get_by_role("link", name=CHAIN_NAME, exact=True).click()
    site.get_by_role("link", name="Activate Emergency POS").click()
    site.get_by_role("button", name="Show what each store would get").click()
    expect(site.get_by_test_id(f"preview-{SHOP.number}")).to_have_attribute("data-choice", "EXACT")
    picture(site, "activation")
    site.evaluate(AXE)
    assert look(site) == {}
    confirm = site.get_by_test_id("activate")
    for tick in site.get_by_role("checkbox").all():  # the street's other stores were never prepared
        tick.check()
    site.locator("#name").fill(CHAIN_NAME)
    confirm.click()
    expect(site.get_by_test_id("band")).to_contain_text(CHAIN_NAME)
    expect(pos.page.get_by_test_id("emergency")).to_contain_text("EMERGENCY", timeout=SLOW)

    # It sells on, and the site counts along without a reload.
    numbers = [_sell(pos, article.barcode) for _ in range(3)]
    assert [each[-9:] for each in numbers] == ["E1-000001", "E1-000002", "E1-000003"]
    row = site.get_by_test_id(f"emergency-store-{SHOP.number}")
    expect(row.locator("[data-part=sales]")).to_have_text("3", timeout=SLOW)
    expect(row.locator("[data-part=switched]")).to_contain_text("1 of")
    picture(site, "active")
    site.evaluate(AXE)
    assert look(site) == {}

    # The store's controller is fit again: a key from the site, typed at the store.
    row.get_by_role("link").click()
    site.get_by_role("button", name="Issue a recovery key").click()
    key = site.get_by_test_id("recovery-key").inner_text()
    picture(site, "recovery-key")
    site.get_by_role("link", name=SHOP.name).click()
    store = sign_in(open_browser().new_page(), street.store_url, BOB)
    store_id = re.search(r"/manage/([0-9a-f-]{36})/", store.url)
    assert store_id
    store.goto(f"{street.store_url}/recovery/{store_id[1]}/")
    store.get_by_label("Recovery key").fill(key)
    store.get_by_role("button", name="Begin the recovery").click()
    expect(store.get_by_role("button", name="Stop the devices")).to_be_enabled(timeout=SLOW)
    store.get_by_role("button", name="Stop the devices").click()
    expect(pos.page.get_by_test_id("emergency")).to_contain_text("Selling pauses", timeout=SLOW)
    expect(store.get_by_role("button", name="Mark as recovered")).to_be_enabled(timeout=SLOW)
    picture(store, "totals-agree")
    store.get_by_role("button", name="Mark as recovered").click()

    # Normal selling goes on in the next series, and the site says what the emergency has cost in time.
    expect(site.get_by_test_id("gap")).to_contain_text("Nothing was sold", timeout=SLOW)
    picture(site, "recovered")
    expect(pos.page.get_by_role("heading", name="Connect this device again")).to_be_visible(timeout=SLOW)
    pos.enrol(street.invite(2), "Phone", english=False)
    pos.speak_english()
    pos.sign_in("101")
    pos.await_prices(article.receipt_text)
    assert _sell(pos, article.barcode).endswith("-2-N2-000001")
    store.goto(f"{street.store_url}/manage/{store_id[1]}/receipts/")
    for number in ("N1-000001", "E1-000001", "E1-000002", "E1-000003", "N2-000001"):
        expect(store.get_by_role("link", name=re.compile(number))).to_be_visible(timeout=SLOW)


def _sell(pos: Pos, barcode: str) -> str:
    pos.scan(barcode)
    number = pos.pay_cash()
    pos.new_sale()
    return number
