"""Importing a file through the pages."""

import csv
import io
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.support.cast import Cast, signed_in

from butik.articles.actions import claim_import
from butik.articles.models import Article, ArticleImport
from butik.articles.work import work_imports
from butik.lib.clock import now
from butik.organisation.tenancy import tenant_scope

HEADER = "number;text;price;vat"
GOOD = f"{HEADER}\n1;Mælk;12,95;25\n2;Brød;24,50;25\n"
HOSTILE = f"{HEADER}\n1;Mælk;12,95;25\n2;=1+1;-5;25\n3;@SUM(A1);gratis;25\n4;<script>;x;25\n"
State = ArticleImport.State


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.BUTIK_DATA = tmp_path


@pytest.fixture(autouse=True)
def _empty_shelves(cast: Cast) -> None:
    with tenant_scope([cast.organisation_id]):
        Article.objects.filter(chain=cast.shop.chain).delete()


def upload(client: Client, cast: Cast, text: str, **fields: Any) -> Any:
    file = SimpleUploadedFile("varer.csv", text.encode())
    return client.post("/manage/articles/imports/add", {"file": file, "chain": str(cast.shop.chain.pk)} | fields)


def hand_in(cast: Cast, text: str, **fields: Any) -> str:
    """Hand in a file, let the worker try it; the address of the run."""
    response = upload(signed_in(cast.alice), cast, text, **fields)
    assert response.status_code == 302, response.content
    work_imports([cast.organisation_id])
    return str(response.url)


def run_of(cast: Cast, address: str) -> ArticleImport:
    with tenant_scope([cast.organisation_id]):
        run: ArticleImport = ArticleImport.objects.get(pk=UUID(address.split("/")[-2]))
    return run


def articles(cast: Cast) -> int:
    with tenant_scope([cast.organisation_id]):
        return Article.objects.filter(chain=cast.shop.chain).live().count()


def test_a_file_is_tried_then_applied(cast: Cast) -> None:
    client = signed_in(cast.alice)
    address = hand_in(cast, GOOD)
    page = client.get(address).content.decode()
    assert "nothing has been changed yet" in page
    assert "adds 2, changes 0 and deletes 0" in page
    assert articles(cast) == 0
    assert client.post(f"{address}apply").headers["Location"] == address
    assert "every 1s" in client.get(address).content.decode()
    work_imports([cast.organisation_id])
    assert "Applied" in client.get(f"{address}state").content.decode()
    assert articles(cast) == 2
    assert run_of(cast, address).actor == cast.alice.actor


def test_progress_shows_while_a_worker_reads(cast: Cast) -> None:
    client = signed_in(cast.alice)
    address = str(upload(client, cast, GOOD).url)
    assert "waits for the worker" in client.get(address).content.decode()
    with tenant_scope([cast.organisation_id]):
        claim_import(run=run_of(cast, address), now=now())
        ArticleImport.objects.update(percent=42)
    assert "42 %" in client.get(f"{address}state").content.decode()


def test_deletions_that_are_held_must_be_typed_in(cast: Cast) -> None:
    client = signed_in(cast.alice)
    for text in (GOOD, f"{HEADER}\n1;Mælk;12,95;25\n"):
        client.post(f"{hand_in(cast, text)}apply")
        work_imports([cast.organisation_id])
    with tenant_scope([cast.organisation_id]):
        address = f"/manage/articles/imports/{ArticleImport.objects.get(state=State.HELD).pk}/"
    assert "Held: 1 article would go" in client.get(address).content.decode()
    client.post(f"{address}apply", {"deletions": "2"})
    assert run_of(cast, address).state == State.HELD
    client.post(f"{address}apply", {"deletions": "1"})
    work_imports([cast.organisation_id])
    assert run_of(cast, address).state == State.APPLIED
    assert articles(cast) == 1


