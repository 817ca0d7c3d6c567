"""A device comes in with a one-time code, and goes with a closing record."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.test import Client
from tests.support.till import API, NOW, Shop, Till, enrol, open_shop

from butik.audit.models import AuditEntry
from butik.changes.models import OutboxItem
from butik.lib import clock
from butik.lib.signing import SigningKey, decode, encode, key_id, verify_document
from butik.live.models import LiveEvent
from butik.organisation.actions import issue_code
from butik.organisation.installation import this_installation
from butik.organisation.keys import read_certificate
from butik.organisation.models import Device, WrongGuess
from butik.organisation.tenancy import tenant_scope
from butik.pos_api.tests.conftest import Line
from butik.pos_api.tests.test_calls import problem
from butik.sales.models import Series


def ask(line: Line, code: str, **changes: Any) -> Any:
    key = SigningKey.generate()
    body = {"code": code, "key": encode(key.public), "name": "Till 1 tablet", "app": "0.1.0"} | changes
    return line.post_unsigned(f"{API}/enrol", body)


def code_for(shop: Shop) -> str:
    return issue_code(store=shop.store, pos=shop.pos, actor="system", now=NOW)


def test_it_gives_a_device_its_papers_signed_by_the_store(shop: Shop, line: Line) -> None:
    response = ask(line, code_for(shop))
    assert response.status_code == 200
    given = msgspec.json.decode(response.content)
    root = decode(given["root"]["key"])
    assert (root, key_id(root)) == (bytes(shop.chain.root_key or b""), given["root"]["kid"])
    store_key = read_certificate(given["certificate"], root, NOW).key_bytes
    enrolment = msgspec.json.decode(verify_document(given["enrolment"], "butik-enrolment", store_key))
    assert enrolment["store"]["number"] == 12
    assert enrolment["pos"]["number"] == 3
    assert enrolment["series"]["label"] == "N1"
    assert enrolment["company"] == {"name": "Nordly ApS", "vat_number": "DK12345678"}
    assert enrolment["service"]["audience"] == f"store/{shop.store.id}"


def test_it_leaves_a_trace_and_tells_the_chain(shop: Shop, till: Till) -> None:
    with tenant_scope([till.org]):
        assert AuditEntry.objects.filter(action="organisation.device.enrolled", subject=str(till.device)).count() == 1
        item = OutboxItem.objects.get(kind="device")
        assert msgspec.json.decode(item.body)["key"] == encode(till.key.public)
        assert LiveEvent.objects.filter(topic="enrolment").count() == 1
        assert Series.objects.get(pk=till.series).label == "N1"


def test_it_opens_a_series_of_its_own_for_every_enrolment(shop: Shop, line: Line) -> None:
    tills = [enrol(shop, lambda path, body: msgspec.json.decode(line.post_unsigned(path, body).content)) for _ in "123"]
    assert [till.label for till in tills] == ["N1", "N2", "N3"]


def test_it_takes_a_code_once(shop: Shop, line: Line) -> None:
    code = code_for(shop)
    assert ask(line, code).status_code == 200
    assert problem(ask(line, code)) == (403, "bad-code")
    with tenant_scope([shop.store.organisation_id]):
        assert Device.objects.count() == 1


def test_it_takes_no_code_older_than_15_minutes(shop: Shop, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    code = code_for(shop)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=15, seconds=1))
    assert problem(ask(line, code)) == (403, "bad-code")


def test_it_takes_no_code_of_another_store(shop: Shop, line: Line) -> None:
    other = open_shop(number=13, chain=shop.chain, install=False)
    assert problem(ask(line, code_for(other))) == (403, "bad-code")
    with tenant_scope([shop.store.organisation_id]):
        assert not Device.objects.exists()


def test_it_stops_listening_after_ten_wrong_codes_a_minute(
    shop: Shop, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = code_for(shop)
    assert [problem(ask(line, f"WRNG-000{n}")) for n in range(10)] == [(403, "bad-code")] * 10
    assert problem(ask(line, code)) == (429, "too-many")
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(seconds=61))
    assert ask(line, code).status_code == 200


def guess(code: str, forwarded: str, address: str = "") -> Any:
    body = {"code": code, "key": encode(SigningKey.generate().public), "name": "Tablet", "app": "0.1.0"}
    data = msgspec.json.encode(body)
    headers = {"X-Forwarded-For": forwarded}
    return Client(REMOTE_ADDR=address).post(f"{API}/enrol", data, content_type="application/json", headers=headers)


def test_the_right_code_is_not_refused_for_what_a_stranger_guesses(shop: Shop) -> None:
    for n in range(12):
        guess(f"WRNG-000{n:X}", "203.0.113.9")
    assert problem(guess("WRNG-0000", "203.0.113.9")) == (429, "too-many")
    assert guess(code_for(shop), "198.51.100.7").status_code == 200


@pytest.mark.parametrize(
    ("guesser", "neighbour", "is_refused"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),  # one network is one caller: it has as many as it wants
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.9", "203.0.113.9", True),
        ("198.51.100.7, 203.0.113.9", "203.0.113.9", True),  # what the caller writes himself stands first
        ("198.51.100.7, 203.0.113.9", "198.51.100.7", False),
        ("rubbish", "other rubbish", True),
    ],
)
def test_who_guesses_is_told_by_what_the_front_door_adds(
    shop: Shop, guesser: str, neighbour: str, is_refused: bool
) -> None:
    for n in range(10):
        assert problem(guess(f"WRNG-000{n}", guesser)) == (403, "bad-code")
    assert (guess(code_for(shop), neighbour).status_code == 429) is is_refused


def test_guesses_are_counted_where_every_process_sees_them_and_forgotten_after_a_minute(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(10):
        guess(f"WRNG-000{n}", "203.0.113.9")
    assert WrongGuess.objects.filter(door="device-code", caller="203.0.113.9").count() == 10
    guess("WRNG-0000", "203.0.113.9")
    assert WrongGuess.objects.count() == 10  # who is refused writes nothing
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(seconds=61))
    guess("WRNG-0000", "198.51.100.7")
    assert WrongGuess.objects.get().caller == "198.51.100.7"


@pytest.mark.parametrize("key", ["A" * 43, "A" * 42, "=" * 43, "A" * 44])
def test_it_takes_no_key_that_is_none_and_keeps_the_code(key: str, shop: Shop, line: Line) -> None:
    code = code_for(shop)
    response = ask(line, code, key=key)
    if response.status_code == 200:  # 32 zero bytes are a point of the curve: nobody has its private key
        assert key == "A" * 43
        return
    assert problem(response) == (422, "bad-request")
    assert ask(line, code).status_code == 200


def test_it_takes_a_key_once(shop: Shop, line: Line, till: Till) -> None:
    code = code_for(shop)
    assert problem(ask(line, code, key=encode(till.key.public))) == (422, "bad-request")
    assert ask(line, code).status_code == 200


@pytest.mark.parametrize("body", [{}, {"code": "A" * 41, "key": "", "name": ""}, {"code": 1}, []])
def test_it_explains_a_request_that_does_not_fit(body: Any, shop: Shop, line: Line) -> None:
    assert problem(line.post_unsigned(f"{API}/enrol", body)) == (422, "bad-request")


def test_it_closes_a_device_that_brings_its_closing_record(till: Till, line: Line) -> None:
    line.post(till, "/journal", {"records": [till.opening(), till.sale()]})
    closing = till.closing()
    response = line.post(till, "/unpair", {"closing": closing})
    assert msgspec.json.decode(response.content) == {"unpaired": True}
    with tenant_scope([till.org]):
        assert Device.objects.get(pk=till.device).state == Device.State.UNPAIRED
        series = Series.objects.get(pk=till.series)
        assert (series.state, series.closing, series.closed_sales) == (Series.State.CLOSED, closing, 1)
        assert not Series.objects.incomplete().exists()
        states = [msgspec.json.decode(each.body)["state"] for each in OutboxItem.objects.filter(kind="device")]
        assert states == ["ACTIVE", "UNPAIRED"]
    assert problem(line.get(till, "/state")) == (403, "device-revoked")
    # the answer was lost: asking again changes nothing
    assert msgspec.json.decode(line.post(till, "/unpair", {"closing": closing}).content) == {"unpaired": True}


def test_it_closes_no_device_without_its_own_closing_record(shop: Shop, till: Till, line: Line) -> None:
    other = enrol(shop, lambda path, body: msgspec.json.decode(line.post_unsigned(path, body).content))
    for closing in ("nonsense", till.opening(), till.sign("butik-series", {"v": 1}), other.closing(prev="0" * 64)):
        assert problem(line.post(till, "/unpair", {"closing": closing})) == (422, "bad-request")
    with tenant_scope([till.org]):
        assert set(Device.objects.values_list("state", flat=True)) == {Device.State.ACTIVE}


def test_it_tells_which_series_is_incomplete(till: Till, line: Line) -> None:
    opening, _lost, sale = till.opening(), till.sale(), till.sale()
    line.post(till, "/journal", {"records": [opening, sale]})
    with tenant_scope([till.org]):
        assert list(Series.objects.incomplete().values_list("pk", flat=True)) == [till.series]


def test_it_knows_no_service_that_was_not_set_up(db: None, line: Line) -> None:
    assert this_installation().store_id is None
    assert problem(ask(line, "K7QM-2XWD")) == (403, "bad-code")
