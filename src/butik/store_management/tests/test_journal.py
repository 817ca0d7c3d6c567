"""Exceptions beside booked sales, and records in quarantine."""

from dataclasses import replace

import pytest
from django.test import Client
from tests.support.cast import Cast, report, sell, signed_in
from tests.support.till import MILK, Till

from butik.lib.clock import now
from butik.lib.signing import SigningKey
from butik.organisation.tenancy import tenant_scope
from butik.sales.models import DayFigure, QuarantinedRecord

REASON = "Seen on the terminal's own list"


@pytest.fixture
def held(cast: Cast, till: Till) -> QuarantinedRecord:
    report(till, [SigningKey.generate().sign("butik-sale", b'{"text":"<b>forged</b>"}')])
    return _one(cast)


def _one(cast: Cast) -> QuarantinedRecord:
    with tenant_scope([cast.organisation_id]):
        return QuarantinedRecord.objects.get(store_id=cast.store.pk)


def address(cast: Cast, held: QuarantinedRecord) -> str:
    return f"/manage/{cast.store.pk}/quarantine/{held.pk}/"


def test_it_lists_what_is_odd_about_booked_sales(cast: Cast, till: Till) -> None:
    sell(till, cast.store, MILK, total=1)
    page = signed_in(cast.bob).get(f"/manage/{cast.store.pk}/exceptions/").content.decode()
    assert "Sums do not add up" in page
    assert "12-3-N1-000001" in page


def test_it_narrows_to_one_kind(cast: Cast, till: Till) -> None:
    sell(till, cast.store, MILK, total=1)
    client = signed_in(cast.bob)
    rows = client.get(f"/manage/{cast.store.pk}/exceptions/?kind=GAP").content.decode().split("</form>")[-1]
    assert "12-3-N1-000001" not in rows


def test_nothing_odd_is_said_so(cast: Cast) -> None:
    assert "Nothing odd" in signed_in(cast.bob).get(f"/manage/{cast.store.pk}/exceptions/").content.decode()


def test_a_record_waits_with_its_reason_and_its_bytes(cast: Cast, held: QuarantinedRecord) -> None:
    client = signed_in(cast.olga)
    assert "1 record waits for a person" in client.get(f"/manage/{cast.store.pk}/quarantine/").content.decode()
    page = client.get(address(cast, held)).content.decode()
    assert held.document in page
    assert "&lt;b&gt;forged&lt;/b&gt;" in page
    assert "<b>forged" not in page


ODD_PAYLOADS = {
    "deep": b'{"x":' + b"[" * 975 + b"]" * 975 + b"}",
    "no JSON": b"\xff\x00{",
    "NUL and bidi": b'{"x":"\\u0000\\u202e\xe2\x80\xae"}',
    "huge number": b'{"x":' + b"9" * 5000 + b"}",
    "half a letter": b'{"x":"\\ud83e"}',
    "long": b'{"x":"' + b"<" * 100_000 + b'"}',
    "empty": b"",
}


@pytest.mark.parametrize("payload", ODD_PAYLOADS.values(), ids=ODD_PAYLOADS)
def test_the_page_of_a_record_that_nobody_can_read_opens_and_does_no_harm(
    cast: Cast, till: Till, payload: bytes
) -> None:
    report(till, [till.key.sign("butik-sale", payload)])
    held = _one(cast)
    response = signed_in(cast.olga).get(address(cast, held))
    page = response.content.decode()
    assert (response.status_code, held.hash in page) == (200, True)
    assert not {"\x00", "\u202e"} & set(page)
    assert len(page) < 200_000


def test_it_is_accepted_with_a_reason(cast: Cast, held: QuarantinedRecord) -> None:
    assert signed_in(cast.olga).post(address(cast, held), {"reason": REASON}).status_code == 302
    accepted = _one(cast)
    assert (accepted.accept_reason, accepted.accepted_by) == (REASON, cast.olga.actor)
    client = signed_in(cast.olga)
    assert "No record waits" in client.get(f"/manage/{cast.store.pk}/quarantine/").content.decode()
    assert (
        held.get_reason_display() in client.get(f"/manage/{cast.store.pk}/quarantine/?state=accepted").content.decode()
    )
    assert client.post(address(cast, held), {"reason": REASON}).status_code == 404


@pytest.mark.parametrize("reason", ["", "ok", "x" * 301])
def test_it_is_not_accepted_without_a_good_reason(reason: str, cast: Cast, held: QuarantinedRecord) -> None:
    assert signed_in(cast.olga).post(address(cast, held), {"reason": reason}).status_code == 422
    assert _one(cast).accepted_at is None


