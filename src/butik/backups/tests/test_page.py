"""The page of a store's backups: its first line, its list, its button, and who may see and press it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from tests.support.cast import Cast, signed_in

from butik.backups.models import Backup
from butik.backups.standing import Readiness
from butik.backups.tests.cloud import Cloud
from butik.lib.clock import now
from butik.organisation.tenancy import tenant_scope


def address(cast: Cast, tail: str = "") -> str:
    return f"/backups/{cast.store.pk}/{tail}"


def text(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def pair(cast: Cast) -> None:
    Cloud(cast.shop.chain, url="https://emergency.example").pair(now())


def put(cast: Cast, state: str, at: datetime, **changes: Any) -> Backup:
    with tenant_scope([cast.organisation_id]):
        return Backup.objects.create(
            organisation_id=cast.organisation_id,
            chain=cast.shop.chain,
            store=cast.store,
            occasion="ON_DEMAND",
            state=state,
            day=at.date(),
            asked_at=at,
            asked_by="system",
            made_at=None if state == "WAITING" else at,
            **changes,
        )


def test_without_an_emergency_cloud_it_says_whom_to_ask(cast: Cast) -> None:
    page = text(signed_in(cast.bob), address(cast))
    assert "This store could not sell tonight: its chain has no emergency cloud" in page
    assert "Ask the chain's administrator" in page
    assert "Back up now" not in page
    assert signed_in(cast.bob).post(address(cast, "make")).status_code == 302
    with tenant_scope([cast.organisation_id]):
        assert not Backup.objects.exists()


def test_the_button_asks_for_one(cast: Cast) -> None:
    pair(cast)
    client = signed_in(cast.bob)
    assert "There is no backup yet." in text(client, address(cast))
    response = client.post(address(cast, "make"))
    assert (response.status_code, response["Location"]) == (302, address(cast))
    client.post(address(cast, "make"))
    with tenant_scope([cast.organisation_id]):
        [backup] = Backup.objects.all()
    assert (backup.state, backup.asked_by) == ("WAITING", cast.bob.actor)
    page = text(client, address(cast))
    assert "It is not known yet" in page
    assert 'aria-current="step">Waiting' in page
    assert "disabled" in page


def test_it_says_that_it_could_sell_and_since_when(cast: Cast) -> None:
    pair(cast)
    put(cast, "PROVEN", now() - timedelta(hours=5), proven_at=now(), articles=31, assistants=2, devices=1, size=48_000)
    page = text(signed_in(cast.bob), address(cast))
    assert "This store could sell tonight" in page
    assert "31 articles, 2 shop assistants, 1 device" in page
    assert "46.9\xa0KB" in page
    assert "<html" not in text(signed_in(cast.bob), address(cast, "now"))


def test_a_failure_says_why_and_what_to_do(cast: Cast) -> None:
    pair(cast)
    put(cast, "FAILED", now(), trouble="disk-full", detail="507 <b>full</b>", retry_at=now() + timedelta(minutes=4))
    page = text(signed_in(cast.bob), address(cast))
    assert "The emergency cloud has no room." in page
    assert "It is tried again by itself." in page
    assert "&lt;b&gt;full" in page


@pytest.mark.parametrize(
    ("state", "hours", "kind"),
    [("PROVEN", 1, "ok"), ("PROVEN", 31, "alert"), ("UPLOADED", 1, "unknown"), ("FAILED", 1, "down"), ("", 0, "down")],
)
def test_the_first_line_is_as_good_as_the_last_proof(state: str, hours: int, kind: str) -> None:
    moment = now()
    backup = Backup(state=state, made_at=moment - timedelta(hours=hours)) if state else None
    readiness = Readiness(True, backup if state == "PROVEN" else None, backup)  # noqa: FBT003 - paired
    assert readiness.kind(moment) == kind
    assert Readiness(False, backup, backup).kind(moment) == "down"  # noqa: FBT003 - not paired


@pytest.mark.parametrize("tail", ["", "now"])
def test_strangers_find_nothing(cast: Cast, nobody: Client, tail: str) -> None:
    assert signed_in(cast.charlie).get(address(cast, tail)).status_code == 404
    assert nobody.get(address(cast, tail)).status_code == 403
    assert signed_in(cast.charlie).post(address(cast, "make")).status_code == 404
    assert signed_in(cast.bob).post(address(cast, tail)).status_code == 405
