"""An import leaves a line at each step, for whoever handed the file in, answered or accepted; and has its effect."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.support.acts import told
from tests.support.cast import Cast, signed_in

from butik.articles.models import Article, ArticleImport
from butik.articles.work import work_imports
from butik.organisation.tenancy import tenant_scope

HEADER = "number;text;price;vat"
GOOD = f"{HEADER}\n1;Mælk;12,95;25\n2;Brød;24,50;25\n"
IMPORTS = "/manage/articles/imports/"
NOTHING = dict.fromkeys(("added", "changed", "deleted", "unchanged", "refused", "joined"), 0)


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path, cast: Cast) -> None:
    settings.BUTIK_DATA = tmp_path
    with tenant_scope([cast.organisation_id]):
        Article.objects.filter(chain=cast.shop.chain).delete()


@pytest.fixture
def alice(cast: Cast) -> Client:
    return signed_in(cast.alice)


def hand_in(client: Client, cast: Cast, text: str) -> UUID:
    """Hand in a file, and let the worker try it."""
    file = SimpleUploadedFile("varer.csv", text.encode())
    answer = client.post(f"{IMPORTS}add", {"file": file, "chain": str(cast.shop.chain.pk)})
    work_imports([cast.organisation_id])
    return UUID(str(answer.headers["Location"]).split("/")[-2])


def apply(client: Client, cast: Cast, run: UUID, **said: str) -> None:
    client.post(f"{IMPORTS}{run}/apply", said)
    work_imports([cast.organisation_id])


def prices(cast: Cast) -> dict[str, int]:
    with tenant_scope([cast.organisation_id]):
        return dict(Article.objects.filter(chain=cast.shop.chain).live().values_list("number", "price"))


def test_a_file_is_handed_in_tried_confirmed_and_applied(cast: Cast, alice: Client) -> None:
    chain, by = cast.shop.chain, cast.alice.actor
    run = hand_in(alice, cast, GOOD)
    told("articles.import.handed_in", chain, by=by, about=run)
    told("articles.import.tried", chain, by=by, about=run, **NOTHING | {"added": 2})
    assert prices(cast) == {}
    apply(alice, cast, run)
    told("articles.import.confirmed", chain, by=by, about=run)
    told("articles.import.applied", chain, by=by, about=run, **NOTHING | {"added": 2})
    assert prices(cast) == {"1": 1295, "2": 2450}


def test_deletions_are_held_until_a_person_accepts_them(cast: Cast, alice: Client) -> None:
    chain, by = cast.shop.chain, cast.alice.actor
    apply(alice, cast, hand_in(alice, cast, GOOD))
    run = hand_in(alice, cast, f"{HEADER}\n1;Mælk;12,95;25\n")
    apply(alice, cast, run)
    counts = NOTHING | {"deleted": 1, "unchanged": 1}
    told("articles.import.held", chain, by=by, about=run, **counts)
    assert len(prices(cast)) == 2
    apply(alice, cast, run, deletions="1")
    told("articles.import.deletions_accepted", chain, by=by, about=run)
    told("articles.import.applied", chain, by=by, about=run, **counts)
    assert prices(cast) == {"1": 1295}


def test_a_question_is_asked_and_answered(cast: Cast, alice: Client) -> None:
    chain, by = cast.shop.chain, cast.alice.actor
    run = hand_in(alice, cast, f"{HEADER};price\n1;Mælk;11,20;25;18,95\n")
    told("articles.import.asked", chain, by=by, about=run)
    alice.post(f"{IMPORTS}{run}/answer", {"answer": "#5"})
    told("articles.import.answered", chain, by=by, about=run)
    work_imports([cast.organisation_id])
    apply(alice, cast, run)
    assert prices(cast) == {"1": 1895}


def test_a_file_that_cannot_be_used_fails(cast: Cast, alice: Client) -> None:
    run = hand_in(alice, cast, "a;b\n1;2\n")
    told("articles.import.failed", cast.shop.chain, by=cast.alice.actor, about=run)
    with tenant_scope([cast.organisation_id]):
        assert ArticleImport.objects.get(pk=run).state == "FAILED"
    assert prices(cast) == {}
