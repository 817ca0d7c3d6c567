"""A store and an emergency cloud in memory, as far as a device needs them: they sign as the real ones do."""

import gzip
import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from butik.lib.clock import now, to_wire
from butik.lib.ids import new_id
from butik.lib.signing import SigningKey, encode
from butik.simulator.device import Device, Memory
from butik.simulator.documents import Root

PRICES = {
    "format": "butik-prices/1", "count": 1, "numbers": "1001", "texts": "MINIMÆLK 1L", "prices": [1295],
    "versions": [412], "vat_rates": [2500], "vat": "0", "units": ["PCS"], "unit": "0", "groups": ["Mejeri"],
    "group": [0], "barcodes": [5701234567899], "barcode_articles": [0], "barcode_quantities": [], "codes": [],
    "age_limits": [], "links": [], "blocked": [],
}  # fmt: skip
CONTENT = gzip.compress(msgspec.json.encode(PRICES))
STAFF = {
    "id": str(new_id()), "number": "101", "name": "Maja", "role": "OPERATOR", "pin_version": 1,
    "pin": {"alg": "PBKDF2-SHA256", "iterations": 1, "salt": "AAAA", "hash": "AAAA"},
}  # fmt: skip


class Line:
    """A service's end of a device's line, answering from a table. `calls` in order."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers, self.calls, self.records = answers, list[str](), list[str]()
        self.offset, self.is_closed = 0.0, False

    def measure_clock(self) -> None:
        pass

    def close(self) -> None:
        self.is_closed = True

    def get(self, path: str) -> bytes:
        return self._answer(path, None)

    def post(self, path: str, body: Any) -> bytes:
        return self._answer(path, body)

    def _answer(self, path: str, body: Any) -> bytes:
        self.calls.append(path.split("?")[0])
        if path == "/journal":
            self.records += body["records"]
            hashes = [hashlib.sha256(each.encode()).hexdigest() for each in body["records"]]
            return msgspec.json.encode({"results": [{"hash": each, "outcome": "BOOKED"} for each in hashes]})
        answer = self.answers[path.split("?")[0]]
        return answer if isinstance(answer, bytes) else msgspec.json.encode(answer)


class World:
    """One chain, one store, one device in it, and the chain's emergency cloud."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root, self.store_key, self.cloud_key = (SigningKey.generate() for _ in range(3))
        self.org, self.chain, self.store, self.emergency, self.backup = (str(new_id()) for _ in range(5))
        self.device_id, self.device_key = str(new_id()), SigningKey.generate()
        self.pairing = self.pair(self.cloud_key)
        self.device = self._device()
        self.store_line, self.cloud = Line({}), Line({"/prices/" + self.sha256: CONTENT})
        self.plug_in(self.device)

    sha256 = hashlib.sha256(CONTENT).hexdigest()

    def plug_in(self, device: Device) -> Device:
        device.store_line = self.store_line  # type: ignore[assignment]
        device.cloud = self.cloud  # type: ignore[assignment]
        return device

    def pair(self, key: SigningKey, *, version: int = 1, signer: SigningKey | None = None) -> str:
        said = {"v": 1, "org": self.org, "chain": self.chain, "url": "http://cloud.example", "key": encode(key.public)}
        return (signer or self.root).sign("butik-emergency", msgspec.json.encode(said | {"version": version}))

    def enrolment(self, *, version: int = 1, pairing: str | None = None) -> str:
        said = {
            "version": version, "org": self.org, "chain": {"id": self.chain, "name": "Nordly"},
            "store": {"id": self.store, "number": 12, "name": "Havnegade"},
            "pos": {"id": str(new_id()), "number": 3, "name": "Kasse 3"},
            "device": {"id": self.device_id, "kid": self.device_key.kid},
            "series": {"id": "0199c0de-0000-7000-8000-000000000001", "label": "N1"},
            "currency": "DKK", "cash_rounding": 50,
            "service": {"audience": f"store/{self.store}", "url": "http://store.example"},
            "emergency": self.pairing if pairing is None else pairing,
        }  # fmt: skip
        return self.store_key.sign("butik-enrolment", msgspec.json.encode(said))

    @property
    def certificate(self) -> str:
        said = {
            "org": self.org, "chain": self.chain, "store": self.store, "use": "store",
            "key": encode(self.store_key.public), "expires_at": to_wire(now() + timedelta(days=1)),
        }  # fmt: skip
        return self.root.sign("butik-key", msgspec.json.encode(said))

    def order(self, kind: str, version: int, *, signer: SigningKey | None = None, **changes: Any) -> str:
        said = {
            "v": 1, "id": str(new_id()), "kind": kind, "org": self.org, "chain": self.chain,
            "store": None if kind == "ACTIVATE" else self.store, "emergency": {"id": self.emergency, "number": 1},
            "date": "2026-11-20", "version": version, "expires_at": to_wire(now() + timedelta(days=30)),
        }  # fmt: skip
        return (signer or self.cloud_key).sign("butik-order", msgspec.json.encode(said | changes))

    def told(self, order: str | None) -> None:
        """The answer to `/state` and `/ready`."""
        said = {"order": order, "prices": {"version": 1, "sha256": self.sha256}, "server_time": 0.0}
        self.cloud.answers |= {"/state": said, "/ready": said}

    def lets_enter(self, *, series: int = 1, has_backup: bool = True, **changes: Any) -> None:
        """The answer to `/enter`; `changes` to the assignment, `prices` and `staff` signed by whom they say."""
        assignment = {
            "v": 1, "org": self.org, "chain": self.chain, "store": self.store, "pos": 3, "device": self.device_id,
            "key": encode(self.device_key.public), "emergency": {"id": self.emergency, "number": series},
            "series": {"id": f"0199c0de-0000-7000-8000-0000000000e{series}", "label": f"E{series}"},
            "choice": "EXACT" if has_backup else "NONE",
            "backup": {"id": self.backup, "made_at": "", "received_at": ""} if has_backup else None,
        }  # fmt: skip
        self.cloud.answers["/enter"] = {
            "assignment": self.cloud_key.sign("butik-assignment", msgspec.json.encode(assignment | changes)),
            "prices": self.prices() if has_backup else None,
            "staff": self.staff() if has_backup else None,
        }
        self.cloud.answers["/prices"] = {"prices": self.prices()}

    def prices(self, *, signer: SigningKey | None = None, **changes: Any) -> str:
        said = {
            "version": 1, "store": self.store, "format": "butik-prices/1", "sha256": self.sha256, "size": len(CONTENT),
            "articles": 1, "currency": "DKK", "backup": self.backup, "expires_at": to_wire(now() + timedelta(days=9)),
        }  # fmt: skip
        return (signer or self.cloud_key).sign("butik-prices", msgspec.json.encode(said | changes))

    def staff(self, *, signer: SigningKey | None = None) -> str:
        said = {"version": 1, "store": self.store, "staff": [STAFF]}
        return (signer or self.cloud_key).sign("butik-staff", msgspec.json.encode(said))

    def _device(self) -> Device:
        seed = encode(self.device_key.private.private_bytes_raw())
        root = Root(self.root.kid, encode(self.root.public))
        device = Device(self.folder, Memory(seed, root, self.certificate, self.enrolment(), -1, ""))
        device.open_series("ENROLMENT")
        device.remember()
        return device
