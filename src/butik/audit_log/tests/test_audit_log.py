"""Who did what, when."""

import re
from pathlib import Path

from django.test import Client
from tests.support.cast import Cast, signed_in

from butik.audit_log.acts import ACTS
from butik.lib.clock import now
from butik.organisation.actions import add_pos

SOURCE = Path(__file__).resolve().parents[2]
APPS = "staff|organisation|emergency|vault"  # whose acts are passed on before they are recorded
CODE = re.compile(rf'record\(\s*"([a-z_]+(?:\.[a-z_]+){{2}})"|"((?:{APPS})\.[a-z_]+\.[a-z_]+)"')


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


def test_every_act_has_words() -> None:
    codes = {
        first or second
        for path in SOURCE.rglob("*.py")
        if "tests" not in path.parts and path.name != "acts.py"
        for first, second in CODE.findall(path.read_text())
    }
    assert len(codes) > 15
    assert codes - set(ACTS) == set()
