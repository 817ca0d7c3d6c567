"""What happens to backups and revocations at the vault leaves its line, and has its effect."""

import pytest
from tests.support.acts import told

from butik.lib.clock import now
from butik.organisation.models import Chain, Device
from butik.organisation.tenancy import tenant_scope
from butik.vault.actions import accept_backup, freeze, lift
from butik.vault.models import Freeze, Revocation, StoredBackup
from butik.vault.revoking import decide_revocation
from butik.vault.storage import object_path
from butik.vault.tests.depot import Depot, Sealed, midday
from butik.vault.tests.test_revoking import tell
from butik.vault.tests.test_trouble import kept_at
from butik.vault.work import keep_vault, prove_backups

ALICE = "person:alice"


def chain_of(depot: Depot) -> Chain:
    chain: Chain = depot.store.chain
    return chain


def sent(depot: Depot, sealed: Sealed) -> StoredBackup:
    depot.upload(sealed)
    prove_backups([depot.org])
    return depot.stored(sealed)


def test_a_backup_is_received_and_proven(depot: Depot) -> None:
    sealed = depot.backup()
    kept = sent(depot, sealed)
    told("vault.backup.received", depot.store, by=f"store:{depot.store_id}", about=kept.pk, size=len(sealed.body))
    told("vault.backup.proven", depot.store, by="system", about=kept.pk)
    assert object_path(kept.object).read_bytes() == sealed.body
    assert kept.proof


def test_a_worthless_backup_is_refused(depot: Depot) -> None:
    kept = sent(depot, depot.backup(price_file="0" * 64))
    told("vault.backup.refused", depot.store, by="system", about=kept.pk)
    assert (kept.state, kept.proof) == ("REFUSED", "")


def test_a_backup_is_deleted_with_its_file_when_it_has_had_its_time(depot: Depot) -> None:
    _, old, _ = kept_at(depot, midday(3), midday(4), midday(20))
    file = object_path(depot.stored(old).object)
    keep_vault([depot.org], now=lambda: midday(25))
    told("vault.backup.deleted", depot.store, by="system", about=old.manifest.id)
    assert old.manifest.id not in {each.pk for each in depot.all_stored()}
    assert not file.exists()


def test_one_of_an_emergency_waits_and_a_person_accepts_it(depot: Depot) -> None:
    sent(depot, depot.backup())
    freeze(chain=chain_of(depot), actor=ALICE, now=now())
    kept = sent(depot, depot.backup())
    told("vault.backup.quarantined", depot.store, by="system", about=kept.pk, rules=["EMERGENCY"])
    assert kept.state == "QUARANTINED"
    lift(chain=chain_of(depot), actor=ALICE, now=now())
    accept_backup(backup=kept, reason="I made it myself", actor=ALICE, now=now())
    told("vault.backup.accepted", depot.store, by=ALICE, about=kept.pk, reason="I made it myself")
    with tenant_scope([depot.org]):
        kept.refresh_from_db()
    assert (kept.state, kept.accepted_by) == ("RECEIVED", ALICE)


def test_retention_is_frozen_and_lifted(depot: Depot) -> None:
    depot.make_known()
    chain = chain_of(depot)
    for _ in range(2):
        freeze(chain=chain, actor=ALICE, now=now())
    told("vault.retention.frozen", chain, by=ALICE, about=chain.pk)
    with tenant_scope([depot.org]):
        assert Freeze.objects.filter(chain=chain).exists()
    for _ in range(2):
        lift(chain=chain, actor="person:bob", now=now())
    told("vault.retention.lifted", chain, by="person:bob", about=chain.pk)
    with tenant_scope([depot.org]):
        assert not Freeze.objects.exists()


@pytest.mark.parametrize("is_right", [True, False])
def test_a_revocation_waits_in_an_emergency_and_is_decided(depot: Depot, is_right: bool) -> None:
    sent(depot, depot.backup())
    freeze(chain=chain_of(depot), actor=ALICE, now=now())
    tell(depot)
    told("vault.revocation.received", depot.store, by=f"store:{depot.store_id}", about=depot.tablet_id, waits=True)
    with tenant_scope([depot.org]):
        waiting = Revocation.objects.get(state="WAITING")
    decide_revocation(revocation=waiting, is_right=is_right, actor=ALICE, now=now())
    if is_right:
        told("vault.revocation.accepted", depot.store, by=ALICE, about=depot.tablet_id)
    else:
        told("vault.revocation.refused", depot.store, by=ALICE, about=depot.tablet_id)
    with tenant_scope([depot.org]):
        assert Device.objects.get(kid=depot.tablet.kid).state == ("REVOKED" if is_right else "ACTIVE")
