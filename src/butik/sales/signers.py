"""The devices that may sign: read anew for every call, so that a revocation holds at once. One statement, by hand."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from butik.organisation.models import Device, Store
from butik.sales.pipeline import ask, fetch
from butik.sales.reading import Place, Signer


@dataclass(frozen=True, slots=True)
class EnrolledDevice:
    """A device with the store it stands in."""

    signer: Signer
    state: str
    place: Place


_DEVICES = (
    "SELECT d.id, d.kid, d.key, d.state, p.number, d.organisation_id, d.chain_id, d.store_id, s.number, s.timezone "
    "FROM organisation_device d JOIN organisation_pos p ON p.id = d.pos_id "
    "JOIN organisation_store s ON s.id = d.store_id "
    "WHERE d.organisation_id = %s AND d.store_id = %s AND d.kid "
)
_SQLITE = _DEVICES + "IN (SELECT value FROM json_each(%s))"  # noqa: S608 - constants
_POSTGRESQL = _DEVICES + "= ANY(%s::text[])"


def load_devices(*, organisation_id: UUID, store_id: UUID, kids: Iterable[str]) -> dict[str, EnrolledDevice]:
    """The devices of a store, whatever their state, by key id."""
    if connection.vendor == "postgresql":
        rows = fetch(ask(_POSTGRESQL, (organisation_id, store_id, list(kids))))
    else:
        with connection.cursor() as cursor:
            cursor.execute(_SQLITE, (organisation_id.hex, store_id.hex, json.dumps(list(kids))))
            rows = cursor.fetchall()
    return {row[1]: _device(row) for row in rows}


def load_signers(*, place: Place, kids: Iterable[str]) -> dict[str, Signer]:
    devices = load_devices(organisation_id=place.organisation_id, store_id=place.store_id, kids=kids)
    return {kid: each.signer for kid, each in devices.items()}


def place_of(store: Store) -> Place:
    return Place(store.organisation_id, store.chain_id, store.id, store.number, store.timezone)


def _device(row: tuple[Any, ...]) -> EnrolledDevice:
    device_id, kid, key, state, pos_number, organisation_id, chain_id, store_id, store_number, timezone = row
    ids = [each if isinstance(each, UUID) else UUID(each) for each in (device_id, organisation_id, chain_id, store_id)]
    signer = Signer(ids[0], kid, bytes(key), pos_number, state == Device.State.REVOKED)
    return EnrolledDevice(signer, state, Place(ids[1], ids[2], ids[3], store_number, timezone))
