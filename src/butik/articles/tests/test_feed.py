"""Articles go from a chain to a store by the feed, whatever order they come in."""

from dataclasses import dataclass
from typing import Any

import msgspec

from butik.articles.feed import apply_articles, article_bodies, article_keys, drop_articles
from butik.articles.import_rows import read_versioned
from butik.articles.models import Article, ArticleVersion, Barcode
from butik.articles.tests.imports import HEADER, import_text
from butik.changes.models import FeedHead
from butik.lib.clock import now
from butik.organisation.models import Chain, Store

FULL = f"""{HEADER};group;age;linked;blocked;unit
1001;5701234567899|57012346*24;Øl;5,00;25;Drikke;16;900;;stk
900;;Pant A;1,00;25;Pant;;;;stk
3000;12345;Bananer;19,95;25;Frugt;;;;kg
4000;;Gammelt;1,00;25;;;;ja;stk
"""


@dataclass
class Entry:
    key: str
    body: bytes


def entries(store: Store, *keys: str) -> list[Entry]:
    bodies: Any = article_bodies(store, keys)
    return [Entry(key, msgspec.json.encode(bodies[key])) for key in keys]


def forget_articles() -> None:
    for model in (Barcode, Article, ArticleVersion):
        model.objects.all().delete()


def test_a_store_holds_what_the_chain_holds(chain: Chain, store: Store) -> None:
    import_text(chain, FULL)
    at_chain = read_versioned(chain)
    carried = entries(store, *at_chain)
    forget_articles()
    apply_articles(carried, store, now())
    assert read_versioned(chain) == at_chain
    assert set(article_keys(store)) == set(at_chain)
    assert ArticleVersion.objects.count() == 4
    assert FeedHead.objects.get().position == 4  # a store does not add to the feed that it reads


def test_applying_again_writes_nothing(chain: Chain, store: Store) -> None:
    import_text(chain, FULL)
    carried = entries(store, "1001", "900")
    forget_articles()
    apply_articles(carried, store, now())
    before = list(Article.objects.values_list("id", flat=True))
    apply_articles(carried, store, now())
    assert list(Article.objects.values_list("id", flat=True)) == before
    assert ArticleVersion.objects.count() == 2


def test_a_deleted_article_goes_and_is_forgotten_nowhere(chain: Chain, store: Store) -> None:
    import_text(chain, FULL)
    gone = msgspec.json.encode({"deleted": True, "version": 9})
    apply_articles([Entry("3000", gone), Entry("never", gone)], store, now())
    assert "3000" not in article_keys(store)
    assert not Barcode.objects.filter(code="12345").exists()
    assert ArticleVersion.objects.get(number="3000", version=9).is_deleted
    assert article_bodies(store, ["3000"])["3000"].deleted


def test_a_code_may_come_with_its_new_owner_before_the_old_one_is_told(chain: Chain, store: Store) -> None:
    import_text(chain, FULL)
    import_text(chain, FULL.replace("5701234567899|", "").replace("\n900;;", "\n900;5701234567899;"))
    late, early = entries(store, "1001", "900")
    forget_articles()
    import_text(chain, FULL)
    apply_articles([early], store, now())
    assert Barcode.objects.get(code="5701234567899").article.number == "900"
    apply_articles([late], store, now())
    assert Barcode.objects.get(code="5701234567899").article.number == "900"
    assert Barcode.objects.get(code="57012346").article.number == "1001"


def test_what_the_chain_has_forgotten_is_dropped(chain: Chain, store: Store) -> None:
    import_text(chain, FULL)
    drop_articles(store, ["900"], now())
    assert set(article_keys(store)) == {"1001", "3000", "4000"}
