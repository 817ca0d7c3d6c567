"""The error log, searched."""

from datetime import timedelta

import pytest
from django.test import Client
from tests.support.cast import Cast, signed_in

from butik.error_log.actions import log_problem
from butik.error_log.models import ErrorEntry
from butik.error_log.problems import Place
from butik.lib.clock import now
from butik.organisation.models import Store
from butik.organisation.tenancy import tenant_scope


def note(store: Store, message: str, *, level: str = "ERROR", days: int = 0, detail: str = "") -> ErrorEntry:
    place = Place(store.organisation_id, store.chain_id, store.pk)
    log_problem(
        level=level, source="butik.test", message=message, detail=detail, now=now() - timedelta(days=days), place=place
    )
    with tenant_scope([store.organisation_id]):
        return ErrorEntry.objects.get(message=message)


@pytest.fixture
def noted(cast: Cast) -> ErrorEntry:
    note(cast.sister.store, "The sister's fridge", level="WARNING")
    note(cast.stranger.store, "A stranger's fridge")
    note(cast.store, "An old fridge", days=30)
    return note(cast.store, "Fridge <b>3</b> is open", detail="Traceback: CompressorError")


def listed(cast: Cast, **query: object) -> str:
    response = signed_in(cast.alice).get("/errors/", {name: str(value) for name, value in query.items()})
    assert response.status_code == 200
    return response.content.decode().split("</form>")[-1]


def test_a_chain_sees_the_logs_of_all_its_stores(cast: Cast, noted: ErrorEntry) -> None:
    page = listed(cast)
    assert "The sister&#x27;s fridge" in page
    assert "Fridge &lt;b&gt;3&lt;/b&gt; is open" in page
    assert "stranger" not in page


def test_a_manager_sees_her_own_store(cast: Cast, noted: ErrorEntry) -> None:
    page = signed_in(cast.bob).get("/errors/").content.decode()
    assert "is open" in page
    assert "sister" not in page


@pytest.mark.parametrize("words", ["fridge <b>", "butik.test", "compressorerror"])
def test_it_finds_text_in_message_source_and_detail(words: str, cast: Cast, noted: ErrorEntry) -> None:
    assert "is open" in listed(cast, q=words)


def test_it_narrows_by_level_store_and_period(cast: Cast, noted: ErrorEntry) -> None:
    assert "is open" not in listed(cast, level="WARNING")
    assert "sister" in listed(cast, level="WARNING")
    assert "sister" not in listed(cast, store=cast.store.pk)
    week = (now() - timedelta(days=7)).date().isoformat()
    assert "An old fridge" not in listed(cast, since=week)
    assert "is open" not in listed(cast, until=week)
    assert "An old fridge" in listed(cast, until=week)


def test_nothing_found_says_what_to_do(cast: Cast, noted: ErrorEntry) -> None:
    assert "No entry fits." in listed(cast, q="no such thing")
    assert signed_in(cast.alice).get("/errors/", {"store": str(cast.stranger.store.pk)}).status_code == 422


def test_an_entry_is_shown_with_its_detail(cast: Cast, noted: ErrorEntry) -> None:
    page = signed_in(cast.bob).get(f"/errors/{noted.pk}").content.decode()
    assert "CompressorError" in page
    assert "<b>3</b>" not in page


def test_what_is_noted_at_once_is_cleaned_too(cast: Cast) -> None:
    place = Place(cast.organisation_id, cast.store.chain_id, cast.store.pk)
    said = {"message": "the call had password=hunter2hunter2", "detail": "Authorization: Butik abcdefghijklmnop"}
    log_problem(level="ERROR", source="butik.test", now=now(), place=place, **said)
    with tenant_scope([cast.organisation_id]):
        [kept] = ErrorEntry.objects.filter(source="butik.test")
    assert kept.message == "the call had password=[removed]"
    assert kept.detail == "Authorization: [removed]"


def test_strangers_find_nothing(cast: Cast, noted: ErrorEntry) -> None:
    assert signed_in(cast.charlie).get(f"/errors/{noted.pk}").status_code == 404
    assert Client().get("/errors/").status_code == 302


def test_it_is_only_read(cast: Cast, noted: ErrorEntry) -> None:
    client = signed_in(cast.alice)
    assert client.post("/errors/").status_code == 405
    assert client.post(f"/errors/{noted.pk}").status_code == 405


def test_nobody_sees_it_without_a_level(nobody: Client) -> None:
    assert nobody.get("/errors/").status_code == 403
