"""The line to the emergency cloud: requests signed by the store's key, with the certificate that introduces it."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import httpx
import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from butik.lib.bounds import MAX_ANSWER
from butik.lib.outside import BadDocument, read_json
from butik.lib.signing import SigningKey
from butik.organisation.installation import this_installation
from butik.organisation.keys import service_key
from butik.organisation.models import Store
from butik.organisation.pairing import Pairing, emergency_audience, pairing_of
from butik.organisation.proofs import make_proof
from butik.recovery.wire import (
    BASE,
    PAGE,
    Claimed,
    RecordPage,
    Recovered,
    Released,
    Totals,
    decode_claimed,
    decode_page,
    decode_recovered,
    decode_released,
    decode_told,
    decode_totals,
)

T = TypeVar("T")
TIMEOUT = httpx.Timeout(60, connect=5)
LARGEST = 256 * 1024 * 1024  # bytes of a sealed backup

# What a person at the store is told; the cloud's own words are English.
SAID = {
    "bad-code": gettext_lazy("This recovery key is wrong, was used by another controller, or is older than 24 hours."),
    "no-emergency": gettext_lazy("This store is in no emergency."),
    "not-claimed": gettext_lazy("The right to read this store's sales has expired. Enter a new recovery key."),
    "not-closed": gettext_lazy("There are devices that have not closed their series."),
    "not-equal": gettext_lazy("The emergency cloud's totals are not the store's."),
    "not-released": gettext_lazy("The devices have not been stopped yet."),
    "old-key": gettext_lazy("This controller was replaced: a newer one of this store has been enrolled."),
    "too-many": gettext_lazy("Too many wrong keys. Wait a minute."),
}


class CloudTrouble(Exception):
    """Said in the user's words. `code` is the problem's type; empty when nobody answered."""

    def __init__(self, said: str, code: str = "", server_time: float | None = None) -> None:
        super().__init__(said)
        self.code = code
        self.server_time = server_time


@dataclass
class Cloud:
    """The calls of `docs/formats/emergency.md`, "Recovery". Each may raise CloudTrouble."""

    url: str
    organisation_id: UUID
    chain_id: UUID
    store_id: UUID
    key: SigningKey
    certificate: str
    _client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=TIMEOUT, follow_redirects=False))
    _offset: float = 0.0  # seconds that the cloud's clock is ahead of ours

    def close(self) -> None:
        self._client.close()

    def claim(self, key: str) -> Claimed:
        return _read(decode_claimed, self._signed("POST", "/claim", msgspec.json.encode({"key": key})))

    def records(self, after: int, limit: int = PAGE) -> RecordPage:
        query = urlencode({"after": after, "limit": limit})
        return _read(decode_page, self._signed("GET", f"/records?{query}"))

    def release(self) -> Released:
        return _read(decode_released, self._signed("POST", "/release", b"{}"))

    def totals(self) -> Totals:
        return _read(decode_totals, self._signed("GET", "/totals"))

    def recovered(self, totals_sha256: str) -> Recovered:
        body = msgspec.json.encode({"totals_sha256": totals_sha256})
        return _read(decode_recovered, self._signed("POST", "/recovered", body))

    def backup(self, recipient: str, to: Path) -> None:
        """The sealed snapshot, into the new file `to`."""
        response = self._signed("GET", f"/backup?{urlencode({'recipient': recipient})}")
        if len(response.content) > LARGEST:
            raise CloudTrouble(_("The backup is larger than a backup can be."), "too-large")
        to.touch(mode=0o600, exist_ok=False)
        to.write_bytes(response.content)

    def _signed(self, method: str, call: str, body: bytes = b"") -> httpx.Response:
        """Once more when our clock was found to be off: the answer says by how much."""
        try:
            return self._send(method, call, body)
        except CloudTrouble as trouble:
            if trouble.code != "clock-skew" or trouble.server_time is None:
                raise
            self._offset = trouble.server_time - time.time()
            return self._send(method, call, body)

    def _send(self, method: str, call: str, body: bytes) -> httpx.Response:
        url = f"{self.url.rstrip('/')}{BASE}{call}"
        parts = urlsplit(url)
        proof = make_proof(
            self.key,
            org=self.organisation_id,
            sub=self.store_id,
            aud=emergency_audience(self.chain_id),
            method=method,
            target=f"{parts.path}?{parts.query}" if parts.query else parts.path,
            body=body,
            at=time.time() + self._offset,
        )
        headers = {
            "Authorization": proof,
            "Butik-Certificate": self.certificate,
            "Content-Type": "application/json",
        }
        try:
            response = self._client.request(method, url, content=body or None, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise CloudTrouble(
                _("The emergency cloud was not reached: %(why)s") % {"why": type(error).__name__}
            ) from error
        if response.status_code == 200:
            return response
        raise _trouble(response)


def _trouble(response: httpx.Response) -> CloudTrouble:
    try:
        told = read_json(response.content, decode_told)
    except BadDocument:
        return CloudTrouble(
            _("The emergency cloud answered: %(what)s") % {"what": f"status {response.status_code}"}, "unknown"
        )
    return CloudTrouble(str(SAID.get(told.type) or told.title or told.type), told.type, told.server_time)


def _read(decoder: "msgspec.json.Decoder[T]", response: httpx.Response) -> T:
    try:
        return read_json(response.content, decoder, limit=MAX_ANSWER)
    except BadDocument as error:
        said = _("The emergency cloud's answer is not understood: %(why)s") % {"why": str(error)[:200]}
        raise CloudTrouble(said, "bad-answer") from error


def open_cloud(store: Store, pairing: Pairing) -> Cloud:
    here = this_installation()
    return Cloud(pairing.url, store.organisation_id, store.chain_id, store.id, service_key(), here.certificate)


def cloud_of(store: Store) -> Cloud:
    """The emergency cloud of a store's chain. Raises CloudTrouble when it has none."""
    pairing = pairing_of(store.chain)
    if pairing is None:
        raise CloudTrouble(_("This chain is not paired with an emergency cloud."), "not-paired")
    return open_cloud(store, pairing)
