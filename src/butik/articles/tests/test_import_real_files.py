"""Published price files of a real chain: 15,700 articles, and a week of changes."""

import csv
import io
from collections.abc import Iterable
from typing import Any

import pytest
from tests.support.real_input import real_file, real_rows

from butik.articles.import_options import ImportOptions
from butik.articles.import_plan import make_plan
from butik.articles.models import Article, ArticleImport, ArticleVersion, Barcode
from butik.articles.tests.imports import counts, import_path, import_text
from butik.changes.models import FeedEntry, FeedHead
from butik.lib.barcodes import normalise_code
from butik.organisation.models import Chain

FULL = "il_prices_2026-08-10_full"
CHANGES = "il_prices_changes_2026-08-10_2026-08-16"
OURS = {"chain": "Shufersal"}
GIVEN: dict[str, Any] = {"filters": OURS, "constants": {"vat": "18"}}


@pytest.fixture
def shekel_chain(chain: Chain) -> Chain:
    Chain.objects.filter(pk=chain.pk).update(currency="ILS")
    chain.refresh_from_db()
    return chain


def as_sold(rows: Iterable[dict[str, str]]) -> dict[str, tuple[str, int, str]]:
    """What the published rows mean, read in the plainest way."""
    return {
        normalise_code(row["barcode"]): (
            " ".join(row["name"].split()),
            round(float(row["price"]) * 100),
            "KG" if row["weighable"] == "1" else "PCS",
        )
        for row in rows
    }


def as_stored(chain: Chain) -> dict[str, tuple[str, int, str]]:
    rows = Article.objects.filter(chain=chain).live().values_list("number", "name", "receipt_text", "price", "unit")
    return {number: (name or text, price, unit) for number, name, text, price, unit in rows}


def last_day() -> list[dict[str, str]]:
    """The whole file of the last day: the first day's with a week of changes done to it."""
    articles = {row["barcode"]: row for row in real_rows(FULL) if row["chain"] == "Shufersal"}
    for row in real_rows(CHANGES):
        if row["chain"] == "Shufersal" and row["op"] == "del":
            del articles[row["barcode"]]
        elif row["chain"] == "Shufersal":
            articles[row["barcode"]] = row
    return list(articles.values())


def as_csv(rows: list[dict[str, str]]) -> str:
    out = io.StringIO()
    columns = [name for name in rows[0] if name not in {"date", "op"}]
    writer = csv.DictWriter(out, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def test_a_real_file_and_a_week_of_changes_come_to_the_same_as_the_last_day_s_file(shekel_chain: Chain) -> None:
    full = import_path(shekel_chain, real_file(FULL), **GIVEN)
    assert (full.state, full.told, counts(full)) == (ArticleImport.State.APPLIED, "", (15_700, 0, 0, 0, 0))
    assert as_stored(shekel_chain) == as_sold(row for row in real_rows(FULL) if row["chain"] == "Shufersal")
    assert Barcode.objects.count() == FeedEntry.objects.count() == FeedHead.objects.get().position == 15_700

    week = import_path(shekel_chain, real_file(CHANGES), **GIVEN, changes=True)
    assert (week.state, week.rows, week.refused) == (ArticleImport.State.APPLIED, 1094, 0)
    counts(week)
    assert as_stored(shekel_chain) == as_sold(last_day())

    versions = ArticleVersion.objects.count()
    again = import_text(shekel_chain, as_csv(last_day()), constants={"vat": "18"})
    assert counts(again) == (0, 0, 0, len(last_day()), 0)
    assert ArticleVersion.objects.count() == versions


def test_seven_chains_in_one_file_clash_row_by_row_and_none_disappears() -> None:
    plan = make_plan(real_file(FULL), ImportOptions(constants={"vat": "18"}), currency="ILS", known={})
    assert plan.rows == 75_202 == plan.added + plan.refused
    assert plan.added == len({normalise_code(row["barcode"]) for row in real_rows(FULL)})
    assert sum(each.is_refused for each in plan.remarks) == plan.refused
