"""POSs, enrolment codes and revoked devices."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest
from django.conf import settings
from django.test import Client, modify_settings
from tests.support.cast import Cast, sell, signed_in
from tests.support.till import API, MILK, Till

from butik.changes.models import OutboxItem
from butik.lib.clock import now
from butik.lib.signing import SigningKey, decode, encode, key_id
from butik.organisation.models import Device, EnrolmentCode, Pos
from butik.organisation.tenancy import tenant_scope
from butik.store_management.enrolment import enrolment_address


def issue(cast: Cast) -> Any:
    return signed_in(cast.bob).post(f"/manage/{cast.store.pk}/poss/{cast.shop.pos.pk}/code")


def code_in(page: str) -> str:
    found = re.search(r'id="enrolment-code">([0-9A-Z]{4}-[0-9A-Z]{4})<', page)
    assert found
    return found[1]


def use(code: str) -> None:
    body = {"code": code, "key": encode(SigningKey.generate().public), "name": "<i>Tablet</i>", "app": "0.1.0"}
    answer = Client().post(f"{API}/enrol", msgspec.json.encode(body), content_type="application/json")
    assert answer.status_code == 200


def state_of(cast: Cast) -> str:
    with tenant_scope([cast.organisation_id]):
        code = EnrolmentCode.objects.get(store=cast.store)
    return signed_in(cast.bob).get(f"/manage/{cast.store.pk}/codes/{code.pk}").content.decode()


def test_it_lists_poss_with_their_devices(cast: Cast, till: Till) -> None:
    page = signed_in(cast.bob).get(f"/manage/{cast.store.pk}/poss/").content.decode()
    assert "1 POS" in page
    assert "Till 3" in page
    assert "Tablet" in page


def test_it_adds_a_pos_with_the_next_number(cast: Cast) -> None:
    client, address = signed_in(cast.bob), f"/manage/{cast.store.pk}/poss/add"
    assert 'value="4"' in client.get(address).content.decode()
    response = client.post(address, {"number": 4, "name": "Terrace"})
    assert response["Location"] == f"/manage/{cast.store.pk}/poss/"
    with tenant_scope([cast.organisation_id]):
        assert Pos.objects.get(store=cast.store, number=4).name == "Terrace"


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"number": 3, "name": "Again"}, "This number is taken."),
        ({"number": 0, "name": "Zero"}, "greater than or equal to 1"),
        ({"number": 5, "name": ""}, "This field is required."),
        ({"number": 5, "name": "x" * 33}, "at most 32"),
    ],
)
def test_it_says_what_is_wrong_with_a_pos(said: dict[str, Any], complaint: str, cast: Cast) -> None:
    response = signed_in(cast.bob).post(f"/manage/{cast.store.pk}/poss/add", said)
    assert response.status_code == 422
    assert complaint in response.content.decode()


def test_a_code_is_shown_once_and_enrols_a_device(cast: Cast) -> None:
    response = issue(cast)
    page = response.content.decode()
    assert response["Cache-Control"] == "no-store"
    assert "for 15 minutes" in page
    assert "Waiting for the device" in state_of(cast)
    use(code_in(page))
    state = state_of(cast)
    assert "Used" in state
    assert "&lt;i&gt;Tablet&lt;/i&gt;" in state
    assert code_in(page) not in state


def test_an_old_code_says_that_it_has_expired(cast: Cast) -> None:
    issue(cast)
    with tenant_scope([cast.organisation_id]):
        EnrolmentCode.objects.update(expires_at=now() - timedelta(seconds=1))
    assert "Expired" in state_of(cast)


def test_the_qr_code_opens_the_pos_app_with_all_it_needs(cast: Cast) -> None:
    address = enrolment_address(store=cast.store, code="K7QM-2XWD")
    base, _, said = address.partition("#enrol=")
    assert base == f"{settings.BUTIK_POS_ORIGIN}/"
    root = key_id(bytes(cast.shop.chain.root_key or b""))
    assert msgspec.json.decode(decode(said)) == {"u": settings.BUTIK_URL, "c": "K7QM-2XWD", "r": root}


def test_the_qr_code_is_a_picture_that_the_policy_allows(cast: Cast) -> None:
    response = issue(cast)
    assert "img-src 'self' data:" in response["Content-Security-Policy"]
    source = re.search(r'class="qr" src="(data:image/svg\+xml[^"]+)"', response.content.decode())
    assert source
    assert unquote(source[1]).endswith("</svg>")


def test_it_warns_of_a_device_that_is_there_already(cast: Cast, till: Till) -> None:
    assert "Tablet is active in this POS." in issue(cast).content.decode()


def test_revoking_says_in_numbers_what_it_does(cast: Cast, till: Till) -> None:
    sell(till, cast.store, MILK)
    sell(till, cast.store, MILK)
    page = signed_in(cast.bob).get(f"/manage/{cast.store.pk}/devices/{till.device}/revoke").content.decode()
    assert "2 receipts that it has sent stay booked." in page
    assert "1 device in POS 3 Till 3" in page


def test_a_device_is_revoked_by_typing_its_name(cast: Cast, till: Till) -> None:
    client, address = signed_in(cast.bob), f"/manage/{cast.store.pk}/devices/{till.device}/revoke"
    wrong = client.post(address, {"name": "Tabelt"})
    assert wrong.status_code == 422
    assert _state(cast, till) == Device.State.ACTIVE
    assert client.post(address, {"name": "Tablet"}).status_code == 302
    assert _state(cast, till) == Device.State.REVOKED
    assert client.get(address).status_code == 404


def test_the_chain_is_told_of_a_revoked_device(cast: Cast, till: Till) -> None:
    address = f"/manage/{cast.store.pk}/devices/{till.device}/revoke"
    signed_in(cast.bob).post(address, {"name": "Tablet"})
    with tenant_scope([cast.organisation_id]):
        newest = OutboxItem.objects.filter(kind="device").latest("pk")
    assert msgspec.json.decode(newest.body)["state"] == Device.State.REVOKED


def _state(cast: Cast, till: Till) -> str:
    with tenant_scope([cast.organisation_id]):
        return Device.objects.get(pk=till.device).state


def test_where_no_devices_are_served_they_are_only_looked_at(cast: Cast, till: Till) -> None:
    client = signed_in(cast.alice)
    base = f"/manage/{cast.store.pk}"
    with modify_settings(INSTALLED_APPS={"remove": "butik.pos_api"}):
        page = client.get(f"{base}/poss/").content.decode()
        assert "Tablet" in page
        assert "Enrol a device" not in page
        assert client.get(f"{base}/poss/add").status_code == 404
        assert client.post(f"{base}/poss/{cast.shop.pos.pk}/code").status_code == 404
        assert client.post(f"{base}/devices/{till.device}/revoke", {"name": "Tablet"}).status_code == 404
    assert _state(cast, till) == Device.State.ACTIVE


def test_strangers_find_nothing(cast: Cast, till: Till) -> None:
    client = signed_in(cast.charlie)
    base = f"/manage/{cast.store.pk}"
    assert client.get(f"{base}/poss/").status_code == 404
    assert client.get(f"{base}/poss/add").status_code == 404
    assert client.post(f"{base}/poss/{cast.shop.pos.pk}/code").status_code == 404
    assert client.post(f"{base}/devices/{till.device}/revoke", {"name": "Tablet"}).status_code == 404


def test_a_pos_of_another_store_gets_no_code_here(cast: Cast) -> None:
    address = f"/manage/{cast.store.pk}/poss/{cast.sister.pos.pk}/code"
    assert signed_in(cast.alice).post(address).status_code == 404


def test_a_code_is_never_issued_by_looking(cast: Cast) -> None:
    assert signed_in(cast.bob).get(f"/manage/{cast.store.pk}/poss/{cast.shop.pos.pk}/code").status_code == 405
