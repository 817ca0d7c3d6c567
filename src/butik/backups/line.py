"""The two calls of a store to its chain's emergency cloud: it adds a backup, and word of a revoked device."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import msgspec

from butik.backups.models import Backup
from butik.backups.words import TROUBLES
from butik.lib.outside import BadDocument, read_as
from butik.organisation.installation import this_installation
from butik.organisation.keys import service_key
from butik.organisation.models import Store
from butik.organisation.pairing import Pairing
from butik.organisation.proofs import make_proof

ADDRESS = "/api/vault/v1/backups"
REVOCATIONS = "/api/vault/v1/revocations"
TIMEOUT = httpx.Timeout(60, connect=10)
PIECE = 256 * 1024


class UploadTrouble(Exception):
    """It was not taken. `code` is one of words.TROUBLES."""

    def __init__(self, code: str, detail: str, server_time: float | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.server_time = server_time


class Answer(msgspec.Struct, frozen=True):
    outcome: Literal["RECEIVED", "KNOWN"]
    received_at: datetime
    server_time: float
    proof: str | None = None
    quarantined: str | None = None


class _Taken(msgspec.Struct, frozen=True):
    outcome: Literal["TAKEN"]


Said = TypeVar("Said", Answer, _Taken)


class _Problem(msgspec.Struct, frozen=True):
    type: str = ""
    title: str = ""
    detail: str = ""
    server_time: float | None = None


def post_backup(*, pairing: Pairing, backup: Backup, path: Path) -> Answer:
    """Send a backup, streamed from the disk. Raises UploadTrouble."""
    headers = {
        "Butik-Manifest": backup.manifest,
        "Content-Type": "application/octet-stream",
        "Content-Length": str(backup.size),
    }
    digest = bytes.fromhex(backup.sha256)
    call = _Call(ADDRESS, backup.organisation_id, backup.store_id, digest, headers, lambda: _pieces(path))
    return _post(pairing, call, Answer)


def post_revocation(*, pairing: Pairing, store: Store, document: str) -> None:
    """Say that a device is revoked (butik-revocation). Raises UploadTrouble."""
    body = msgspec.json.encode({"revocation": document})
    headers = {"Content-Type": "application/json"}
    call = _Call(REVOCATIONS, store.organisation_id, store.id, sha256(body).digest(), headers, lambda: body)
    _post(pairing, call, _Taken)


@dataclass(frozen=True, slots=True)
class _Call:
    address: str
    org: UUID
    store: UUID
    digest: bytes
    headers: dict[str, str]
    content: Callable[[], bytes | Iterator[bytes]]  # anew for each attempt


def _post(pairing: Pairing, call: _Call, kind: type[Said]) -> Said:
    """Once more if our clock was found to be off."""
    try:
        return _post_once(pairing, call, kind, 0)
    except UploadTrouble as trouble:
        if trouble.code != "clock-skew" or trouble.server_time is None:
            raise
        return _post_once(pairing, call, kind, trouble.server_time - time.time())


def _post_once(pairing: Pairing, call: _Call, kind: type[Said], offset: float) -> Said:
    url = f"{pairing.url.rstrip('/')}{call.address}"
    proof = make_proof(
        service_key(),
        org=call.org,
        sub=call.store,
        aud=pairing.audience,
        method="POST",
        target=urlsplit(url).path,
        digest=call.digest,
        at=time.time() + offset,
    )
    headers = {"Authorization": proof, "Butik-Certificate": this_installation().certificate, **call.headers}
    try:
        # no proxy from the environment and no redirect: the pairing says where it goes, nobody else
        with httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client:
            response = client.post(url, content=call.content(), headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise UploadTrouble("unreachable", f"{type(error).__name__}: {error}") from error
    if response.status_code != 200:
        raise _refusal(response)
    try:
        return read_as(response.content, kind)
    except BadDocument as error:
        raise UploadTrouble("bad-answer", str(error)) from error


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def _refusal(response: httpx.Response) -> UploadTrouble:
    try:
        problem = read_as(response.content, _Problem)
    except BadDocument:
        problem = _Problem(title=f"status {response.status_code}")
    code = problem.type if problem.type in TROUBLES else "refused"
    detail = " ".join(part for part in (problem.type, problem.title, problem.detail) if part)
    return UploadTrouble(code, detail, problem.server_time)