def test_a_manager_may_look_but_not_accept(cast: Cast, held: QuarantinedRecord) -> None:
    client = signed_in(cast.bob)
    assert "A store owner or chain administrator can accept it." in client.get(address(cast, held)).content.decode()
    assert client.post(address(cast, held), {"reason": REASON}).status_code == 403
    assert _one(cast).accepted_at is None


def test_strangers_find_nothing(cast: Cast, held: QuarantinedRecord) -> None:
    client = signed_in(cast.charlie)
    assert client.get(address(cast, held)).status_code == 404
    assert client.post(address(cast, held), {"reason": REASON}).status_code == 404
    assert client.get(f"/manage/{cast.store.pk}/quarantine/").status_code == 404
    assert client.get(f"/manage/{cast.store.pk}/exceptions/").status_code == 404


def test_lists_are_only_read(cast: Cast) -> None:
    for name in ("quarantine", "exceptions"):
        assert signed_in(cast.olga).post(f"/manage/{cast.store.pk}/{name}/").status_code == 405


def test_nobody_sees_them_without_a_level(nobody: Client, cast: Cast, held: QuarantinedRecord) -> None:
    assert nobody.get(address(cast, held)).status_code == 403


@pytest.fixture
def unreadable(cast: Cast, till: Till) -> QuarantinedRecord:
    report(till, [till.key.sign("butik-sale", b"{}")])
    return _one(cast)


def typed(**changes: str) -> dict[str, str]:
    said = {"pos": "3", "date": now().date().isoformat(), "total": "125,00", "rate_1": "25", "gross_1": "100,00"}
    said |= {"untaxed": "25", "cash": "25,50", "card": "99.50", "reason": REASON}
    return {f"hand-{name}": value for name, value in (said | changes).items()}


def test_what_nobody_can_read_is_booked_by_hand_on_its_page(cast: Cast, unreadable: QuarantinedRecord) -> None:
    client = signed_in(cast.olga)
    assert "Book by hand" in client.get(address(cast, unreadable)).content.decode()
    assert client.post(address(cast, unreadable), typed()).status_code == 302
    with tenant_scope([cast.organisation_id]):
        assert DayFigure.objects.get(store_id=cast.store.pk).total == 12_500
    assert client.post(address(cast, unreadable), typed()).status_code == 404
    for page in (address(cast, unreadable), f"/manage/{cast.store.pk}/quarantine/?state=accepted"):
        assert "Booked by hand" in client.get(page).content.decode()


WRONG = {
    "another total": ({"total": "126"}, "do not add up to the total"),
    "too little paid": ({"card": "9"}, "What was paid does not add up"),
    "nothing paid": ({"card": "", "cash": ""}, "What was paid does not add up"),
    "tomorrow and later": ({"date": "2999-01-01"}, "one of the last 400 days"),
    "long ago": ({"date": "1970-01-01"}, "one of the last 400 days"),
    "no such POS": ({"pos": "99"}, "Select a valid choice"),
    "two things at once": ({"total": "1.250"}, "Type an amount such as"),
    "below zero": ({"total": "-125"}, "above zero"),
    "more than a sale can have": ({"total": "9999999999999"}, "Type an amount such as"),
    "a rate of two hundred": ({"rate_1": "200"}, "at most 100"),
    "an amount without its rate": ({"rate_1": ""}, "at most 100"),
    "one rate twice": ({"gross_1": "50", "rate_2": "25", "gross_2": "50"}, "stands there twice"),
    "no reason": ({"reason": "ok"}, "at least 5"),
    "no amounts by rate": ({"gross_1": "", "untaxed": ""}, "do not add up to the total"),
}


@pytest.mark.parametrize(("changes", "said"), WRONG.values(), ids=WRONG)
def test_figures_that_cannot_be_are_refused_in_words(
    changes: dict[str, str], said: str, cast: Cast, unreadable: QuarantinedRecord
) -> None:
    response = signed_in(cast.olga).post(address(cast, unreadable), typed(**changes))
    assert (response.status_code, said in response.content.decode()) == (422, True)
    assert _one(cast).accepted_at is None


def test_only_who_may_accept_books_by_hand(cast: Cast, unreadable: QuarantinedRecord) -> None:
    assert signed_in(cast.bob).post(address(cast, unreadable), typed()).status_code == 403
    assert signed_in(cast.charlie).post(address(cast, unreadable), typed()).status_code == 404
    assert "Book by hand" not in signed_in(cast.bob).get(address(cast, unreadable)).content.decode()


def test_what_can_be_read_is_accepted_and_never_typed(cast: Cast, till: Till) -> None:
    report(till, [replace(till, key=SigningKey.generate()).sale(MILK)])
    client = signed_in(cast.olga)
    assert "Book by hand" not in client.get(address(cast, _one(cast))).content.decode()
    assert client.post(address(cast, _one(cast)), typed()).status_code == 422
