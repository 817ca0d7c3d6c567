"""What waits for a person at a chain: new devices, revocations, backups in quarantine; and whom to look at besides."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from butik.emergency.actions import today
from butik.emergency.models import Emergency, EmergencyStore
from butik.organisation.models import Chain, Device, Store
from butik.staff.models import Person
from butik.vault.differences import Contents
from butik.vault.models import NewDevice, Revocation, StoredBackup


@dataclass(frozen=True, slots=True)
class Waiting:
    devices: Sequence[dict[str, Any]]
    decided: Sequence[dict[str, Any]]  # new devices that a person has decided about
    revocations: Sequence[dict[str, Any]]
    backups: Sequence[StoredBackup]
    later: Sequence[Device]  # known before the activation, and not in the chosen backup: they sell

    @property
    def count(self) -> int:
        return len(self.devices) + len(self.revocations) + len(self.backups)


def what_waits(person: Person, chain: Chain) -> Waiting:
    of_chain = {"organisation_id": chain.organisation_id, "chain_id": chain.pk}
    stores = {each.pk: each for each in Store.objects.visible_to(person).filter(chain=chain)}
    new = [
        {"device": each, "store": stores.get(each.store_id)}
        for each in NewDevice.objects.visible_to(person).filter(**of_chain).order_by("-first_seen_at", "id")
    ]
    revocations = list(
        Revocation.objects.visible_to(person).filter(**of_chain, state=Revocation.State.WAITING).order_by("received_at")
    )
    named = Device.objects.visible_to(person).filter(pk__in=[each.device_id for each in revocations])
    devices = {each.pk: each for each in named.select_related("pos")}
    held = StoredBackup.objects.visible_to(person).filter(**of_chain, state=StoredBackup.State.QUARANTINED)
    return Waiting(
        devices=[each for each in new if each["device"].state == NewDevice.State.WAITING],
        decided=[each for each in new if each["device"].state != NewDevice.State.WAITING],
        revocations=[
            {"revocation": each, "store": stores.get(each.store_id), "device": devices.get(each.device_id)}
            for each in revocations
        ],
        backups=list(held.select_related("store").defer("manifest", "proof", "staff").order_by("-received_at")),
        later=_later(person, chain),
    )


def count_waiting(person: Person, chain: Chain) -> int:
    """As `what_waits` would count, in three cheap questions."""
    of_chain = {"organisation_id": chain.organisation_id, "chain_id": chain.pk}
    return sum(
        rows.objects.visible_to(person).filter(**of_chain, state=state).count()
        for rows, state in (
            (NewDevice, NewDevice.State.WAITING),
            (Revocation, Revocation.State.WAITING),
            (StoredBackup, StoredBackup.State.QUARANTINED),
        )
    )


def _later(person: Person, chain: Chain) -> list[Device]:
    """Devices that became known after the date of the backups: the attack may have begun by then."""
    emergency = Emergency.objects.active().visible_to(person).filter(chain=chain).first()
    if emergency is None:
        return []
    rows = EmergencyStore.objects.visible_to(person).filter(emergency=emergency)
    chosen = StoredBackup.objects.visible_to(person).filter(pk__in=[each.backup_id for each in rows])
    kids = {kid for said in chosen.values_list("contents", flat=True) if said for kid in _kids(said)}
    devices = Device.objects.visible_to(person).filter(chain=chain, state=Device.State.ACTIVE)
    return [
        each
        for each in devices.select_related("store", "pos").order_by("store__number", "pos__number")
        if today(each.enrolled_at) > emergency.date and each.kid not in kids
    ]


def _kids(contents: str) -> list[str]:
    return [each.kid for each in msgspec.json.decode(contents, type=Contents).devices]
