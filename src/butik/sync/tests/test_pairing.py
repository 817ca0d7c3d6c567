"""The pairing with the emergency cloud: by commands at the chain, down the feed, into every device's enrolment."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.core.management import CommandError, call_command
from tests.support.till import NOW, Shop, Till, open_shop

from butik.changes.models import OutboxItem
from butik.lib.signing import SigningKey, decode, encode
from butik.lib.versions import version_at
from butik.organisation.installation import install_store, this_installation
from butik.organisation.keys import issue_certificate, service_key
from butik.organisation.models import Chain, Device, Installation
from butik.organisation.pairing import pairing_of, read_introduction
from butik.organisation.tenancy import tenant_scope
from butik.sync.kinds import FEED_KINDS
from butik.sync.tests.conftest import StoreCaller, now
from butik.sync.wire import FeedItem

pytestmark = pytest.mark.django_db


def write_offer(folder: Path, shop: Shop, key: SigningKey, **changes: Any) -> str:
    offer = {"chain": str(shop.chain.id), "url": "https://emergency.example", "key": encode(key.public)}
    path = folder / "offer.json"
    path.write_text(json.dumps(offer | {"recipient": "age1" + "q" * 58} | changes))
    return str(path)


def emergency_of(shop: Shop) -> str:
    with tenant_scope([shop.store.organisation_id]):
        return Chain.objects.get(pk=shop.chain.pk).emergency


def told(store: StoreCaller) -> FeedItem:
    """The entry about the store itself, as the chain sends it."""
    entry = next(each for each in store.pull(after=0)["entries"] if each["kind"] == "store")
    return FeedItem(entry["position"], "store", entry["key"], msgspec.Raw(msgspec.json.encode(entry["body"])))


def take(shop: Shop, entry: FeedItem, *, holding: str = "") -> str:
    """At the store, which holds a pairing or none: take the entry, and say what it holds then."""
    with tenant_scope([shop.store.organisation_id]):
        Installation.objects.all().delete()
        certificate = issue_certificate(store=shop.store, key=service_key().public, now=now())
        install_store(store=shop.store, root_key=bytes(shop.chain.root_key or b""), certificate=certificate)
        Chain.objects.filter(pk=shop.chain.pk).update(emergency=holding)
        FEED_KINDS["store"].apply([entry], shop.store, now())
    return emergency_of(shop)


def test_a_chain_is_introduced_and_paired_by_two_commands(store: StoreCaller, tmp_path: Path) -> None:
    call_command("introduce_chain", "--out", str(tmp_path / "chain.butik"))
    introduction = read_introduction((tmp_path / "chain.butik").read_text().strip())
    assert (introduction.chain, introduction.number) == (store.shop.chain.id, 1)
    key = SigningKey.generate()
    for _ in range(2):
        call_command("pair_emergency", write_offer(tmp_path, store.shop, key), "--chain", "1")
    with tenant_scope([store.shop.store.organisation_id]):
        pairing = pairing_of(Chain.objects.get(pk=store.shop.chain.pk))
    assert pairing is not None
    assert (pairing.key_bytes, pairing.version) == (key.public, version_at(pairing.issued_at))


def test_the_commands_say_what_is_wrong(store: StoreCaller, tmp_path: Path) -> None:
    offer = write_offer(tmp_path, store.shop, SigningKey.generate())
    other = write_offer(tmp_path, open_shop(number=77, install=False), SigningKey.generate())
    with pytest.raises(CommandError, match="There is no chain 9"):
        call_command("introduce_chain", "--chain", "9", "--out", str(tmp_path / "out"))
    with pytest.raises(CommandError, match="could not be written"):
        call_command("introduce_chain", "--out", str(tmp_path / "no" / "folder"))
    with pytest.raises(CommandError, match="could not be read"):
        call_command("pair_emergency", str(tmp_path / "missing"))
    with pytest.raises(CommandError, match="for another chain"):
        call_command("pair_emergency", other)
    (tmp_path / "bad").write_bytes(b"\xff\x00")
    with pytest.raises(CommandError, match="not the offer"):
        call_command("pair_emergency", str(tmp_path / "bad"))
    call_command("pair_emergency", write_offer(tmp_path, store.shop, SigningKey.generate()))
    with pytest.raises(CommandError, match="paired with another"):
        call_command("pair_emergency", write_offer(tmp_path, store.shop, SigningKey.generate()))
    assert offer


def test_a_store_cannot_introduce_its_chain(shop: Shop, tmp_path: Path) -> None:
    assert this_installation().role == "store"
    with pytest.raises(CommandError, match="not a chain's service"):
        call_command("introduce_chain", "--out", str(tmp_path / "out"))


def test_it_goes_down_the_feed_into_the_enrolments(store: StoreCaller, till: Till, tmp_path: Path) -> None:
    before = store.pull(after=0)
    call_command("pair_emergency", write_offer(tmp_path, store.shop, SigningKey.generate()))
    assert [entry["kind"] for entry in store.pull_on(before)["entries"]] == ["store"]
    document = emergency_of(store.shop)
    assert take(store.shop, told(store)) == document
    with tenant_scope([store.shop.store.organisation_id]):
        device = Device.objects.get(pk=till.device)
        item = OutboxItem.objects.filter(kind="device", ref=till.device).latest("id")
    enrolment = msgspec.json.decode(decode(device.enrolment.split(".")[1]))
    assert (enrolment["emergency"], enrolment["version"]) == (document, device.enrolment_version)
    assert device.enrolment_version > version_at(NOW)
    assert device.enrolment in item.body


def test_a_store_keeps_the_root_that_it_has_pinned(store: StoreCaller, till: Till, tmp_path: Path) -> None:
    shop, pinned = store.shop, SigningKey.generate()
    call_command("pair_emergency", write_offer(tmp_path, shop, pinned))
    first, unpaired = emergency_of(shop), _without_pairing(told(store))
    call_command("pair_emergency", write_offer(tmp_path, shop, pinned, url="https://moved.example"))
    moved, newest = emergency_of(shop), told(store)
    with tenant_scope([shop.store.organisation_id]):
        Chain.objects.filter(pk=shop.chain.pk).update(emergency="")
    call_command("pair_emergency", write_offer(tmp_path, shop, SigningKey.generate()))
    another = told(store)

    assert take(shop, newest, holding=first) == moved
    for entry in (another, unpaired, _with_pairing(newest, first), _with_pairing(newest, first[:-9] + "AAAAAAAAA")):
        assert take(shop, entry, holding=moved) == moved
    assert take(shop, _with_pairing(newest, "nonsense")) == ""


def _with_pairing(entry: FeedItem, document: str) -> FeedItem:
    body = msgspec.json.decode(entry.body)
    body["chain"]["emergency"] = document
    return FeedItem(entry.position, entry.kind, entry.key, msgspec.Raw(msgspec.json.encode(body)))


def _without_pairing(entry: FeedItem) -> FeedItem:
    return _with_pairing(entry, "")


def test_a_feed_with_a_bad_pairing_still_brings_the_rest(store: StoreCaller, till: Till) -> None:
    entry = _with_pairing(told(store), "nonsense")
    body = msgspec.json.decode(entry.body)
    body["store"]["name"] = "Renamed"
    renamed = FeedItem(entry.position, entry.kind, entry.key, msgspec.Raw(msgspec.json.encode(body)))
    take(store.shop, renamed)
    with tenant_scope([store.shop.store.organisation_id]):
        store.shop.store.refresh_from_db()
    assert store.shop.store.name == "Renamed"
