"""Who did what, when."""

import re

import pytest
from django.test import Client
from tests.support.cast import Cast, signed_in

from butik.articles.models import ArticleImport
from butik.audit.actions import record
from butik.audit_log.acts import ACTS
from butik.backups.models import Backup
from butik.lib.clock import now
from butik.lib.ids import new_id
from butik.organisation.actions import add_pos
from butik.organisation.tenancy import tenant_scope
from butik.readiness.models import BackupReport


def test_it_says_who_did_what_in_words(cast: Cast) -> None:
    add_pos(store=cast.store, number=9, name="Lobby", actor=cast.bob.actor, now=now())
    page = signed_in(cast.bob).get("/audit-log/").content.decode()
    assert "POS added" in page
    assert "9 Lobby" in page
    assert ">Bob<" in page


def test_it_narrows_to_one_act(cast: Cast) -> None:
    rows = signed_in(cast.alice).get("/audit-log/?act=organisation.pos.added").content.decode().split("</form>")[-1]
    assert "POS added" in rows
    assert "Store opened" not in rows


def test_an_unknown_act_narrows_nothing(cast: Cast) -> None:
    assert "Store opened" in signed_in(cast.alice).get("/audit-log/?act=%27").content.decode().split("</form>")[-1]


def test_a_stranger_sees_her_own_only(cast: Cast) -> None:
    page = signed_in(cast.charlie).get("/audit-log/").content.decode()
    assert "Nordly 77" in page
    assert "Nordly 12" not in page


def test_a_manager_sees_nothing_of_the_sister_store(cast: Cast) -> None:
    assert "Nordly 14" not in signed_in(cast.bob).get("/audit-log/").content.decode()


def test_it_is_only_read(cast: Cast) -> None:
    assert signed_in(cast.alice).post("/audit-log/").status_code == 405


def test_nobody_sees_it_without_a_level(nobody: Client) -> None:
    assert nobody.get("/audit-log/").status_code == 403
    assert Client().get("/audit-log/").status_code == 302


@pytest.mark.parametrize(
    ("verb", "states"),
    [
        ("articles.import", ("TRIED", "ASKED", "HELD", "APPLIED", "FAILED")),
        ("backups.backup", set(Backup.State) - {"WAITING", "MAKING"}),
        ("readiness.backup", BackupReport.State),
    ],
)
def test_every_act_that_is_named_by_a_state_has_words(verb: str, states: list[str]) -> None:
    assert {f"{verb}.{state.lower()}" for state in states} - set(ACTS) == set()


def test_names_stand_where_the_log_knows_an_id(cast: Cast) -> None:
    """Also of what only its own app knows; and of a person who has gone, a part of the id with a word."""
    run = handed_in(cast, "forår.csv")
    gone = new_id()
    for action, subject in (("articles.import.applied", run.pk), ("staff.person.invited", gone)):
        where = {"organisation_id": cast.organisation_id, "chain_id": cast.store.chain_id}
        with tenant_scope([cast.organisation_id]):
            record(action, **where, actor=f"person:{gone}", at=now(), subject=subject)
    rows = re.findall(r"<td[^>]*>([^<]*)</td>", signed_in(cast.alice).get("/audit-log/").content.decode())
    assert "forår.csv" in rows
    assert f"person …{gone.hex[-8:]}" in rows
    assert f"unknown …{gone.hex[-8:]}" in rows
    assert not [row for row in rows if re.search("[0-9a-f]{8}-[0-9a-f]{4}", row)]


def test_a_name_is_read_as_the_viewer_may(cast: Cast) -> None:
    """A line of one's own that names another's row shows no name of it."""
    run, stranger = handed_in(cast, "secret.csv"), cast.stranger.store
    where = {"organisation_id": stranger.organisation_id, "chain_id": stranger.chain_id}
    with tenant_scope([stranger.organisation_id]):
        record("articles.import.applied", **where, actor="system", at=now(), subject=run.pk)
    page = signed_in(cast.charlie).get("/audit-log/").content.decode()
    assert f"unknown …{run.pk.hex[-8:]}" in page
    assert "secret.csv" not in page


def handed_in(cast: Cast, file_name: str) -> ArticleImport:
    with tenant_scope([cast.organisation_id]):
        made: ArticleImport = ArticleImport.objects.create(
            organisation_id=cast.organisation_id,
            chain=cast.store.chain,
            file_name=file_name,
            actor="system",
            created_at=now(),
        )
    return made
