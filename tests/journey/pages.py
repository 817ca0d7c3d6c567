"""What people do on the pages of a store and of a chain."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import segno
from playwright.sync_api import Page, expect

from butik.lib.signing import decode, encode
from tests.support.street import ALICE, PASSWORD, SHOP, Street

AT_ONCE = 2_000  # milliseconds from the receipt to the chain's figure


def amount(minor: int) -> str:
    """As people read it in English, on pages and at the POS."""
    return f"{minor / 100:,.2f}"


def sign_in(page: Page, url: str, email: str) -> Page:
    page.goto(url)
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=email.partition("@")[0].capitalize())).to_be_visible()
    return page


@dataclass(frozen=True)
class Portal:
    """The chain's dashboard, open since before the first sale and never loaded again."""

    page: Page
    street: Street

    def __post_init__(self) -> None:
        sign_in(self.page, self.street.chain_url, ALICE)
        expect(self.page.locator("[data-stream-state=open]")).to_be_visible()

    @contextmanager
    def sees(self, more: int) -> Iterator[None]:
        """Within two seconds of what happens in the block, the store's revenue has grown by `more`, and is fresh."""
        row = self.page.get_by_role("row", name=SHOP.name)
        figure = row.locator("[data-figure]")
        before = round(float(figure.inner_text().replace(",", "")) * 100)
        yield
        expect(figure).to_have_text(amount(before + more), timeout=AT_ONCE)
        expect(row.get_by_role("cell").last).to_have_text(re.compile("just now|[0-9]+ s"))


def hire_assistant(page: Page, number: str, pin: str, *, name: str) -> None:
    """At the store, by its manager."""
    page.get_by_role("link", name="Shop assistants").click()
    page.get_by_role("link", name="Add shop assistant").click()
    page.get_by_label("Number").fill(number)
    page.get_by_label("Name").fill(name)
    page.get_by_label("PIN", exact=True).fill(pin)
    page.get_by_label("PIN again").fill(pin)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row", name=name)).to_contain_text("Can sign in")


def make_code(page: Page, street: Street, *, pos: int) -> str:
    """Make a code for a device at the store; return the address that its picture holds, as a camera would."""
    before, _, sealed = street.invite(pos).partition("=")
    page.get_by_role("link", name="POSs").click()
    page.get_by_role("button", name="Enrol a device").nth(pos - 1).click()
    code = page.locator("#enrolment-code").inner_text()
    address = f"{before}={encode(json.dumps(json.loads(decode(sealed)) | {'c': code}, separators=(',', ':')).encode())}"
    drawn = segno.make(address, error="m").svg_data_uri(scale=4, border=2)
    expect(page.locator("img.qr")).to_have_attribute("src", drawn)
    return address


def import_file(street: Street, path: Path) -> None:
    """From the terminal of the chain's service."""
    said = street.hands["chain"].do("import_articles", path=str(path), options=[])
    assert "Applied" in said
