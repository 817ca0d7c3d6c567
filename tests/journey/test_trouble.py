"""What goes wrong in a shop, and what people then see: a lost phone, a stolen tablet, a PIN that somebody guesses."""

import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.durability.proof import check_store
from tests.journey.conftest import OpenBrowser, OpenTill
from tests.journey.pages import sign_in
from tests.support.pos_page import SLOW, Pos
from tests.support.street import ALICE, SHOP, Street, shelf

pytestmark = pytest.mark.browser


def sell_offline(pos: Pos, street: Street) -> str:
    pos.page.context.set_offline(True)
    pos.scan(shelf(street.articles)[0].barcode)
    number = pos.pay_cash()
    pos.new_sale()
    expect(pos.network).to_have_text("offline, 1 sale waits")
    return number


def disconnect(pos: Pos) -> None:
    pos.menu("Settings")
    pos.page.locator("[name=unpair]").fill("DISCONNECT")
    pos.page.get_by_role("button", name="Disconnect this device").click()


def test_a_lost_device_s_sales_come_in_by_another(street: Street, open_till: OpenTill, tmp_path: Path) -> None:
    """It may not be emptied while sales wait; they are saved to a file, which another device of the store brings in."""
    lost, other = open_till(name="Lost phone"), open_till(name="Other phone")
    number = sell_offline(lost, street)
    disconnect(lost)
    expect(lost.page.get_by_role("alert").filter(has_text="Not yet")).to_be_visible()
    lost.back()
    lost.menu("Unsent sales")
    with lost.page.expect_download() as download:
        lost.page.get_by_role("button", name="Save to a file").click()
    saved = tmp_path / download.value.suggested_filename
    download.value.save_as(saved)
    expect(lost.page.get_by_test_id("unsent-sale")).to_contain_text([number])  # it keeps them all the same
    lost.page.context.close()

    other.menu("Unsent sales")
    said = other.page.get_by_test_id("rescue-result")
    other.page.get_by_test_id("rescue-upload").set_input_files(saved)
    # what it had sent before stands in the file as well: the record that opened its series
    expect(said).to_have_text(re.compile(r"^1 booked, [1-9]\d* known already, 0 set aside\.$"))
    other.page.get_by_test_id("rescue-upload").set_input_files(saved)
    expect(said).to_have_text(re.compile(r"^0 booked, [1-9]\d* known already, 0 set aside\.$"))
    check_store(street.store_database(), [number])
    other.back()
    other.menu("Receipts")
    other.page.get_by_role("searchbox").fill(number)
    expect(other.page.get_by_test_id("receipt-row")).to_contain_text([number])


def test_a_device_is_disconnected_when_everything_has_left(street: Street, open_till: OpenTill, bob: Page) -> None:
    pos = open_till(name="Retired phone")
    pos.scan(shelf(street.articles)[0].barcode)
    pos.pay_cash()
    pos.new_sale()
    expect(pos.network).to_have_text("online", timeout=SLOW)
    disconnect(pos)
    expect(pos.page.get_by_role("heading", name="Connect this device to a store")).to_be_visible(timeout=SLOW)
    bob.get_by_role("link", name="POSs").click()
    expect(bob.get_by_role("row", name="Retired phone")).to_contain_text("Unpaired")


def test_a_revoked_device_s_sale_waits_for_a_person_and_both_error_logs_tell(
    street: Street, open_till: OpenTill, bob: Page, open_browser: OpenBrowser
) -> None:
    pos = open_till(name="Stolen tablet")
    sell_offline(pos, street)
    bob.get_by_role("link", name="POSs").click()
    bob.get_by_role("row", name="Stolen tablet").get_by_role("link", name="Revoke").click()
    bob.get_by_label("to confirm").fill("Stolen tablet")
    bob.get_by_role("button", name="Revoke").click()
    expect(bob.get_by_role("row", name="Stolen tablet")).to_contain_text("Revoked")

    pos.page.context.set_offline(False)
    expect(pos.network).to_have_text("blocked by the store", timeout=SLOW)
    pos.scan(shelf(street.articles)[0].barcode)
    expect(pos.trouble).to_contain_text("it may not sell")
    bob.get_by_role("link", name="Exceptions").click()
    bob.get_by_role("link", name="Quarantine").click()
    expect(bob.get_by_role("heading", level=1)).to_contain_text("for a person")
    bob.get_by_role("row").nth(1).get_by_role("link").click()
    expect(bob.get_by_text("What it says (believed by nobody yet)")).to_be_visible()

    bob.get_by_role("link", name="Error log").click()
    find_error(bob, "Quarantined")
    alice = sign_in(open_browser().new_page(), street.chain_url, ALICE)
    alice.get_by_role("link", name="Error log").click()
    find_error(alice, "Quarantined")
    expect(alice.get_by_role("row", name="Quarantined").filter(has_text=SHOP.name)).to_have_count(1)


def find_error(page: Page, word: str) -> None:
    """Search the error log until it has the word: a store tells its chain by and by."""
    page.locator("input[name=q]").fill(word)
    for _ in range(20):
        page.get_by_role("button", name="Search").click()
        if page.get_by_role("row", name=word).count():
            return
        page.wait_for_timeout(500)
    pytest.fail(f"the error log at {page.url} does not tell of {word}")


def test_ten_wrong_pins_block_an_assistant_until_a_manager_opens(
    street: Street, open_till: OpenTill, bob: Page
) -> None:
    pos = open_till(staff="103", name="Guessed at")
    pos.menu("Sign out")
    pos.page.locator("[name=staff]").fill("103")
    for left in range(9, -1, -1):
        pos.page.locator("[name=pin]").fill("0246")
        pos.page.keyboard.press("Enter")
        told = "blocked after ten" if not left else f"{left} tr" if left <= 5 else "Wrong staff ID or PIN"
        expect(pos.page.get_by_test_id("sign-in-error")).to_contain_text(told)
        expect(pos.page.locator("[name=pin]")).to_have_value("")
    bob.get_by_role("link", name="Shop assistants").click()
    wait_for_row(bob, "Signe", "Blocked")
    bob.get_by_role("link", name="Signe").click()
    bob.get_by_role("button", name="Unblock").click()
    bob.get_by_role("link", name="Shop assistants").click()
    wait_for_row(bob, "Signe", "Can sign in")
    pos.page.wait_for_timeout(1_000)
    pos.sign_in("103")


def wait_for_row(page: Page, name: str, told: str) -> None:
    for _ in range(20):
        if told in page.get_by_role("row", name=name).inner_text():
            return
        page.wait_for_timeout(500)
        page.reload()
    pytest.fail(f"{name} is not {told}")


def test_every_service_says_how_it_is(street: Street) -> None:
    for url, role in ((street.chain_url, "chain"), (street.store_url, "store")):
        answer = httpx.get(f"{url}/health", trust_env=False)
        assert answer.status_code == 200
        assert (answer.json()["service"], answer.json()["database"]) == (role, "ok")
    assert httpx.get(f"{street.app_url}/health", trust_env=False).text == "ok"
