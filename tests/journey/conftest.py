"""Browsers on the street. Each context is somebody's own browser: its cookies, its databases, its network."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.journey.pages import sign_in
from tests.support.chromium import launched
from tests.support.pos_page import Pos
from tests.support.street import ALICE, BOB, Street, shelf

PHONE = ViewportSize(width=360, height=640)
LAPTOP = ViewportSize(width=1366, height=768)
OpenBrowser = Callable[..., BrowserContext]
OpenTill = Callable[..., Pos]


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """Ended with the package: while it runs, Django refuses its database to the tests of this thread."""
    expect.set_options(timeout=10_000)
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="package")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    with launched(playwright) as browser:
        yield browser


@pytest.fixture
def open_browser(chromium: Browser) -> Iterator[OpenBrowser]:
    """Open a browser of somebody's own, closed when the test is done. What its pages complain of fails the test."""
    opened: list[BrowserContext] = []
    complaints: list[str] = []

    def open_one(size: ViewportSize = LAPTOP, *, locale: str = "en-GB", **options: Any) -> BrowserContext:
        context = chromium.new_context(viewport=size, locale=locale, timezone_id="Europe/Copenhagen", **options)
        context.set_default_timeout(15_000)
        context.on("console", lambda message: complaints.extend(_complaint(message)))
        context.on("weberror", lambda error: complaints.append(f"{error.page and error.page.url}: {error.error}"))
        opened.append(context)
        return context

    yield open_one
    for context in opened:
        context.close()
    assert complaints == []


def _complaint(message: ConsoleMessage) -> list[str]:
    """Errors, and whatever a content security policy has refused. A cut line and a device that is told no are none."""
    url = message.location.get("url", "")
    is_answer = "Failed to load resource" in message.text and (
        "net::ERR_" in message.text or "/pos" in url or "/live/" in url
    )
    # A front door that answers for a dead store knows nothing of whom the store lets in.
    is_answer |= "CORS" in message.text and ("/api/pos/" in message.text or "/live/pos" in message.text)
    if message.type not in {"error", "warning"} or is_answer:
        return []
    return [f"{url}: {message.text}"]


@pytest.fixture
def alice(street: Street, open_browser: OpenBrowser) -> Page:
    """The chain's administrator, signed in at the chain."""
    return sign_in(open_browser().new_page(), street.chain_url, ALICE)


@pytest.fixture
def bob(street: Street, open_browser: OpenBrowser) -> Page:
    """The store's manager, signed in at the store."""
    return sign_in(open_browser().new_page(), street.store_url, BOB)


@pytest.fixture
def open_till(street: Street, open_browser: OpenBrowser) -> OpenTill:
    """A newly enrolled device with somebody signed in, prices and all."""

    def open_one(
        size: ViewportSize = PHONE, *, staff: str = "101", name: str = "A till", english: bool = True, **options: Any
    ) -> Pos:
        pos = Pos(open_browser(size, **options).new_page())
        pos.enrol(street.invite(2), name, english=english)
        pos.sign_in(staff)
        if english:
            pos.await_prices(shelf(street.articles)[0].receipt_text)
        return pos

    return open_one


@pytest.fixture
def picture(tmp_path: Path) -> Callable[[Page, str], None]:
    """Keep a picture of a page in BUTIK_PICTURES, for people to look at; nothing where that is not set."""
    folder = os.environ.get("BUTIK_PICTURES")

    def take(page: Page, name: str) -> None:
        if folder:
            page.screenshot(path=Path(folder) / f"{name}.png")

    return take
