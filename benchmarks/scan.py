"""From the scanner's Enter to the line in the document, as the app measures itself: 1,000 scans, 75,000 articles."""

from collections.abc import Iterator
from random import Random

from benchmarks.figures import Figure, percentile
from benchmarks.pos_app import ARTICLES, PIN, STAFF, enrolled_pos
from butik.simulator.catalogue import generate_catalogue

SCANS, A_SALE = 1000, 25
# A scanner's keys, as a keyboard wedge types them; the next code comes when the line stands there.
SCAN = """async (codes) => {
  for (const code of codes) {
    const before = performance.getEntriesByName('scan').length;
    for (const key of [...code, 'Enter']) {
      (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
    }
    for (let turn = 0; turn < 200 && performance.getEntriesByName('scan').length === before; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}"""
SCANNED = "performance.getEntriesByName('scan').map((each) => each.duration)"


def measure() -> Iterator[Figure]:
    goods = [
        each.barcode
        for each in generate_catalogue(ARTICLES)
        if each.unit == "PCS" and each.barcode and not each.linked_number and each.age_limit is None
    ]
    codes = Random(57).sample(goods, SCANS)
    with enrolled_pos() as (pos, _):
        pos.sign_in(STAFF, PIN)
        pos.await_prices("MINIMÆLK")
        for first in range(0, SCANS, A_SALE):
            pos.page.evaluate(SCAN, codes[first : first + A_SALE])
            pos.pay_cash()
            pos.new_sale()
        scans = [float(each) for each in pos.page.evaluate(SCANNED)]
    yield Figure("scan until the line is in the document, p99", percentile(scans, 0.99), 8, "ms")
    yield Figure("scans without a line", SCANS - len(scans), 0, "scans")
