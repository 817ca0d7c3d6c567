"""The journey of an emergency, through the pages: proven last night, switched, sold on, rebuilt, home to the øre.

Every service is a process of its own. The controller is really gone: its folder is deleted and a new service joins.
"""

import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from butik.simulator.demo.hand import Hand
from butik.simulator.demo.people import APPROVERS, managers
from butik.simulator.demo.plan import CHAIN_NAME
from butik.simulator.demo.second_factor import code_at, make_secret
from tests.journey.conftest import PHONE, OpenBrowser
from tests.journey.pages import amount, make_code, sign_in
from tests.journey.test_accessibility import AXE, look
from tests.journey.walk import walk
from tests.support.emergency_cloud import EmergencyCloud, emergency_cloud
from tests.support.pos_page import SLOW, Pos
from tests.support.street import ALICE, BOB, PASSWORD, SHOP, STORE, Street, running_street, shelf

pytestmark = pytest.mark.browser
Picture = Callable[[Page, str], None]


@pytest.fixture
def cloud() -> Iterator[EmergencyCloud]:
    """A street of its own: its store's controller is going to be destroyed."""
    with tempfile.TemporaryDirectory(prefix="butik-worst-day-", ignore_cleanup_errors=True) as folder:
        with running_street(Path(folder)) as street, emergency_cloud(street) as made:
            yield made


def test_an_emergency_is_survived(cloud: EmergencyCloud, open_browser: OpenBrowser, picture: Picture) -> None:
    street = cloud.street
    bob = sign_in(open_browser().new_page(), street.store_url, BOB)
    alice = sign_in(open_browser().new_page(), street.chain_url, ALICE)
    vera, nils = open_activation_site(cloud, open_browser().new_page(), open_browser().new_page())
    pos = open_till(street, open_browser)
    normal = sell(pos, street, series="N1")

    back_up_now(bob, picture)
    expect_ready(alice, vera, picture)
    activate(cloud, vera, nils, picture)
    sold = [sell(pos, street, series="E1"), sell(pos, street, series="E1", counter=2)]
    expect(vera.get_by_test_id("emergency-stores")).to_contain_text(amount(sum(sold)), timeout=SLOW)
    phone = open_browser(PHONE, locale="da-DK", storage_state=vera.context.storage_state()).new_page()
    assert {route: faults for route, faults in walk(phone, cloud.url, "/").items() if faults} == {}

    rebuild_controller(cloud, alice)
    bob = sign_in(open_browser().new_page(), street.store_url, BOB)
    recover(bob, recovery_key(vera, picture), pos, picture)
    picture(vera, "emergency-vera-recovered")
    expect(vera.get_by_test_id("first-line")).to_contain_text("Recovered", timeout=SLOW)
    expect(vera.get_by_test_id("gap")).to_contain_text("Nothing was sold")

    pos.enrol(make_code(bob, street, pos=2), "Phone", english=False)
    expect(pos.page.get_by_test_id("emergency")).to_have_count(0)
    pos.speak_english()
    pos.sign_in("101")
    pos.await_prices(shelf(street.articles)[0].receipt_text)
    back = sell(pos, street, series="N2")

    # the new controller has the emergency's sales and its own; the chain has them all
    bob.get_by_role("link", name="Receipts").click()
    for number in ("2-E1-000001", "2-E1-000002", "2-N2-000001"):
        expect(bob.get_by_role("link", name=f"{SHOP.number}-{number}")).to_be_visible()
    alice.get_by_role("link", name="Dashboard").click()
    figure = alice.get_by_role("row", name=SHOP.name).locator("[data-figure]")
    expect(figure).to_have_text(amount(normal + sum(sold) + back), timeout=SLOW)


