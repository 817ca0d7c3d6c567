"""What pages must do in a real browser: by keyboard, on a phone, in the dark, and when the live line is cut."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect

from butik.simulator.demo.processes import clean_environment
from tests.journey.conftest import PHONE, OpenBrowser
from tests.journey.pages import sign_in
from tests.journey.walk import walk
from tests.support.street import ALICE, BOB, CHAIN, PASSWORD, SHOP, STORE, Street

pytestmark = pytest.mark.browser

FORGOTTEN = "/accounts/password/reset/"
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("service", [STORE, CHAIN])
def test_every_page_fits_a_phone_and_is_danish(street: Street, open_browser: OpenBrowser, service: str) -> None:
    """Whatever a link leads to. What the content security policy refuses, the fixture sees."""
    url, email = {STORE: (street.store_url, BOB), CHAIN: (street.chain_url, ALICE)}[service]
    page = open_browser(PHONE, locale="da-DK").new_page()
    sign_in_on_a_phone(page, url, email)
    found = walk(page, url, "/", "/errors/", "/audit-log/", "/accounts/2fa/", "/accounts/password/change/", FORGOTTEN)
    assert {route: faults for route, faults in found.items() if faults} == {}
    assert len(found) > 15


def sign_in_on_a_phone(page: Page, url: str, email: str) -> None:
    page.goto(url)
    assert page.evaluate(TOO_WIDE) == 0
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Menu")).to_be_visible()


def test_the_keyboard_is_enough(bob: Page) -> None:
    """Past the ribbon, to the filter with `/`, down to a row, and what a hover would open."""
    bob.keyboard.press("Tab")
    skip = bob.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    bob.keyboard.press("Enter")
    expect(bob.locator("main")).to_be_focused()
    bob.get_by_role("link", name="Shop assistants").click()
    expect(bob.get_by_role("heading", level=1)).to_contain_text("here")
    bob.keyboard.press("/")
    expect(bob.get_by_label("Name or number")).to_be_focused()
    bob.keyboard.type("101")
    bob.keyboard.press("Enter")
    expect(bob).to_have_url(re.compile(r"\?q=101$"))
    expect(bob.get_by_role("row")).to_have_count(2)


def test_light_and_dark_follow_the_system_until_somebody_chooses(street: Street, open_browser: OpenBrowser) -> None:
    page = open_browser(color_scheme="dark").new_page()
    page.goto(street.store_url)
    theme = page.locator("html")
    expect(theme).to_have_attribute("data-bs-theme", "dark")
    page.emulate_media(color_scheme="light")
    expect(theme).to_have_attribute("data-bs-theme", "light")
    page.get_by_role("button", name="Dark").click()
    page.reload()
    expect(theme).to_have_attribute("data-bs-theme", "dark")
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")


def test_what_is_not_heard_from_turns_grey_by_itself(street: Street, open_browser: OpenBrowser) -> None:
    """The page's clock runs two minutes ahead, and the line is cut: no server says anything, the green goes."""
    page = open_browser().new_page()
    page.clock.install()
    page.route("**/live/events*", lambda route: route.abort())
    sign_in(page, street.chain_url, ALICE)
    state = page.get_by_role("row", name=SHOP.name).locator(".state").first
    expect(page.locator("[data-stream-state=cut]")).to_be_visible()  # the page's own script runs
    expect(state).not_to_have_class(re.compile("unknown"))
    page.clock.fast_forward("02:00")
    expect(state).to_have_class(re.compile("state-unknown"))
    expect(state).to_contain_text("Not heard from")
    expect(page.get_by_role("row", name=SHOP.name).get_by_role("cell").last).to_contain_text("2 min ago")


def test_a_cut_line_is_said_and_mended_without_polling(street: Street, open_browser: OpenBrowser) -> None:
    page = open_browser().new_page()
    asked: list[str] = []
    sign_in(page, street.chain_url, ALICE)
    expect(page.locator("[data-stream-state=open]")).to_be_visible()
    page.on("request", lambda request: asked.extend(_fragments(request)))
    street.stop(CHAIN)
    expect(page.get_by_text("The live line is cut")).to_be_visible()
    page.wait_for_timeout(2_000)
    assert asked == []
    street.launch_service(CHAIN)
    street.await_health(CHAIN)
    expect(page.locator("[data-stream-state=open]")).to_be_visible(timeout=30_000)


def test_a_line_on_which_nothing_comes_is_not_called_live(street: Street, open_browser: OpenBrowser) -> None:
    """The connection stands, as behind a router that forgot it; only the pings are missing."""
    page = open_browser().new_page()
    page.clock.install()
    sign_in(page, street.chain_url, ALICE)
    expect(page.locator("[data-stream-state=open]")).to_be_visible()
    page.clock.fast_forward("00:12")
    expect(page.locator("[data-stream-state=cut]")).to_be_visible()
    page.clock.fast_forward("00:02")
    expect(page.locator("[data-stream-state=open]")).to_be_visible()


def _fragments(request: Request) -> list[str]:
    return [] if "/live/" in request.url else [request.url]


def test_a_passkey_signs_in(street: Street, open_browser: OpenBrowser, tmp_path: Path) -> None:
    """Of somebody who was given access for it; the authenticator is virtual, as of a phone that knows its owner."""
    page = sign_in(open_browser().new_page(), street.store_url, given_access(street, tmp_path))
    line = page.context.new_cdp_session(page)
    line.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    line.send("WebAuthn.addVirtualAuthenticator", {"options": kind | {"isUserVerified": True}})
    page.goto(f"{street.store_url}/accounts/2fa/webauthn/add/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("Security key added.")).to_be_visible()
    page.get_by_role("button", name="Pernille").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("button", name="Pernille")).to_be_visible()


def given_access(street: Street, folder: Path) -> str:
    """By the command, as an IT person does it."""
    password = folder / "password"
    password.write_text(PASSWORD)
    who = ["pernille@example.com", "--name", "Pernille", "--level", "STORE_MANAGER", "--store", str(SHOP.number)]
    subprocess.run(
        [sys.executable, "-m", "butik", "create_person", *who, "--password-file", str(password)],
        env=clean_environment() | street.plan.environment(STORE),
        check=True,
    )
    return "pernille@example.com"
