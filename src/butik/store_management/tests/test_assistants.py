"""Shop assistants: listed, added, changed, given PINs, unblocked."""

from typing import Any

import pytest
from django.test import Client
from tests.support.cast import Cast, signed_in

from butik.lib.clock import now
from butik.lib.versions import version_at
from butik.organisation.tenancy import tenant_scope
from butik.staff.actions import add_assistant, block_assistant
from butik.staff.models import ShopAssistant
from butik.staff.pins import check_pin, make_pin_verifier

PIN = make_pin_verifier("258013")  # takes long on purpose: made once
NEW = {"number": "101", "name": "Maja", "role": "OPERATOR", "pin": "258013", "pin_again": "258013"}


@pytest.fixture
def maja(cast: Cast) -> ShopAssistant:
    return add_assistant(
        store=cast.store,
        number="101",
        name="Maja <b>",
        role="OPERATOR",
        pin=PIN,
        actor="system",
        now=now(),
    )


def fresh(maja: ShopAssistant) -> ShopAssistant:
    with tenant_scope([maja.organisation_id]):
        return ShopAssistant.objects.get(pk=maja.pk)


def address(cast: Cast, *rest: object) -> str:
    return "/".join(["/manage", str(cast.store.pk), "assistants", *map(str, rest)])


def test_it_lists_who_works_here(cast: Cast, maja: ShopAssistant) -> None:
    page = signed_in(cast.bob).get(address(cast, "")).content.decode()
    assert "1 shop assistant works here" in page
    assert "Maja &lt;b&gt;" in page
    assert "258013" not in page


def test_it_finds_by_name_and_number(cast: Cast, maja: ShopAssistant) -> None:
    client = signed_in(cast.bob)
    assert "Maja" in client.get(address(cast, ""), {"q": "maj"}).content.decode()
    assert "Maja" in client.get(address(cast, ""), {"q": "101"}).content.decode()
    assert "Nobody fits" in client.get(address(cast, ""), {"q": "zz"}).content.decode()


def test_an_empty_list_says_what_to_do(cast: Cast) -> None:
    assert "Add the first shop assistant" in signed_in(cast.bob).get(address(cast, "")).content.decode()


def test_it_adds_one_who_can_sign_in(cast: Cast) -> None:
    assert signed_in(cast.bob).post(address(cast, "add"), NEW).status_code == 302
    with tenant_scope([cast.organisation_id]):
        added = ShopAssistant.objects.get(store=cast.store, number="101")
    assert check_pin("258013", added.pin)
    assert "258013" not in str(added.pin)


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"pin": "123456", "pin_again": "123456"}, "stand in a row"),
        ({"pin": "000000", "pin_again": "000000"}, "are the same"),
        ({"pin": "258258", "pin_again": "258258"}, "repeats itself"),
        ({"pin": "2580", "pin_again": "2580"}, "6 to 8 digits"),
        ({"pin": "258013", "pin_again": "258014"}, "The two PINs differ."),
        ({"number": "01"}, "Digits only"),
        ({"number": "1o1"}, "Digits only"),
        ({"name": ""}, "This field is required."),
        ({"role": "KING"}, "KING"),
    ],
)
def test_it_says_what_is_wrong(said: dict[str, str], complaint: str, cast: Cast) -> None:
    response = signed_in(cast.bob).post(address(cast, "add"), NEW | said)
    assert response.status_code == 422
    assert complaint in response.content.decode()
    with tenant_scope([cast.organisation_id]):
        assert not ShopAssistant.objects.exists()


def test_a_number_is_given_once(cast: Cast, maja: ShopAssistant) -> None:
    response = signed_in(cast.bob).post(address(cast, "add"), NEW)
    assert "This number is taken" in response.content.decode()


def test_it_changes_name_and_leaving_but_never_the_number(cast: Cast, maja: ShopAssistant) -> None:
    said = {"name": "Maja Holm", "role": "SALESPERSON", "number": "999"}
    assert signed_in(cast.bob).post(address(cast, maja.pk, ""), said).status_code == 302
    changed = fresh(maja)
    assert (changed.name, changed.role, changed.is_active, changed.number) == ("Maja Holm", "SALESPERSON", False, "101")


def test_a_new_pin_works_and_the_old_one_does_not(cast: Cast, maja: ShopAssistant) -> None:
    said = {"pin": "791346", "pin_again": "791346"}
    assert signed_in(cast.bob).post(address(cast, maja.pk, "pin"), said).status_code == 302
    changed = fresh(maja)
    assert check_pin("791346", changed.pin)
    assert not check_pin("258013", changed.pin)
    assert 1 < changed.pin_version <= version_at(now())


def test_a_pin_of_old_goes_on_working_and_a_page_says_whose_it_is(cast: Cast, maja: ShopAssistant) -> None:
    bob, old = signed_in(cast.bob), {key: value for key, value in PIN.items() if key != "digits"}
    with tenant_scope([cast.organisation_id]):
        assert "fewer than six digits" not in bob.get(address(cast, "")).content.decode()
        ShopAssistant.objects.filter(pk=maja.pk).update(pin=old)
    assert check_pin("258013", fresh(maja).pin)
    listed = bob.get(address(cast, "")).content.decode()
    assert ("1 shop assistant has a PIN of fewer than six digits" in listed, "Short PIN" in listed) == (True, True)
    assert "The present PIN has fewer than six digits." in bob.get(address(cast, maja.pk, "")).content.decode()
    bob.post(address(cast, maja.pk, "pin"), {"pin": "791346", "pin_again": "791346"})
    assert "fewer than six digits" not in bob.get(address(cast, "")).content.decode()


def test_a_bad_new_pin_changes_nothing(cast: Cast, maja: ShopAssistant) -> None:
    response = signed_in(cast.bob).post(address(cast, maja.pk, "pin"), {"pin": "111111", "pin_again": "111111"})
    assert response.status_code == 422
    assert "1111" not in response.content.decode()
    assert fresh(maja).pin_version == 1


def test_it_unblocks(cast: Cast, maja: ShopAssistant) -> None:
    block_assistant(assistant=maja, pin_version=1, actor="system", now=now())
    client = signed_in(cast.bob)
    assert "Blocked" in client.get(address(cast, "")).content.decode()
    assert client.post(address(cast, maja.pk, "unblock")).status_code == 302
    changed = fresh(maja)
    assert changed.blocked_at is None
    assert 1 < changed.pin_version <= version_at(now())
    assert check_pin("258013", changed.pin)


@pytest.mark.parametrize("rest", ["pin", "unblock"])
def test_nothing_changes_by_looking(rest: str, cast: Cast, maja: ShopAssistant) -> None:
    assert signed_in(cast.bob).get(address(cast, maja.pk, rest)).status_code == 405


@pytest.mark.parametrize("rest", ["", "pin", "unblock"])
def test_strangers_find_nothing(rest: str, cast: Cast, maja: ShopAssistant) -> None:
    said: dict[str, Any] = {"pin": "791346", "pin_again": "791346", "name": "x", "role": "OPERATOR"}
    assert signed_in(cast.charlie).post(address(cast, maja.pk, rest), said).status_code == 404
    assert fresh(maja).revision == maja.revision


def test_an_assistant_of_another_store_is_not_found_here(cast: Cast, maja: ShopAssistant) -> None:
    other = f"/manage/{cast.sister.store.pk}/assistants/{maja.pk}/"
    assert signed_in(cast.alice).get(other).status_code == 404


def test_nobody_sees_them_without_a_level(nobody: Client, cast: Cast) -> None:
    assert nobody.get(address(cast, "")).status_code == 403
