"""Which backup each store of a chain would get: the preview of an activation and the activation itself ask here."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Count

from butik.emergency.models import EmergencyStore
from butik.organisation.models import Chain, Device, Store
from butik.vault.choice import choose
from butik.vault.models import StoredBackup

Choice = EmergencyStore.Choice
Held = Mapping[UUID, UUID | None]  # store to backup, as it was confirmed


@dataclass(frozen=True, slots=True)
class StoreChoice:
    """One store, the backup that a date means for it (None: there is no proven one), and its active devices."""

    store: Store
    kind: str  # EXACT, OLDER, NEWER or NONE
    backup: Any
    devices: int

    @property
    def label(self) -> Any:
        return Choice(self.kind).label


@dataclass(frozen=True)
class Preview:
    """What an activation of `chain` with the backups of `date` would do."""

    chain: Chain
    date: date
    stores: Sequence[StoreChoice]

    @cached_property
    def counts(self) -> Counter[str]:
        return Counter(each.kind for each in self.stores)

    @property
    def newer(self) -> int:
        return self.counts["NEWER"]

    @property
    def without(self) -> int:
        return self.counts["NONE"]

    @property
    def selling(self) -> int:
        return len(self.stores) - self.without

    @property
    def devices(self) -> int:
        return sum(each.devices for each in self.stores)

    def is_without_held(self, held: "Held | None") -> bool:
        """Whether a backup that was confirmed cannot be had any more."""
        chosen = {each.store.pk: each.backup.pk if each.backup else None for each in self.stores}
        return any(chosen.get(store) != backup for store, backup in (held or {}).items())

    @property
    def fingerprint(self) -> str:
        """Of every choice: whoever confirms one preview shall not get another."""
        said = [self.date.isoformat(), *([str(each.store.pk), each.kind, _id(each.backup)] for each in self.stores)]
        return hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:32]


def preview_activation(chain: Chain, wanted: date, held: Held | None = None) -> Preview:
    """Call in the scope of the chain's organisation. `held`: backups that are taken whatever has come since."""
    of_chain = {"organisation_id": chain.organisation_id, "chain_id": chain.pk}
    backups = proven_backups(chain.organisation_id, chain.pk)
    devices = dict(
        Device.objects.filter(**of_chain, state=Device.State.ACTIVE).values_list("store_id").annotate(Count("pk"))
    )
    for store_id, backup_id in (held or {}).items():
        backups[store_id] = [each for each in backups[store_id] if each.pk == backup_id]
    stores = Store.objects.filter(**of_chain).order_by("number")
    return Preview(chain, wanted, [_choice(each, backups[each.pk], wanted, devices.get(each.pk, 0)) for each in stores])


def choice_of_store(store: Store, wanted: date) -> StoreChoice:
    """For a store that becomes known while the emergency is active already."""
    backups = proven_backups(store.organisation_id, store.chain_id, store.pk)
    return _choice(store, backups[store.pk], wanted, 0)


def proven_backups(organisation_id: UUID, chain_id: UUID, store_id: UUID | None = None) -> dict[UUID, list[Any]]:
    """By store, newest first. Only what was unpacked, checked and sold from may ever be chosen (truth 9)."""
    rows = StoredBackup.objects.proven().filter(organisation_id=organisation_id, chain_id=chain_id)
    rows = rows.defer("manifest", "proof", "staff").order_by("-received_at", "-id")
    found: dict[UUID, list[Any]] = defaultdict(list)
    for each in rows.filter(store_id=store_id) if store_id else rows:
        found[each.store_id].append(each)
    return found


def _choice(store: Store, backups: list[Any], wanted: date, devices: int) -> StoreChoice:
    chosen = choose(backups, wanted)
    return StoreChoice(store, chosen.kind, chosen.backup, devices)


def _id(backup: Any) -> str:
    return str(backup.pk) if backup else ""
