"""An emergency cloud of the smallest kind: it checks what a store sends as the vault does, and answers as told."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import msgspec
import pyrage

from butik.backups.models import Backup
from butik.lib.clock import now, to_wire
from butik.lib.signing import SigningKey, encode
from butik.organisation.keys import read_certificate
from butik.organisation.models import Chain
from butik.organisation.pairing import emergency_audience, pair_chain
from butik.organisation.proofs import check_proof, read_proof
from butik.snapshot.manifest import Manifest, Proven, Quarantined, read_manifest, sign_proven, sign_quarantined

Refusal = tuple[int, dict[str, Any]]


@dataclass
class Cloud:
    """`refuse` answers the next calls instead; `deafness` takes a backup and then cuts the line."""

    chain: Chain
    root: SigningKey = field(default_factory=SigningKey.generate)
    identity: Any = field(default_factory=pyrage.x25519.Identity.generate)
    url: str = ""
    kept: dict[str, bytes] = field(default_factory=dict)
    manifests: list[Manifest] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)
    calls: int = 0
    refuse: list[Refusal] = field(default_factory=list)
    is_deaf: bool = False
    proof: str | None = None
    quarantined: str | None = None
    revocations: list[str] = field(default_factory=list)
    store_key: bytes = b""
    trouble: str = ""

    def pair(self, at: datetime) -> None:
        offer = {"chain": str(self.chain.id), "url": self.url, "key": encode(self.root.public)}
        offer["recipient"] = str(self.identity.to_public())
        self.chain.emergency = pair_chain(
            chain=self.chain, offer=msgspec.json.encode(offer), actor="system", now=at
        ).emergency

    def prove(self, backup: Backup, at: datetime, /, **changes: Any) -> str:
        said: dict[str, Any] = {
            "org": backup.organisation_id,
            "chain": backup.chain_id,
            "store": backup.store_id,
            "backup": backup.id,
            "sha256": backup.sha256,
            "received_at": at,
            "proven_at": at,
            "articles": backup.articles,
            "look_ups": 50,
            "baskets": 10,
            "price_file": "",
        }
        return sign_proven(Proven(**(said | changes)), self.root)

    def hold(self, backup: Backup, at: datetime, /, **changes: Any) -> str:
        said: dict[str, Any] = {
            "org": backup.organisation_id,
            "chain": backup.chain_id,
            "store": backup.store_id,
            "backup": backup.id,
            "sha256": backup.sha256,
            "received_at": at,
            "quarantined_at": at,
        }
        return sign_quarantined(Quarantined(**(said | changes)), self.root)

    def take(self, path: str, headers: Any, body: bytes) -> Refusal:
        self.calls += 1
        if self.refuse:
            return self.refuse.pop(0)
        certificate = read_certificate(headers["Butik-Certificate"], bytes(self.chain.root_key or b""), now())
        proof = read_proof(headers["Authorization"])
        check_proof(
            proof,
            certificate.key_bytes,
            aud=emergency_audience(self.chain.id),
            method="POST",
            target=path,
            body=body,
            now=now(),
        )
        self.store_key = certificate.key_bytes
        if path.endswith("/revocations"):
            self.revocations.append(msgspec.json.decode(body)["revocation"])
            return 200, {"outcome": "TAKEN", "server_time": now().timestamp()}
        manifest = read_manifest(headers["Butik-Manifest"], certificate.key_bytes)
        digest = hashlib.sha256(body).hexdigest()
        assert (manifest.sha256, manifest.size, manifest.store) == (digest, len(body), certificate.store)
        known = str(manifest.id) in self.kept
        if not known:
            self.manifests.append(manifest)
            self.documents.append(headers["Butik-Manifest"])
        self.kept[str(manifest.id)] = body
        return 200, {
            "outcome": "KNOWN" if known else "RECEIVED",
            "received_at": to_wire(now()),
            "proof": self.proof,
            "quarantined": self.quarantined,
            "server_time": now().timestamp(),
        }


@contextmanager
def running_cloud(chain: Chain, at: datetime) -> Iterator[Cloud]:
    """A cloud that listens, and that the chain is paired with."""
    cloud = Cloud(chain)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                status, said = cloud.take(self.path, self.headers, body)
            except Exception as error:  # noqa: BLE001 - told to the test, which looks at `trouble`
                cloud.trouble = repr(error)
                status, said = 500, {"type": "failed", "title": "failed"}
            if cloud.is_deaf:
                self.close_connection = True
                return
            content = msgspec.json.encode(said)
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's own name
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    cloud.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        cloud.pair(at)
        yield cloud
        assert cloud.trouble == ""
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
