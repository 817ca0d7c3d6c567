"""What the chain's dashboard tells about the POSs of a store."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journey.conftest import OpenTill
from tests.support.pos_page import SLOW
from tests.support.street import SHOP, Street, shelf

pytestmark = pytest.mark.browser


def test_poss_are_counted_and_each_one_s_latest_sale_is_told(street: Street, alice: Page, open_till: OpenTill) -> None:
    """Down of all; under the pointer stands what each POS sold last, and when."""
    pos = open_till(name="Counted")
    pos.scan(shelf(street.articles)[0].barcode)
    pos.pay_cash()
    row = alice.get_by_role("row", name=SHOP.name)
    down = row.locator(".more button")
    expect(down).to_have_text(re.compile(r"^[01]/[12] down$"), timeout=SLOW)
    down.hover()
    told = row.get_by_role("tooltip")
    expect(told).to_be_visible()
    expect(told.get_by_role("row", name="POS 2")).to_have_text(re.compile(r"up\s*\d\d:\d\d$"), timeout=SLOW)
    row.get_by_role("link", name=SHOP.name).click()
    expect(alice.get_by_role("heading", name="Latest receipts")).to_be_visible()
