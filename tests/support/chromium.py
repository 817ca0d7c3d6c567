"""Debian's Chromium, driven by Playwright. Playwright's own browsers are never downloaded.

with browser_context() as context:
    page = context.new_page()
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Playwright, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
# No sandbox as root; and without the rest Chromium calls home at every start.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium_path() -> Path:
    """Find Chromium, or fail saying how to get it: a browser test is never silently skipped."""
    if not CHROMIUM.exists():
        raise RuntimeError(f"{CHROMIUM} is missing. On Debian: apt-get install chromium fonts-liberation")
    return CHROMIUM


@contextmanager
def running_chromium(arguments: Sequence[str] = ()) -> Iterator[Browser]:
    """One browser for many contexts; each context starts empty, as a new device would."""
    with sync_playwright() as playwright, launched(playwright, arguments) as browser:
        yield browser


@contextmanager
def launched(playwright: Playwright, arguments: Sequence[str] = ()) -> Iterator[Browser]:
    """One more browser of a Playwright that runs already: a thread can have only one of those."""
    browser = playwright.chromium.launch(executable_path=chromium_path(), args=[*FLAGS, *arguments])
    try:
        yield browser
    finally:
        browser.close()


@contextmanager
def browser_context(
    *, profile: Path | None = None, arguments: Sequence[str] = (), **options: Any
) -> Iterator[BrowserContext]:
    """A browser with one persistent context, so that its databases and service workers behave as on a device.

    Give the same `profile` folder again to start the same device again; without one it is new and thrown away.
    """
    with (
        tempfile.TemporaryDirectory(prefix="butik-chromium-", ignore_cleanup_errors=True) as empty,
        sync_playwright() as playwright,
    ):
        context = playwright.chromium.launch_persistent_context(
            profile or empty, executable_path=chromium_path(), args=[*FLAGS, *arguments], **options
        )
        try:
            yield context
        finally:
            context.close()