def test_a_file_that_can_be_read_in_two_ways_is_asked_about(cast: Cast) -> None:
    client = signed_in(cast.alice)
    address = hand_in(cast, f"{HEADER};price\n1;Mælk;11,20;25;<b>18,95\n")
    page = client.get(address).content.decode()
    assert "can be read in more than one way" in page
    assert "#5 price (&lt;b&gt;18,95)" in page
    assert "every 1s" not in page
    client.post(f"{address}answer", {"answer": "#4"})
    assert run_of(cast, address).state == State.ASKED
    assert "not one of the answers" in client.get(address).content.decode()
    client.post(f"{address}answer", {"answer": "#3"})
    work_imports([cast.organisation_id])
    assert "adds 1, changes 0 and deletes 0" in client.get(address).content.decode()
    for person, status in ((cast.bob, 403), (cast.charlie, 404)):
        assert signed_in(person).post(f"{address}answer", {"answer": "#3"}).status_code == status


def test_refused_rows_are_shown_and_taken_home_without_formulas(cast: Cast) -> None:
    client = signed_in(cast.alice)
    address = hand_in(cast, HOSTILE)
    page = client.get(address).content.decode()
    assert "negative" in page
    assert "<script>" not in page.split("Rows that need a look")[1]
    response = client.get(f"{address}refused.csv")
    assert response.headers["Content-Disposition"].startswith("attachment")
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == ["Line", "Reason", "number", "text", "price", "vat"]
    assert [row[0] for row in rows[1:]] == ["3", "4", "5"]
    assert rows[1][2:] == ["2", "'=1+1", "'-5", "25"]
    assert rows[2][3] == "'@SUM(A1)"


def test_options_are_given_in_the_form(cast: Cast) -> None:
    text = "kode,kæde,hvad,koster\n5701234567899,A,Mælk,12.95\n57012346,B,Brød,5.00\n"
    address = hand_in(
        cast, text, vat="25", columns="barcode=kode\nname=hvad\nprice = koster\n", filters="kæde=A", decimal="."
    )
    run = run_of(cast, address)
    assert (run.told, run.added, run.rows) == ("", 1, 1)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [({"columns": "pris"}, "NAME=VALUE"), ({"columns": "farve=a"}, "no field"), ({"file": ""}, "required")],
)
def test_a_wrong_form_says_what_is_wrong(cast: Cast, fields: dict[str, str], reason: str) -> None:
    response = upload(signed_in(cast.alice), cast, GOOD, **fields)
    assert response.status_code == 422
    assert reason in response.content.decode()
    with tenant_scope([cast.organisation_id]):
        assert not ArticleImport.objects.exists()


def test_a_file_that_cannot_be_used_says_why_and_can_be_run_again_only_when_applying(cast: Cast) -> None:
    address = hand_in(cast, "a;b\n1;2\n")
    page = signed_in(cast.alice).get(address).content.decode()
    assert "Nothing was imported" in page
    assert "No column was found" in page
    assert "Run it again" not in page


def test_only_those_who_may_import_do(cast: Cast, nobody: Client) -> None:
    address = hand_in(cast, GOOD)
    for path in ("", "state", "refused.csv"):
        assert signed_in(cast.charlie).get(f"{address}{path}").status_code == 404
        assert signed_in(cast.bob).get(f"{address}{path}").status_code == 403
    assert signed_in(cast.charlie).post(f"{address}apply").status_code == 404
    assert signed_in(cast.bob).post(f"{address}apply").status_code == 403
    assert signed_in(cast.bob).get("/manage/articles/imports/").status_code == 403
    assert upload(signed_in(cast.bob), cast, GOOD).status_code == 403
    assert nobody.get("/manage/articles/imports/add").status_code == 403
    assert Client().get(address).status_code == 302
    assert upload(signed_in(cast.charlie), cast, GOOD).status_code == 422
    assert signed_in(cast.alice).get(f"{address}apply").status_code == 405
    assert "varer.csv" in signed_in(cast.alice).get("/manage/articles/imports/").content.decode()
    assert "varer.csv" not in signed_in(cast.charlie).get("/manage/articles/imports/").content.decode()
