"""What becomes of organisation, stores and devices leaves its line, and has its effect."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.core.management import call_command
from django.test import Client
from tests.support.acts import not_told, told
from tests.support.cast import Cast, report, signed_in
from tests.support.till import API, Till

from butik.lib.clock import now
from butik.lib.signing import SigningKey, encode
from butik.organisation.actions import found_chain, found_organisation, open_store
from butik.organisation.installation import install_chain
from butik.organisation.models import Chain, Device, EnrolmentCode, Installation, Pos, Store
from butik.organisation.pairing import pairing_of
from butik.organisation.tenancy import tenant_scope
from butik.sales.enrolment import renew_enrolments


@pytest.mark.django_db
def test_an_organisation_its_chain_and_a_store_are_founded() -> None:
    said: dict[str, Any] = {"actor": "person:1", "now": now()}
    company = found_organisation(name="Fjord", company="Fjord ApS", vat_number="DK1", **said)
    chain = found_chain(company=company, number=1, name="Fjord", **said)
    store = open_store(chain=chain, number=12, name="Havnegade", **said)
    with tenant_scope([chain.organisation_id]):
        told("organisation.organisation.founded", chain.organisation, by="person:1", about=chain.organisation_id)
        told("organisation.chain.founded", chain, by="person:1", about=chain.pk)
        told("organisation.store.opened", store, by="person:1", about=store.pk)
        assert Store.objects.get(chain__company=company, number=12).name == "Havnegade"
        assert chain.root_key


def test_a_pos_is_added(cast: Cast) -> None:
    signed_in(cast.bob).post(f"/manage/{cast.store.pk}/poss/add", {"number": 4, "name": "Terrace"})
    with tenant_scope([cast.organisation_id]):
        pos = Pos.objects.get(store=cast.store, number=4)
    told("organisation.pos.added", cast.store, by=cast.bob.actor, about=pos.pk)


def test_codes_are_issued_for_a_device_and_for_a_service(cast: Cast) -> None:
    """Neither line has the code: whoever reads the log may not enrol by it."""
    signed_in(cast.bob).post(f"/manage/{cast.store.pk}/poss/{cast.shop.pos.pk}/code")
    signed_in(cast.alice).post(f"/manage/{cast.store.pk}/service")
    told("organisation.code.issued", cast.store, by=cast.bob.actor, about=cast.shop.pos.pk)
    told("organisation.code.issued", cast.store, by=cast.alice.actor, about=cast.store.pk)
    with tenant_scope([cast.organisation_id]):
        codes = EnrolmentCode.objects.filter(store=cast.store, used_at=None, expires_at__gt=now())
        assert set(codes.values_list("pos", flat=True)) == {cast.shop.pos.pk, None}


def test_a_device_is_enrolled_renewed_and_unpaired(cast: Cast, till: Till) -> None:
    where, device = cast.store, till.device
    _, first = state_of(till)
    told("organisation.device.enrolled", where, by=f"device:{device}", about=device)
    with tenant_scope([cast.organisation_id]):
        where.name = "Nordly Havnen"
        where.save()
        renew_enrolments(store=where, now=now())
    told("organisation.device.renewed", where, by="system", about=device)
    state, renewed = state_of(till)
    assert (state, renewed > first) == ("ACTIVE", True)
    report(till, [till.sale()])
    body = msgspec.json.encode({"closing": till.closing()})
    headers = {"Authorization": till.proof("POST", f"{API}/unpair", body)}
    Client().post(f"{API}/unpair", body, content_type="application/json", headers=headers)
    told("organisation.device.unpaired", where, by=f"device:{device}", about=device)
    assert state_of(till) == ("UNPAIRED", renewed)
    not_told("organisation.device.revoked", where, about=device)


def test_a_device_is_revoked_once(cast: Cast, till: Till) -> None:
    _, version = state_of(till)
    for _ in range(2):
        signed_in(cast.bob).post(f"/manage/{cast.store.pk}/devices/{till.device}/revoke", {"name": "Tablet"})
    told("organisation.device.revoked", cast.store, by=cast.bob.actor, about=till.device)
    assert state_of(till) == ("REVOKED", version)


def state_of(till: Till) -> tuple[str, int]:
    with tenant_scope([till.org]):
        device = Device.objects.get(pk=till.device)
    return device.state, device.enrolment_version


def test_a_chain_is_paired_with_its_emergency_cloud(cast: Cast, tmp_path: Path) -> None:
    chain, key, url = cast.shop.chain, SigningKey.generate(), "https://emergency.example"
    Installation.objects.all().delete()
    install_chain(chain=chain)
    offer = {"chain": str(chain.pk), "url": url, "key": encode(key.public), "recipient": "age1" + "q" * 58}
    (tmp_path / "offer").write_text(json.dumps(offer))
    for _ in range(2):  # the same offer again is no act
        call_command("pair_emergency", str(tmp_path / "offer"), "--organisation", str(chain.organisation_id))
    told("organisation.emergency.paired", chain, by="system", about=chain.pk, url=url)
    with tenant_scope([chain.organisation_id]):
        paired = pairing_of(Chain.objects.get(pk=chain.pk))
    assert paired
    assert paired.key_bytes == key.public
