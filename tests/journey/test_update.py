"""An update of the app across two versions of its database, while sales wait for their line."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.durability.proof import check_store
from tests.journey.conftest import PHONE, OpenBrowser
from tests.support.app_build import Edit, build_app
from tests.support.pos_page import SLOW, Pos
from tests.support.street import STORE, Street, shelf

pytestmark = pytest.mark.browser

# Two releases later: the database has taken two more steps.
NEXT: list[Edit] = [
    ("src/store/schema.ts", "export const VERSION = 3;", "export const VERSION = 5;"),
    (
        "src/store/schema.ts",
        "database.createObjectStore('emergency', { keyPath: 'id' });\n  },\n",
        """database.createObjectStore('emergency', { keyPath: 'id' });
  },
  (_, transaction) => {
    transaction.objectStore('journal').createIndex('kind', 'kind');
  },
  (database) => {
    database.createObjectStore('notes' as 'settings');
  },
""",
    ),
    ("package.json", '"version": "0.1.0"', '"version": "0.3.0"'),
]


def test_unsent_sales_survive_two_schema_versions_and_leave(
    street: Street, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    article = shelf(street.articles)[0]
    pos = Pos(open_browser(PHONE).new_page())
    pos.enrol(street.invite(2), "Updated phone")
    pos.sign_in("103")
    pos.await_prices(article.receipt_text)
    street.stop(STORE)
    try:
        numbers = []
        for _ in range(2):
            pos.scan(article.barcode)
            numbers.append(pos.pay_cash())
            pos.new_sale()
        expect(pos.network).to_have_text("offline, 2 sales wait")
        pos.scan(article.barcode)
        street.serve_app_from(build_app(tmp_path, NEXT))
        pos.page.evaluate("navigator.serviceWorker.getRegistration().then((it) => it.update()).then(() => true)")

        pos.menu("Settings")
        expect(pos.page.get_by_text("it is taken when this sale is done")).to_be_visible()
        pos.back()
        numbers.append(pos.pay_cash())
        pos.new_sale()
        # Nobody is signed in: now it is taken, by itself. Chromium may first wait until the old worker is idle.
        with pos.page.expect_navigation(timeout=45_000):
            pos.menu("Sign out")

        pos.page.get_by_role("button", name="Settings").click()
        expect(pos.page.get_by_text("0.3.0")).to_be_visible()
        pos.back()
        pos.page.get_by_role("button", name="Unsent sales").click()
        expect(pos.page.get_by_test_id("unsent-sale")).to_contain_text(numbers)
        pos.back()
        street.launch_service(STORE)
        street.await_health(STORE)
        pos.sign_in("103")
        expect(pos.network).to_have_text("online", timeout=SLOW)
        check_store(street.store_database(), numbers)
    finally:
        street.stop(STORE)
        street.launch_service(STORE)
        street.await_health(STORE)
        # last: the app would offer these files as its next update
        street.serve_app_from(street.app_files)