def open_activation_site(cloud: EmergencyCloud, *pages: Page) -> list[Page]:
    """Two persons with sign-ins of their own: nobody of the chain can sign in here. Password, then six digits."""
    secrets = {each.email: make_secret() for each in APPROVERS}
    hand = Hand(cloud.processes, "emergency", cloud.street.plan.environment("emergency"), cloud.folder)
    hand.do("hire_approvers", passwords=dict.fromkeys(secrets, PASSWORD), second_factors=secrets)
    hand.let_go()
    pages[0].goto(cloud.url)
    pages[0].locator("input[name=login]").fill(ALICE)
    pages[0].locator("input[name=password]").fill(PASSWORD)
    pages[0].keyboard.press("Enter")
    expect(pages[0].locator("input[name=login]")).to_be_visible()  # a chain's administrator is a stranger here
    for page, (email, secret) in zip(pages, secrets.items(), strict=True):
        page.goto(cloud.url)
        page.locator("input[name=login]").fill(email)
        page.locator("input[name=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator("input[name=code]")).to_be_visible()
        page.locator("input[name=code]").fill(code_at(secret, time.time()))
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name="Board")).to_be_visible()
    return list(pages)


def open_till(street: Street, open_browser: OpenBrowser) -> Pos:
    pos = Pos(open_browser(PHONE).new_page())
    pos.enrol(street.invite(2), "Phone")
    pos.sign_in("101")
    pos.await_prices(shelf(street.articles)[0].receipt_text)
    return pos


def sell(pos: Pos, street: Street, *, series: str, counter: int = 1) -> int:
    """One article for cash; return its price."""
    article = shelf(street.articles)[counter]
    pos.scan(article.barcode)
    assert pos.pay_cash() == f"{SHOP.number}-2-{series}-{counter:06d}"
    pos.new_sale()
    return article.price


def back_up_now(bob: Page, picture: Picture) -> None:
    """On demand, while the store sells. Its proof comes later; last night's is shown."""
    bob.get_by_role("link", name="Emergency", exact=True).click()
    expect(bob.get_by_role("heading", level=1)).to_contain_text("could sell tonight")
    bob.get_by_role("button", name="Back up now").click()
    expect(bob.get_by_role("row").filter(has_text="On demand")).to_have_count(2, timeout=SLOW)
    expect(bob.get_by_text(re.compile("proof (comes|is asked)")).first).to_be_visible(timeout=SLOW)
    bob.evaluate(AXE)
    assert look(bob) == {}
    picture(bob, "emergency-bob-backups")


def expect_ready(alice: Page, vera: Page, picture: Picture) -> None:
    """The chain's page and the cloud's board say the same, each by its own clock."""
    alice.get_by_role("link", name="Emergency readiness").click()
    row = alice.get_by_role("row", name=SHOP.name)
    expect(row).to_contain_text("Could sell tonight", timeout=SLOW)
    alice.evaluate(AXE)
    assert look(alice) == {}
    picture(alice, "emergency-alice-readiness")
    vera.get_by_role("link", name="Board").click()
    expect(vera.get_by_role("row", name=SHOP.name)).to_contain_text("Could sell")
    vera.evaluate(AXE)
    assert look(vera) == {}


