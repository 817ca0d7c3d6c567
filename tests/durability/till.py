"""A till that can be killed: a Chromium of its own process group on a profile that stays, with the POS app in it."""

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Error, Page, Playwright

from tests.support.chromium import FLAGS, chromium_path
from tests.support.pos_page import Pos
from tests.support.processes import Child, start

# Tells each receipt number the moment it stands on the screen, and how the journal is written.
WATCH = """
  const told = new Set();
  new MutationObserver(() => {
    const number = document.querySelector('[data-testid=receipt-number]')?.textContent;
    if (number && !told.has(number)) { told.add(number); window.receiptShown(number); }
  }).observe(document, { childList: true, subtree: true, characterData: true });
  const plain = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (names, mode, options) {
    const transaction = plain.call(this, names, mode, options);
    if (mode === 'readwrite' && [names].flat().includes('series')) window.seriesWritten(transaction.durability);
    return transaction;
  };
"""
READ = """() => new Promise((done, fail) => {
  const request = indexedDB.open('butik');
  request.onerror = () => fail(request.error);
  request.onsuccess = () => {
    const database = request.result;
    const transaction = database.transaction(['journal', 'series', 'device']);
    const all = (name) => transaction.objectStore(name).getAll();
    const [journal, series, device] = ['journal', 'series', 'device'].map(all);
    transaction.oncomplete = () => {
      database.close();
      done(JSON.stringify({
        journal: journal.result, series: series.result, key: Array.from(device.result[0].key.publicKey),
      }));
    };
  };
})"""


@dataclass
class Till:
    """One device through all its lives."""

    profile: Path
    playwright: Playwright
    shown: list[str] = field(default_factory=list)
    durabilities: set[str] = field(default_factory=set)
    kill_at: int | None = None  # receipts that are shown before the plug is pulled, the very moment the last one is
    child: Child | None = None
    pos: Pos = field(init=False)

    def switch_on(self, url: str) -> Page:
        """Start Chromium on the same profile and open the app."""
        browser = self._start()
        context = browser.contexts[0]
        context.set_default_timeout(15_000)
        context.expose_binding("receiptShown", lambda _, number: self._hear(number))
        context.expose_binding("seriesWritten", lambda _, durability: self.durabilities.add(durability))
        context.add_init_script(WATCH)
        page = context.new_page()
        page.set_viewport_size({"width": 360, "height": 640})
        page.goto(url)
        self.pos = Pos(page)
        return page

    def pull_the_plug(self) -> None:
        if self.child:
            self.child.signal_group(signal.SIGKILL)

    @property
    def is_on(self) -> bool:
        return self.child is not None and self.child.is_running

    def sign_in_again(self, number: str) -> bool:
        """Who was cut off between payment and receipt stands at the payment, and finishes the sale. True if so."""
        self.pos.sign_in(number, to="sale|pay")
        paid = self.pos.page.get_by_role("button", name="Finish the sale")
        if not paid.is_visible():
            return False
        paid.click()
        self.pos.page.get_by_test_id("receipt-number").wait_for()
        return True

    def sell_until_killed(self, barcode: str) -> None:
        """Sell as fast as the screen lets us. Ends when the browser is gone."""
        try:
            while True:
                self.pos.scan(barcode)
                self.pos.page.get_by_test_id("main").click()
                self.pos.page.get_by_test_id("cash").click()
                self.pos.page.get_by_test_id("receipt-number").wait_for()
                self.pos.page.get_by_test_id("main").click()
        except Error:
            if self.child:
                self.child.process.wait(5)  # anything but our own plug is an error of the test
        self.await_end()

    def await_end(self) -> None:
        """The profile is free when the last of its processes is gone."""
        if self.child:
            self.child.kill()
        self.child = None

    def read_database(self) -> dict[str, Any]:
        """All that the device holds, as its own browser reads it."""
        held: dict[str, Any] = json.loads(self.pos.page.evaluate(READ))
        return held

    def _hear(self, number: str) -> None:
        self.shown.append(number)
        if self.kill_at is not None and len(self.shown) >= self.kill_at:
            self.pull_the_plug()

    def _start(self) -> Browser:
        self.profile.mkdir(exist_ok=True)
        port_file = self.profile / "DevToolsActivePort"
        port_file.unlink(missing_ok=True)
        self.child = start(
            [
                chromium_path(),
                *FLAGS,
                "--headless=new",
                "--remote-debugging-port=0",
                f"--user-data-dir={self.profile}",
                "about:blank",
            ],
            log=self.profile.with_suffix(".log"),
            when_parent_dies="KILL",
        )
        deadline = time.monotonic() + 30
        while not (port_file.exists() and port_file.read_text().count("\n")):
            assert self.child.is_running, self.child.tail()
            assert time.monotonic() < deadline, self.child.tail()
            time.sleep(0.02)
        port = port_file.read_text().splitlines()[0]
        return self.playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")


@contextmanager
def killable_till(profile: Path, playwright: Playwright) -> Iterator[Till]:
    till = Till(profile, playwright)
    try:
        yield till
    finally:
        with suppress(Error):
            till.await_end()
