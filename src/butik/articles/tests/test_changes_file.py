"""A file that says what changed."""

import pytest

from butik.articles.models import Article, ArticleImport, ArticleVersion
from butik.articles.tests.imports import counts, import_text, prices, refusals
from butik.organisation.models import Chain

HEADER = "date;op;number;text;price;vat"


def change(chain: Chain, *lines: str, **options: bool) -> ArticleImport:
    return import_text(chain, "\n".join((HEADER, *lines)), changes=True, **options)


@pytest.fixture
def articles(chain: Chain) -> Chain:
    change(chain, *(f"2026-08-10;add;{number};Vare {number};1,00;25" for number in range(100, 140)))
    return chain


def test_rows_add_change_and_delete(articles: Chain) -> None:
    run = change(
        articles, "2026-08-11;add;1;Ny;5,00;25", "2026-08-11;chg;100;Vare 100;2,00;25", "2026-08-11;del;101;;;"
    )
    assert counts(run) == (1, 1, 1, 0, 0)
    now = prices(articles)
    assert (now["1"], now["100"], "101" in now, len(now)) == (500, 200, False, 40)


def test_later_rows_build_on_earlier_ones(articles: Chain) -> None:
    run = change(
        articles,
        "2026-08-11;chg;100;Vare 100;2,00;25",
        "2026-08-12;chg;100;Vare 100;3,00;25",
        "2026-08-11;del;101;;;",
        "2026-08-13;add;101;Vare 101;1,00;25",
        "2026-08-12;add;7;Kort;1,00;25",
        "2026-08-13;del;7;;;",
    )
    assert counts(run) == (2, 2, 2, 0, 0)
    assert (prices(articles)["100"], prices(articles)["101"]) == (300, 100)
    assert ArticleVersion.objects.filter(number="100").count() == 2
    assert ArticleVersion.objects.filter(number="101").count() == 1
    assert not Article.objects.filter(number="7").exists()


def test_the_same_changes_again_change_nothing(articles: Chain) -> None:
    lines = ("2026-08-11;chg;100;Vare 100;2,00;25", "2026-08-11;del;101;;;")
    change(articles, *lines)
    assert counts(change(articles, *lines)) == (0, 0, 0, 2, 0)


def test_rows_out_of_order_and_unknown_changes_are_refused(articles: Chain) -> None:
    run = change(
        articles,
        "2026-08-12;chg;100;Vare 100;2,00;25",
        "2026-08-11;chg;100;Vare 100;9,00;25",
        "2026-08-12;flyt;102;Vare 102;1,00;25",
    )
    assert counts(run) == (0, 1, 0, 0, 2)
    assert "older" in refusals(run)[3]
    assert "flyt" in refusals(run)[4]
    assert prices(articles)["100"] == 200


def test_many_deletions_are_held_here_too(articles: Chain) -> None:
    lines = [f"2026-08-11;del;{number};;;" for number in (100, 101, 102)]
    assert change(articles, *lines).state == ArticleImport.State.HELD
    assert len(prices(articles)) == 40
