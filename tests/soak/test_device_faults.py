"""Builds of the POS app with a fault in how they keep a sale: the device's durability test must find each."""

import random
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.durability.test_device import survive
from tests.support.app_build import Edit, build_app
from tests.support.figures import Figures
from tests.support.street import Street

pytestmark = [pytest.mark.soak, pytest.mark.browser]

JOURNAL = "src/store/journal.ts"
ADD = "void transaction.objectStore('journal').add({ id: sale.id"
TWICE = f"{ADD.replace('sale.id', '`${sale.id}-`')}, kind: 'SALE', document, hash, number }});"
FAULTS: dict[str, tuple[Edit, str]] = {  # and what the test says about it
    "the receipt shows before the sale is kept": (
        (
            JOURNAL,
            "export async function commitSale(",
            """type Kept = Parameters<typeof keepSale>;
export async function commitSale(...[database, device, sale, store]: Kept): Promise<Signed> {
  setTimeout(() => void keepSale(database, device, sale, store), 60);
  const document = await signDocument(device.key, 'butik-sale', sale);
  const number = receiptNumber(store, sale.pos, sale.label, sale.counter);
  return { document, hash: await documentHash(document), number };
}

async function keepSale(""",
        ),
        "lost",
    ),
    "every third sale is counted and not kept": ((JOURNAL, ADD, f"if (sale.counter % 3) {ADD}"), "chain broken"),
    "a sale is kept twice": ((JOURNAL, ADD, f"{TWICE}\n  {ADD}"), "chain broken"),
    "a power cut may take the sale back": (
        (JOURNAL, "const STRICT = { durability: 'strict' }", "const STRICT = { durability: 'relaxed' }"),
        "without strict durability",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_durability_test_turns_red(street: Street, tmp_path: Path, fault: str, figures: Figures) -> None:
    edit, told = FAULTS[fault]
    street.serve_app_from(build_app(tmp_path / "build", [edit]))
    try:
        with pytest.raises(AssertionError, match=told) as found, sync_playwright() as playwright:
            survive(street, tmp_path, playwright, deaths=8, chance=random.Random(57))
        figures(faults_found=len([found.value]))
    finally:
        street.serve_app_from(street.app_files)
