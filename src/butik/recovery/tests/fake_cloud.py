"""An emergency cloud for tests that speaks the documented wire over real HTTP, and sums with its own hands."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import msgspec
from tests.support.till import NOW, Shop, Till

from butik.lib.clock import to_wire
from butik.lib.ids import new_id
from butik.lib.problems import Problem
from butik.lib.signing import SigningKey, decode, document_hash, encode, verify_document
from butik.organisation.keys import chain_root
from butik.organisation.pairing import EMERGENCY
from butik.organisation.proofs import check_proof, read_proof

KEY = "ABCD-1234"


@dataclass
class FakeCloud:
    """One store's emergency as a cloud has it. `log` are the calls that were answered well."""

    org: UUID
    chain: UUID
    store: UUID
    chain_key: bytes  # the chain's root
    root: SigningKey = field(default_factory=SigningKey.generate)
    emergency: UUID = field(default_factory=new_id)
    state: str = "SELLING"
    records: list[tuple[str, str]] = field(default_factory=list)  # document, when it came
    assignments: list[str] = field(default_factory=list)
    open_devices: list[dict[str, Any]] = field(default_factory=list)
    series: dict[str, int] = field(default_factory=dict)
    backup: dict[str, str] | None = None
    sealed: Path | None = None  # made by `seal_for`, for the recipient that is asked for
    seal_for: Any = None
    claimed: bytes = b""
    newest_version: int = 1
    page: int = 500
    spoil: Any = None  # (name of the call, answer) to answer
    port: int = 0
    log: list[str] = field(default_factory=list)
    gap: dict[str, str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def pairing(self, chain: SigningKey) -> str:
        payload = {
            "v": 1, "org": str(self.org), "chain": str(self.chain), "url": self.url, "key": encode(self.root.public),
            "recipient": "age1" + "q" * 58, "version": 1, "issued_at": to_wire(NOW),
        }  # fmt: skip
        return chain.sign(EMERGENCY, msgspec.json.encode(payload))

    def assign(self, key: SigningKey, device: UUID, pos: int, label: str = "E1", **changes: Any) -> Till:
        """Give a device its place; what comes back is its E series."""
        till = Till(key, self.org, self.store, pos, device, new_id(), label, now=datetime.now(UTC))
        payload = {
            "v": 1, "org": str(self.org), "chain": str(self.chain), "store": str(self.store), "pos": pos,
            "device": str(device), "key": encode(key.public), "emergency": {"id": str(self.emergency), "number": 1},
            "series": {"id": str(till.series), "label": label}, "choice": "EXACT", "backup": None,
            "issued_at": to_wire(NOW),
        }  # fmt: skip
        self.assignments.append(self.root.sign("butik-assignment", msgspec.json.encode(payload | changes)))
        self.open_devices.append(
            {"device": str(device), "pos": pos, "name": "Tablet", "series": str(till.series), "label": label}
        )
        return till

    def receive(self, *documents: str) -> None:
        self.records += [(each, to_wire(datetime.now(UTC))) for each in documents]

    def close(self, till: Till) -> None:
        """The device closes its series."""
        self.receive(till.closing(reason="RELEASED"))
        self.open_devices = [each for each in self.open_devices if each["series"] != str(till.series)]

    def sums(self) -> list[dict[str, Any]]:
        days: dict[tuple[int, str, str], dict[str, Any]] = {}
        seen = set()
        for document, _ in self.records:
            said = json.loads(decode(document.split(".")[1]))
            if "lines" not in said or document_hash(document) in seen:
                continue
            seen.add(document_hash(document))
            day = days.setdefault(
                (said["pos"], said["series"], said["business_date"]),
                {"pos": said["pos"], "series": said["series"], "label": said["label"], "date": said["business_date"],
                 "sales": 0, "total": 0, "rounding": 0, "by_vat": {}, "by_tender": {}},
            )  # fmt: skip
            day["sales"] += 1
            day["total"] += said["total"]
            day["rounding"] += said["rounding"]
            for row in said["vat"]:
                kept = day["by_vat"].setdefault(row["rate"], {"rate": row["rate"], "gross": 0, "vat": 0})
                kept["gross"] += row["gross"]
                kept["vat"] += row["vat"]
            for row in said["payments"]:
                kept = day["by_tender"].setdefault(row["tender"], {"tender": row["tender"], "amount": 0})
                kept["amount"] += row["amount"]
        return [
            day | {"by_vat": [day["by_vat"][rate] for rate in sorted(day["by_vat"])],
                   "by_tender": [day["by_tender"][name] for name in sorted(day["by_tender"])]}
            for _, day in sorted(days.items())
        ]  # fmt: skip

    def sha256(self) -> str:
        return hashlib.sha256(json.dumps(self.sums(), separators=(",", ":")).encode()).hexdigest()

    # --- the calls ---

    def answer(self, method: str, path: str, query: dict[str, str], headers: Any, body: bytes) -> bytes:
        target = path + (f"?{urlsplit(headers['target']).query}" if "?" in headers["target"] else "")
        certificate = json.loads(verify_document(headers["certificate"], "butik-key", self.chain_key))
        key = decode(certificate["key"])
        check_proof(
            read_proof(headers["authorization"]), key, aud=f"emergency/{self.chain}", method=method, target=target,
            body=body, now=datetime.now(UTC),
        )  # fmt: skip
        if certificate["store"] != str(self.store):
            raise Problem("unknown-store", 401, "Unknown store.")
        if certificate["version"] < self.newest_version:
            raise Problem("old-key", 403, "A newer controller has been seen.")
        self.newest_version = certificate["version"]
        call = path.rpartition("/")[2]
        if call != "claim" and self.claimed != key:
            raise Problem("not-claimed", 403, "Claim first.")
        said = getattr(self, f"_{call}")(query, json.loads(body) if body else {}, key)
        answer = said if isinstance(said, bytes) else json.dumps(said).encode()
        if self.spoil:
            answer = self.spoil(call, answer)
        self.log.append(call)
        return answer

    def _claim(self, query: dict[str, str], said: dict[str, str], key: bytes) -> Any:
        if said["key"] != KEY or self.claimed not in (b"", key):
            raise Problem("bad-code", 403, "Wrong key.")
        self.claimed = key
        self.state = "RECOVERING" if self.state == "SELLING" else self.state
        return {
            "emergency": {"id": str(self.emergency), "number": 1}, "backup": self.backup, "series": self.series,
            "expires_at": to_wire(datetime.now(UTC) + timedelta(days=7)),
        }  # fmt: skip

    def _records(self, query: dict[str, str], said: object, key: bytes) -> Any:
        after, limit = int(query["after"]), min(int(query["limit"]), self.page)
        some = self.records[after : after + limit]
        listed = [
            {"position": position, "received_at": came, "document": document, "assignment": None}
            for position, (document, came) in enumerate(some, after + 1)
        ]
        return {
            "records": listed,
            "assignments": self.assignments,
            "position": after + len(some),
            "head": len(self.records),
        }

    def _release(self, query: object, said: object, key: bytes) -> Any:
        self.state = "RELEASED" if self.state == "RECOVERING" else self.state
        return {"state": self.state}

    def _totals(self, query: object, said: object, key: bytes) -> Any:
        return {
            "state": self.state,
            "series": [],
            "sums": self.sums(),
            "sha256": self.sha256(),
            "devices": self.open_devices,
        }

    def _recovered(self, query: object, said: dict[str, str], key: bytes) -> Any:
        if self.state not in {"RELEASED", "RECOVERED"}:
            raise Problem("not-released", 409, "Release first.")
        if self.open_devices:
            raise Problem("not-closed", 409, "Devices are open.")
        if said["totals_sha256"] != self.sha256():
            raise Problem("not-equal", 409, "They differ.")
        if self.gap is None:
            now = datetime.now(UTC)
            self.state, self.gap = "RECOVERED", {"from": to_wire(now - timedelta(minutes=3)), "until": to_wire(now)}
        return {"state": self.state, "gap": self.gap}

    def _backup(self, query: dict[str, str], said: object, key: bytes) -> Any:
        if self.seal_for is None:
            raise Problem("not-found", 404, "No backup.")
        sealed: bytes = self.seal_for(query["recipient"])
        return sealed


@contextmanager
def running_cloud(cloud: FakeCloud) -> Iterator[FakeCloud]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {
                "target": self.path,
                "authorization": self.headers.get("Authorization", ""),
                "certificate": self.headers.get("Butik-Certificate", ""),
            }
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            try:
                status, answer = 200, cloud.answer(self.command, parts.path, query, headers, body)
            except Problem as problem:
                status = problem.status
                answer = json.dumps({"type": problem.type, "title": problem.title} | problem.members).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_GET  # noqa: N815 - the library's name

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", cloud.port), Handler)
    server.daemon_threads = True
    cloud.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield cloud
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def cloud_of_shop(shop: Shop) -> FakeCloud:
    return FakeCloud(shop.store.organisation_id, shop.chain.id, shop.store.id, chain_root(shop.chain.id).public)
