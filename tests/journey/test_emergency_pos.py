"""The emergency as an assistant lives through it: the real app, its store, and the chain's real emergency cloud."""

import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journey.conftest import PHONE, OpenBrowser
from tests.support.emergency_cloud import EmergencyCloud, emergency_cloud
from tests.support.pos_page import SLOW, Pos
from tests.support.street import Street, running_street, shelf

pytestmark = pytest.mark.browser
Picture = Callable[[Page, str], None]


@pytest.fixture(scope="module")
def cloud() -> Iterator[EmergencyCloud]:
    """A street of its own: an activation concerns the whole chain, and the other tests go on selling on theirs."""
    with tempfile.TemporaryDirectory(prefix="butik-emergency-", ignore_cleanup_errors=True) as folder:
        with running_street(Path(folder)) as street, emergency_cloud(street) as made:
            yield made


def band(pos: Pos, words: str) -> None:
    expect(pos.page.get_by_test_id("emergency")).to_contain_text(re.compile(words), timeout=SLOW)


def await_ready(pos: Pos) -> None:
    pos.menu("Settings")
    expect(pos.page.get_by_text(re.compile("^ready, prices of"))).to_be_visible(timeout=SLOW)
    pos.back()


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
    expect(pos.trouble).to_contain_text("The sale that was open (2 lines) has ended; nothing was paid.")
    expect(pos.page.get_by_test_id("assistant")).to_be_visible()
    picture(pos.page, "emergency-dropped")
    pos.clear()
    pos.scan(article.barcode)
    picture(pos.page, "emergency-sale")
    pos.clear()
    assert pos.pay_cash().endswith("-2-E1-000001")
    picture(pos.page, "emergency-receipt")
    pos.new_sale()
    assert sell(pos, street).endswith("-2-E1-000002")
    pos.menu("Receipts")
    expect(pos.page.get_by_test_id("receipts-off")).to_contain_text("Receipt search and returns are off")
    picture(pos.page, "emergency-receipts")
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
    assert cloud.act("receipts").split()[-3:] == ["E1-1", "E1-2", "E1-3"]
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
    pos.enrol(street.invite(2), "Phone", english=False)
    expect(pos.page.get_by_test_id("emergency")).to_have_count(0)
    pos.speak_english()
    pos.sign_in("101")
    pos.await_prices(article.receipt_text)
    assert sell(pos, street).endswith("-2-N2-000001")
    expect(pos.network).to_have_text("online", timeout=SLOW)
