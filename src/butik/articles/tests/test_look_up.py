"""An article by the code on it."""

import pytest

from butik.articles.lookup import FoundArticle, find_by_code
from butik.articles.models import Article
from butik.articles.tests.imports import import_text
from butik.articles.tests.test_feed import FULL
from butik.lib.barcodes import check_digit
from butik.lib.ids import new_id
from butik.organisation.models import Chain
from butik.organisation.tenancy import tenant_scope


def find(chain: Chain, code: str) -> FoundArticle | None:
    return find_by_code(organisation_id=chain.organisation_id, chain_id=chain.id, code=code)


@pytest.fixture
def articles(chain: Chain) -> Chain:
    import_text(chain, FULL)
    return chain


@pytest.mark.parametrize(
    ("code", "number", "quantity"),
    [
        ("5701234567899", "1001", 1000), ("05701234567899", "1001", 1000), ("57012346", "1001", 24_000),
        ("0000057012346", "1001", 24_000), ("12345", "3000", 1000), ("900", "900", 1000),
    ],
)  # fmt: skip
def test_it_is_found_by_barcode_or_number(articles: Chain, code: str, number: str, quantity: int) -> None:
    found = find(articles, code)
    assert found is not None
    assert (found.number, found.quantity, found.label_price) == (number, quantity, None)


def test_all_about_it_is_told(articles: Chain) -> None:
    found = find(articles, "5701234567899")
    assert found is not None
    assert (found.text, found.group, found.age_limit, found.linked) == ("Øl", "Drikke", 16, "900")
    assert (found.price, found.vat_rate, found.unit, found.blocked) == (500, 2500, "PCS", False)
    assert found.version > 0


def test_a_scale_s_label_is_read(articles: Chain) -> None:
    weighed = find(articles, "261234501250" + str(check_digit("261234501250")))
    priced = find(articles, "211234502495" + str(check_digit("211234502495")))
    assert weighed is not None
    assert priced is not None
    assert (weighed.number, weighed.quantity, weighed.label_price) == ("3000", 1250, None)
    assert (priced.number, priced.quantity, priced.label_price) == ("3000", 1000, 2495)


def test_a_label_s_weight_is_in_the_article_s_unit(articles: Chain) -> None:
    label = "261234501250" + str(check_digit("261234501250"))
    for unit, quantity in (("G", 1_250_000), ("KG", 1250)):
        with tenant_scope([articles.organisation_id]):
            assert Article.objects.filter(number="3000").update(unit=unit) == 1
        weighed = find(articles, label)
        assert weighed is not None
        assert weighed.quantity == quantity


@pytest.mark.parametrize("code", ["", "404", "x" * 50, "57012\x0034", "' OR 1=1 --", "2199999000008"])
def test_nothing_is_found_for_another_code(articles: Chain, code: str) -> None:
    assert find(articles, code) is None


def test_another_chain_s_articles_are_not_found(articles: Chain) -> None:
    assert find_by_code(organisation_id=articles.organisation_id, chain_id=new_id(), code="12345") is None
    assert find_by_code(organisation_id=new_id(), chain_id=articles.id, code="12345") is None
