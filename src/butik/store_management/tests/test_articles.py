"""The list of a chain's articles, and one article."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.support.cast import Cast, signed_in

from butik.articles.models import Article
from butik.articles.tests.imports import import_text
from butik.organisation.tenancy import tenant_scope

FILE = """number;barcode;text;price;vat;group;age;linked
1001;5701234567899;MINIMÆLK 1L;12,95;25;Mejeri;;
1002;57012346;Økologisk rugbrød;24,50;25;Brød;;
1003;;Pilsner;5,00;25;Drikke;16;900
900;;Pant A;1,00;25;;;
"""


@pytest.fixture
def articles(cast: Cast) -> Cast:
    fill(cast, FILE)
    return cast


def fill(cast: Cast, text: str) -> None:
    with tenant_scope([cast.organisation_id]):
        run = import_text(cast.shop.chain, text, accept=True)
        assert not run.told


def listed(client: Client, address: str = "/manage/articles/", **query: str) -> list[str]:
    response = client.get(address, query)
    assert response.status_code == 200
    return re.findall(r'dir="auto">([^<]+)</a>', response.content.decode())


def article_of(cast: Cast, number: str) -> Article:
    with tenant_scope([cast.organisation_id]):
        found: Article = Article.objects.get(chain=cast.shop.chain, number=number)
    return found


def test_it_lists_the_chain_s_articles_by_text(articles: Cast) -> None:
    assert listed(signed_in(articles.bob)) == ["MINIMÆLK 1L", "Pant A", "Pilsner", "Økologisk rugbrød"]


@pytest.mark.parametrize(
    ("words", "texts"),
    [
        ("p", ["Pant A", "Pilsner"]), ("ØKOLOGISK  rug", ["Økologisk rugbrød"]), ("rugbrød", []),
        ("100", ["MINIMÆLK 1L", "Økologisk rugbrød", "Pilsner"]), ("05701234567899", ["MINIMÆLK 1L"]),
        ("57012346", ["Økologisk rugbrød"]), ("%", []), ("9999", []),
    ],
)  # fmt: skip
def test_it_finds_by_the_beginning_of_text_number_or_barcode(articles: Cast, words: str, texts: list[str]) -> None:
    assert listed(signed_in(articles.alice), q=words) == texts


def test_it_filters_by_group(articles: Cast) -> None:
    group = article_of(articles, "1001").group_id
    assert listed(signed_in(articles.alice), group=str(group)) == ["MINIMÆLK 1L"]
    assert signed_in(articles.alice).get("/manage/articles/", {"group": "1"}).status_code == 422


def test_the_last_page_is_reached_from_page_to_page(cast: Cast) -> None:
    rows = "\n".join(f"{number};;Vare {number % 7};1,00;25" for number in range(10_000, 10_130))
    fill(cast, f"number;barcode;text;price;vat\n{rows}\n")
    client, address, seen = signed_in(cast.alice), "/manage/articles/", []
    while address:
        page = client.get(address).content.decode()
        seen += re.findall(r'data-name="Number">(\d+)<', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = following[1].replace("&amp;", "&") if following else ""
    assert len(seen) == len(set(seen)) == 130


def test_a_broken_place_in_the_address_is_the_first_page(articles: Cast) -> None:
    for place in ("x", "W10", "bnVsbA", "WyJcdTAwMDAiLCAiMSJd"):
        assert len(listed(signed_in(articles.bob), after=place)) == 4


def test_a_page_asks_few_questions_of_the_database(articles: Cast) -> None:
    client = signed_in(articles.bob)
    client.get("/manage/articles/")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get("/manage/articles/")
    assert len(queries) <= 16


def test_an_article_shows_barcodes_versions_and_what_is_sold_along(articles: Cast) -> None:
    fill(articles, FILE.replace("5,00", "6,00"))
    page = signed_in(articles.bob).get(f"/manage/articles/{article_of(articles, '1003').pk}/").content.decode()
    assert "6.00" in page
    assert "5.00" in page
    assert "Pant A" in page
    assert "16 years" in page
    assert (
        "5701234567899"
        in signed_in(articles.bob).get(f"/manage/articles/{article_of(articles, '1001').pk}/").content.decode()
    )


def test_a_stranger_sees_nothing_of_it(articles: Cast, nobody: Client) -> None:
    assert "Pilsner" not in listed(signed_in(articles.charlie))
    assert listed(signed_in(articles.charlie), chain=str(articles.shop.chain.pk)) == listed(signed_in(articles.charlie))
    address = f"/manage/articles/{article_of(articles, '1001').pk}/"
    assert signed_in(articles.charlie).get(address).status_code == 404
    assert nobody.get(address).status_code == 403
    assert nobody.get("/manage/articles/").status_code == 403
    assert Client().get(address).status_code == 302
