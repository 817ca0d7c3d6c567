"""The one call of a store to its chain's emergency cloud: adding a backup. There is no other (emergency.md)."""

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import httpx
import msgspec

from butik.backups.models import Backup
from butik.backups.words import TROUBLES
from butik.organisation.installation import this_installation
from butik.organisation.keys import service_key
from butik.organisation.pairing import Pairing
from butik.organisation.proofs import make_proof

ADDRESS = "/api/vault/v1/backups"
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


class _Problem(msgspec.Struct, frozen=True):
    type: str = ""
    title: str = ""
    detail: str = ""
    server_time: float | None = None


def post_backup(*, pairing: Pairing, backup: Backup, path: Path) -> Answer:
    """Send a backup, streamed from the disk; once more if our clock was found to be off. Raises UploadTrouble."""
    try:
        return _post(pairing, backup, path, 0)
    except UploadTrouble as trouble:
        if trouble.code != "clock-skew" or trouble.server_time is None:
            raise
        return _post(pairing, backup, path, trouble.server_time - time.time())


def _post(pairing: Pairing, backup: Backup, path: Path, offset: float) -> Answer:
    url = f"{pairing.url.rstrip('/')}{ADDRESS}"
    proof = make_proof(
        service_key(),
        org=backup.organisation_id,
        sub=backup.store_id,
        aud=pairing.audience,
        method="POST",
        target=urlsplit(url).path,
        digest=bytes.fromhex(backup.sha256),
        at=time.time() + offset,
    )
    headers = {
        "Authorization": proof,
        "Butik-Manifest": backup.manifest,
        "Butik-Certificate": this_installation().certificate,
        "Content-Type": "application/octet-stream",
        "Content-Length": str(backup.size),
    }
    try:
        # no proxy from the environment and no redirect: the pairing says where it goes, nobody else
        with httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client:
            response = client.post(url, content=_pieces(path), headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise UploadTrouble("unreachable", f"{type(error).__name__}: {error}") from error
    if response.status_code != 200:
        raise _refusal(response)
    try:
        return msgspec.json.decode(response.content, type=Answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UploadTrouble("bad-answer", str(error)) from error


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def _refusal(response: httpx.Response) -> UploadTrouble:
    try:
        problem = msgspec.json.decode(response.content, type=_Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        problem = _Problem(title=f"status {response.status_code}")
    code = problem.type if problem.type in TROUBLES else "refused"
    detail = " ".join(part for part in (problem.type, problem.title, problem.detail) if part)
    return UploadTrouble(code, detail, problem.server_time)
