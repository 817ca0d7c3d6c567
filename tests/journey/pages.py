"""What people do on the pages of a store and of a chain."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import segno
from playwright.sync_api import Page, expect

from butik.lib.signing import decode, encode
from tests.support.pos_page import SLOW
from tests.support.street import ALICE, PASSWORD, SHOP, Street

AT_ONCE = 2.0  # seconds from the receipt to the chain's figure


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


@dataclass
class Portal:
    """The chain's dashboard, open since before the first sale and never loaded again."""

    page: Page
    street: Street
    delays: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        sign_in(self.page, self.street.chain_url, ALICE)
        expect(self.page.locator("[data-stream-state=open]")).to_be_visible()

    @contextmanager
    def sees(self, more: int) -> Iterator[None]:
        """What happens in the block makes the store's revenue grow by `more`, and its row says that it is fresh."""
        row = self.page.get_by_role("row", name=SHOP.name)
        figure = row.locator("[data-figure]")
        before = round(float(figure.inner_text().replace(",", "")) * 100)
        yield
        began = time.monotonic()
        expect(figure).to_have_text(amount(before + more), timeout=SLOW)
        self.delays.append(time.monotonic() - began)
        expect(row.get_by_role("cell").last).to_have_text(re.compile("just now|[0-9]+ s"))

    def has_seen_at_once(self) -> bool:
        """Half of the sales at least; another program on a test's machine may hold up a few."""
        return median(self.delays) < AT_ONCE


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


def import_file(page: Page, path: Path) -> Path:
    """Try a file out, take home what it refuses, and apply it. Return the file of refused rows."""
    _try_out(page, path)
    with page.expect_download() as download:
        page.get_by_role("link", name="Refused rows as CSV").click()
    _apply(page)
    return Path(download.value.path())


def import_changes(page: Page, path: Path) -> None:
    """Import a file that holds nothing but changes."""
    _try_out(page, path, "The file holds changes only")
    _apply(page)


def _try_out(page: Page, path: Path, *ticked: str) -> None:
    page.get_by_role("link", name="Articles").click()
    page.get_by_role("link", name="Imports").click()
    page.get_by_role("link", name="Import a file").click()
    page.get_by_label("CSV file").set_input_files(path)
    for label in ticked:
        page.get_by_label(label).check()
    page.get_by_role("button", name="Try it out").click()
    expect(page.get_by_role("heading", name="Tried out: nothing has been changed yet")).to_be_visible(timeout=SLOW)


def _apply(page: Page) -> None:
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("heading", name="Applied")).to_be_visible(timeout=SLOW)


def counts(page: Page) -> dict[str, str]:
    """What the page of an import counts."""
    rows = page.locator("#import-state table").first.get_by_role("row").all()
    return {row.get_by_role("rowheader").inner_text(): row.get_by_role("cell").inner_text() for row in rows}
