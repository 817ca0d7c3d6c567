"""What passes between store and chain leaves its line on the side where it counts."""

import pytest
from django.core.management import call_command
from tests.support.acts import told
from tests.support.till import Shop

from butik import __version__
from butik.lib.ids import new_id
from butik.lib.signing import SigningKey, encode, key_id
from butik.organisation.actions import issue_code
from butik.organisation.installation import forget_installation, this_installation
from butik.organisation.keys import root_public_key, service_key
from butik.organisation.models import Installation, Pos, Store
from butik.organisation.tenancy import tenant_scope
from butik.sync.enrolment import enrol_store
from butik.sync.tests.conftest import StoreCaller, become_chain, now
from butik.sync.tests.test_enrol import enrol, issue
from butik.sync.wire import Enrol, Enrolled

pytestmark = pytest.mark.django_db


def test_a_store_s_service_is_enrolled_at_its_chain(store: StoreCaller) -> None:
    key, here = SigningKey.generate(), store.shop.store
    enrol(store, issue(store), encode(key.public))
    told("sync.store.enrolled", here, by=f"store:{here.pk}", about=here.pk, kid=key.kid, app="0.1.0")
    with tenant_scope([here.organisation_id]):
        assert bytes(Store.objects.get(pk=here.pk).key or b"") == key.public


def test_a_service_joins_its_chain(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the store: the chain's answer comes by hand here, by the line in tests/sync."""
    code = issue_code(store=shop.store, actor="system", now=now())
    become_chain(shop)
    told_us = enrol_store(wish=Enrol(code, encode(service_key().public), __version__), now=now())
    Installation.objects.all().delete()
    forget_installation()

    def answer(*, chain_url: str, wish: Enrol) -> Enrolled:
        assert (chain_url, wish.code) == ("https://chain.example", code)
        return told_us

    monkeypatch.setattr("butik.sync.joining.enrol", answer)
    call_command("join_chain", "--url", "https://chain.example", "--code", code)
    root = key_id(root_public_key(shop.chain))
    told("sync.chain.joined", shop.store, by="system", about=shop.chain.pk, root=root)
    here = this_installation()
    assert (here.store_id, here.chain_url) == (shop.store.pk, "https://chain.example")


def test_a_pos_of_a_store_is_taken_over_and_the_line_says_which(store: StoreCaller) -> None:
    here, pos = store.shop.store, new_id()
    item = store.put("pos", {"id": str(pos), "number": 7, "name": "Skranken"})
    for _ in range(2):  # the answer may be lost
        store.push([item])
    told("sync.pos.taken", here, by=f"store:{here.pk}", about=pos)
    with tenant_scope([here.organisation_id]):
        assert Pos.objects.get(pk=pos).name == "Skranken"