def activate(cloud: EmergencyCloud, vera: Page, nils: Page, picture: Picture) -> None:
    """Chain, the chain's name, Activate, date, ask; the second person confirms, and the countdown ends."""
    vera.get_by_role("link", name="Chain", exact=True).click()
    vera.get_by_role("link", name=CHAIN_NAME).click()
    vera.get_by_role("link", name="Activate Emergency POS").click()
    vera.get_by_role("button", name="Show what each store would get").click()
    expect(vera.get_by_test_id(f"preview-{SHOP.number}")).to_contain_text("Exact")
    expect(vera.get_by_test_id(f"preview-{SHOP.number}")).to_have_attribute("data-choice", "EXACT")
    without = vera.get_by_label("I accept that stores without a backup cannot sell")
    without.check()  # the chain's two other stores were never prepared
    vera.evaluate(AXE)
    assert look(vera) == {}
    picture(vera, "emergency-vera-preview")
    vera.get_by_label(f"Type {CHAIN_NAME} to confirm").fill(CHAIN_NAME)
    vera.get_by_test_id("activate").click()
    expect(vera.get_by_test_id("request")).to_have_attribute("data-state", "ASKED")
    nils.get_by_role("link", name="Board").click()
    nils.get_by_test_id("pending").get_by_role("link", name="Look at it").click()
    nils.get_by_label("I accept that stores without a backup cannot sell").check()
    nils.evaluate(AXE)
    assert look(nils) == {}
    picture(nils, "emergency-nils-asked")
    nils.get_by_label(f"Type {CHAIN_NAME} to confirm").fill(CHAIN_NAME)
    nils.get_by_test_id("confirm").click()
    expect(nils.get_by_test_id("cancel")).to_be_visible()
    expect(vera.get_by_test_id("cancel")).to_be_visible(timeout=SLOW)  # her page has heard of it
    vera.evaluate(AXE)
    assert look(vera) == {}
    picture(vera, "emergency-vera-countdown")
    cloud.act("hurry")  # nobody waits half a minute here; the worker's own clock is tested elsewhere
    expect(vera.get_by_test_id("emergency-stores")).to_be_visible(timeout=SLOW)  # her page has gone on to the chain's
    expect(vera.locator("body")).to_contain_text("EMERGENCY")
    vera.evaluate(AXE)
    assert look(vera) == {}
    picture(vera, "emergency-vera-active")


def rebuild_controller(cloud: EmergencyCloud, alice: Page) -> None:
    """The attacked controller is thrown away; a fresh one joins its chain with a code from the chain's page."""
    street = cloud.street
    street.stop(STORE)
    street.hands.pop(STORE).let_go()
    shutil.rmtree(street.folder / STORE)
    alice.get_by_role("link", name="Stores").click()
    alice.get_by_role("link", name=SHOP.name).click()
    alice.get_by_role("link", name="The store's service").click()
    alice.get_by_role("button", name="Show a code").click()
    code = alice.locator("#service-code").inner_text()
    hand = Hand(cloud.processes, STORE, street.plan.environment(STORE), street.folder / STORE)
    street.hands[STORE] = hand
    hand.do("found_service")
    hand.do("join", chain_url=street.chain_url, code=code)
    hand.do("hire_manager", number=SHOP.number, passwords={each.email: PASSWORD for each in managers()})
    street.launch_service(STORE)
    street.await_health(STORE)


def recovery_key(vera: Page, picture: Picture) -> str:
    vera.get_by_role("link", name=SHOP.name).first.click()
    vera.get_by_role("button", name="Issue a recovery key").click()
    key = vera.get_by_test_id("recovery-key").inner_text()
    picture(vera, "emergency-vera-key")
    vera.get_by_role("link", name=SHOP.name).click()
    return key


def recover(bob: Page, key: str, pos: Pos, picture: Picture) -> None:
    """Six steps on the store's own page."""
    bob.get_by_role("link", name="Emergency", exact=True).click()
    bob.get_by_role("link", name="Recovery").click()
    bob.get_by_label("Recovery key").fill(key)
    bob.get_by_role("button", name="Begin the recovery").click()
    expect(bob.get_by_text("All there was has come")).to_be_visible(timeout=SLOW)
    bob.evaluate(AXE)
    assert look(bob) == {}
    picture(bob, "emergency-bob-down")
    bob.get_by_role("button", name="Stop the devices").click()
    expect(pos.page.get_by_test_id("emergency")).to_contain_text("Selling pauses", timeout=SLOW)
    expect(bob.get_by_role("heading", level=1)).to_contain_text("All totals agree", timeout=2 * SLOW)
    picture(bob, "emergency-bob-agree")
    bob.get_by_role("button", name="Mark as recovered").click()
    expect(bob.get_by_role("heading", level=1)).to_contain_text("Recovered from emergency 1", timeout=SLOW)
    expect(bob.get_by_text("Last emergency sale")).to_be_visible()
    picture(bob, "emergency-bob-recovered")
    expect(pos.page.get_by_test_id("emergency")).to_contain_text("Connect this device again", timeout=SLOW)
