"""The POS app as an assistant uses it: by what stands on the screen, the scanner's keys and the keypad."""

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from tests.support.street import PINS

SLOW = 20_000  # milliseconds: what comes over the line comes when it comes
WEDGE = """(keys) => {
  const target = document.activeElement ?? document.body;
  for (const key of keys) {
    for (const type of ['keydown', 'keyup']) {
      target.dispatchEvent(new KeyboardEvent(type, { key, bubbles: true, cancelable: true, composed: true }));
    }
  }
}"""


@dataclass
class Pos:
    page: Page

    def enrol(self, invitation: str, name: str, *, english: bool = True) -> None:
        """Open the address of a QR code and connect. A new device speaks its store's language."""
        self.page.goto(invitation)
        self.page.locator("[name=name]").fill(name)
        self.page.get_by_test_id("enrol").click()
        expect(self.page.locator("[name=staff]")).to_be_visible(timeout=SLOW)
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        if english:
            self.speak_english()

    def speak_english(self) -> None:
        self.page.get_by_role("button", name="Indstillinger").click()
        self.page.get_by_role("radio", name="English").check()
        self.back()

    def restart(self) -> None:
        """Close the app and open it again, as after a flat battery."""
        url, context = self.page.url, self.page.context
        self.page.close()
        self.page = context.new_page()
        self.page.goto(url)

    def sign_in(self, number: str, pin: str = "", *, to: str = "sale") -> None:
        """Keys as on a keypad: staff ID, Enter, PIN, Enter. Waits until the list of staff has come."""
        expect(self.page.locator(".sign-in .notice")).to_have_count(0, timeout=SLOW)
        self.page.locator("[name=staff]").fill(number)
        self.page.keyboard.press("Enter")
        self.page.locator("[name=pin]").fill(pin or PINS[number])
        self.page.keyboard.press("Enter")
        expect(self.page.get_by_test_id(re.compile(f"^({to})-screen$"))).to_be_visible()

    def await_prices(self, text: str) -> None:
        """Until the price file knows an article by its words."""
        self.page.get_by_role("button", name="Search", exact=True).click()
        self.page.get_by_role("searchbox").fill(text)
        expect(self.page.get_by_test_id("hit").first).to_be_visible(timeout=SLOW)
        self.page.get_by_role("button", name="Close").click()

    def scan(self, code: str) -> None:
        """A keyboard wedge: digits faster than a hand, then Enter, however busy the machine is that runs the test."""
        self.page.evaluate(WEDGE, [*code, "Enter"])

    def keys(self, typed: str, delay: float = 0) -> None:
        """By hand, on the keyboard."""
        self.page.keyboard.type(typed, delay=delay)

    def clear(self) -> None:
        self.page.get_by_role("button", name="Clear").click()

    def find(self, words: str) -> None:
        """Search by text, and take the first article."""
        self.page.get_by_role("button", name="Search", exact=True).click()
        self.page.get_by_role("searchbox").fill(words)
        self.page.get_by_test_id("hit").first.click()

    def delete(self, text: str) -> None:
        self.lines.filter(has_text=text).click()
        self.page.get_by_role("button", name="Delete line").click()

    @property
    def lines(self) -> Locator:
        return self.page.get_by_test_id("journal-line")

    @property
    def trouble(self) -> Locator:
        return self.page.get_by_test_id("trouble")

    def dialog(self, title: str) -> Locator:
        return self.page.get_by_role("dialog", name=title)

    @property
    def total(self) -> Locator:
        return self.page.get_by_test_id("total")

    @property
    def network(self) -> Locator:
        return self.page.get_by_test_id("network")

    @property
    def receipt(self) -> Locator:
        return self.page.get_by_test_id("receipt")

    def to_payment(self) -> None:
        self.page.get_by_test_id("main").click()
        expect(self.page.get_by_test_id("pay-screen")).to_be_visible()

    def pay_cash(self) -> str:
        """Exactly what is asked for. Return the receipt's number, once it shows."""
        self.to_payment()
        self.page.get_by_test_id("cash").click()
        return self.receipt_number()

    def receipt_number(self) -> str:
        shown = self.page.get_by_test_id("receipt-number")
        expect(shown).to_be_visible()
        return shown.inner_text()

    def new_sale(self) -> None:
        self.page.get_by_test_id("main").click()
        expect(self.page.get_by_test_id("sale-screen")).to_be_visible()

    def menu(self, entry: str) -> None:
        self.page.get_by_role("button", name="Menu", exact=True).click()
        self.page.get_by_role("dialog").get_by_role("button", name=entry).click()

    def back(self) -> None:
        self.page.get_by_role("button", name="Back").click()
