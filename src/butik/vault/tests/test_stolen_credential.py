"""RT-13: a store's key, certificate and manifest key in wrong hands: nothing is read, listed, overwritten or deleted.

Every verb and path of the API, a flood of forged dates, and then half a year of waiting.
"""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import get_resolver

from butik.lib.clock import now
from butik.organisation.tenancy import tenant_scope
from butik.vault.models import StoredBackup
from butik.vault.sweeping import sweep_store
from butik.vault.tests.depot import ADDRESS, Depot, Sealed
from butik.vault.work import prove_backups

HALF_A_YEAR = timedelta(days=183)


def state(depot: Depot) -> tuple[list[Any], dict[str, bytes]]:
    """Everything that the vault has of the store: rows, and bytes on the disk."""
    with tenant_scope([depot.org]):
        rows = list(StoredBackup.objects.filter(store_id=depot.store_id).order_by("pk").values_list())
    folder = settings.BUTIK_DATA / "objects"
    return rows, {str(each): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def test_no_verb_and_no_path_reads_lists_overwrites_or_deletes(depot: Depot) -> None:
    sealed = depot.backup()
    depot.upload(sealed)
    before = state(depot)
    stored = depot.stored(sealed)
    ids = (stored.pk, stored.sha256, stored.object, depot.store_id, "..%2f..%2fsecrets", "")
    paths = [ADDRESS, *(f"{ADDRESS}/{each}" for each in ids), *(f"/api/vault/v1/{each}" for each in ids)]
    secrets = {stored.sha256, stored.object, str(stored.pk), stored.manifest}
    for path in [*paths, f"{ADDRESS}?id={stored.pk}", "/api/vault/v1/openapi.json", "/api/vault/v1/docs"]:
        for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "POST", "PROPFIND"):
            if (method, path.partition("?")[0]) == ("POST", ADDRESS):
                continue
            headers = depot.headers(sealed, Authorization=depot.proof(method, path, sealed.body))
            answer = Client().generic(method, path, sealed.body, "application/octet-stream", headers=headers)
            assert answer.status_code in {404, 405}, f"{method} {path}"
            assert sealed.body[:32] not in answer.content
            assert not [each for each in secrets if each.encode() in answer.content], f"{method} {path}"
    assert state(depot) == before


def test_the_api_has_one_verb_on_one_path() -> None:
    """Read from the router: whatever is added later is met here."""
    patterns: list[Any] = get_resolver().url_patterns
    (vault,) = (each for each in patterns if str(each.pattern) == "api/vault/v1/")
    assert [str(each.pattern) for each in vault.url_patterns] == ["backups", "revocations", ""]
    assert [sorted(each.methods) for each in _operations(vault.url_patterns[0])] == [["POST"]]


def _operations(pattern: Any) -> list[Any]:
    view = pattern.callback
    while hasattr(view, "__wrapped__"):
        view = view.__wrapped__
    found: list[Any] = next(
        cell.cell_contents.operations for cell in view.__closure__ if hasattr(cell.cell_contents, "operations")
    )
    return found


def a_month_of_clean_ones(depot: Depot, until: datetime) -> list[StoredBackup]:
    """As they would stand there after 28 nights and the retention of each morning."""
    for days in range(28, 0, -1):
        at = until - timedelta(days=days)
        sealed = depot.backup(at=at)
        assert depot.take(sealed, at) == "RECEIVED"
        with tenant_scope([depot.org]):
            StoredBackup.objects.filter(pk=sealed.manifest.id).update(state="PROVEN")
        sweep_store(store=depot.store, now=at + timedelta(hours=6))
    sweep_store(store=depot.store, now=until)
    return depot.all_stored()


def flood(depot: Depot, at: datetime, days: range = range(-900, 100)) -> list[str]:
    """Uploads that are forged to be of any day within three years; what they were answered."""
    junk, caller = depot.backup(at=at), depot.caller()
    answers = []
    for number, day in enumerate(days):
        made = at + timedelta(days=day)
        body = junk.body + number.to_bytes(4, "big")
        manifest = depot.forged(junk.manifest, made, body)
        try:
            answers.append(depot.take(Sealed(manifest, body), at, caller))
        except Exception as problem:  # noqa: BLE001 - told by its type
            answers.append(str(problem).partition(":")[0])
    return answers


def test_a_flood_of_forged_dates_removes_no_clean_backup_and_the_last_one_stays_for_ever(depot: Depot) -> None:
    moment = now().replace(hour=10)
    clean = {each.pk for each in a_month_of_clean_ones(depot, moment)}
    assert len(clean) > 3
    answers = flood(depot, moment)
    assert len(answers) == 1000
    assert set(answers) <= {"RECEIVED", "not-today", "too-many"}
    assert answers.count("RECEIVED") <= 4
    assert {each.day for each in depot.all_stored() if each.pk not in clean} <= {moment.date()}
    assert sweep_store(store=depot.store, now=moment) == 0
    prove_backups([depot.org])
    assert {each.state for each in depot.all_stored() if each.pk not in clean} <= {"REFUSED"}
    newest = max((each for each in depot.all_stored() if each.pk in clean), key=lambda each: each.received_at)
    for day in range(1, HALF_A_YEAR.days + 1, 7):
        sweep_store(store=depot.store, now=moment + timedelta(days=day))
    assert [each.pk for each in depot.all_stored()] == [newest.pk]
    assert [*state(depot)[1]] == [str(settings.BUTIK_DATA / "objects" / newest.object)]


def test_retention_by_the_client_s_date_would_be_found(depot: Depot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: the same flood against a vault that believes what a manifest says of its day."""

    def by_client(backups: Any, today: Any, is_active: bool) -> list[Any]:
        rows = sorted(backups, key=lambda each: each.made_at)
        return rows[:-7]  # "the newest seven are enough"

    monkeypatch.setattr("butik.vault.sweeping.to_delete", by_client)
    monkeypatch.setattr("butik.vault.slot._require_today", lambda manifest, day, store: None)
    monkeypatch.setattr("butik.vault.slot.A_DAY", 100)
    moment = now().replace(hour=10)
    clean = {each.pk for each in a_month_of_clean_ones(depot, moment)}
    flood(depot, moment, range(1, 20))
    sweep_store(store=depot.store, now=moment)
    assert clean - {each.pk for each in depot.all_stored()}
