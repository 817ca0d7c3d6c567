"""The app's host is public and the store is on the local network: Chromium asks before the one may call the other.

Between two loopback addresses it never asks, so this browser is told to take one of them for a public address.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright, expect

from tests.journey.conftest import PHONE
from tests.support.chromium import launched
from tests.support.pos_page import SLOW, Pos
from tests.support.street import Street, shelf

pytestmark = pytest.mark.browser


@pytest.fixture
def asking_chromium(street: Street, playwright: Playwright) -> Iterator[Browser]:
    app, store = (url.rpartition(":")[2] for url in (street.app_url, street.store_url))
    spaces = f"--ip-address-space-overrides=127.0.0.1:{app}=public,127.0.0.1:{store}=local"
    with launched(playwright, [spaces]) as browser:
        yield browser


def test_enrolment_fails_loudly_without_the_permission_and_works_with_it(
    street: Street, asking_chromium: Browser
) -> None:
    context = asking_chromium.new_context(viewport=PHONE, locale="en-GB")
    pos = Pos(context.new_page())
    pos.page.goto(street.invite(2))
    pos.page.get_by_test_id("enrol").click()
    said = pos.page.locator(".alert[role=alert]")
    expect(said).to_contain_text("The browser does not let this page reach the local network", timeout=SLOW)
    expect(said).to_contain_text('Allow "Local network access" for this page in the site settings and try again.')
    expect(pos.page.locator("[name=code]")).not_to_have_value("")  # it has not been used up

    context.grant_permissions(["local-network-access"], origin=street.app_url)
    pos.page.get_by_test_id("enrol").click()
    expect(pos.page.locator("[name=staff]")).to_be_visible(timeout=SLOW)
    pos.speak_english()
    pos.sign_in("101")
    article = shelf(street.articles)[0]
    pos.await_prices(article.receipt_text)
    pos.scan(article.barcode)
    pos.pay_cash()
    expect(pos.network).to_have_text("online", timeout=SLOW)  # sent, and acknowledged
