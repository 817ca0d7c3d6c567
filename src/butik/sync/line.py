"""The line to the chain: one keep-alive connection, signed requests, typed answers."""

import logging
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import httpx
import msgspec

from butik.lib.bounds import MAX_ANSWER
from butik.lib.outside import BadDocument, read_json
from butik.lib.signing import SigningKey
from butik.organisation.proofs import WINDOW, make_proof
from butik.sync.core import Cursor
from butik.sync.wire import (
    BASE,
    PAGE_LIMIT,
    Enrol,
    Enrolled,
    FeedPage,
    Push,
    Pushed,
    decode_enrolled,
    decode_page,
    decode_pushed,
    decode_renewed,
    pack,
)

logger = logging.getLogger(__name__)
T = TypeVar("T")
TIMEOUT = httpx.Timeout(30, connect=5)


class LineTrouble(Exception):
    """The chain was not reached, or did not take the call. `code` is the problem's type; empty when nobody answered."""

    def __init__(self, said: str, code: str = "", server_time: float | None = None) -> None:
        super().__init__(said)
        self.code = code
        self.server_time = server_time


@dataclass
class Line:
    chain_url: str
    organisation_id: UUID
    chain_id: UUID
    store_id: UUID
    key: SigningKey
    _client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=TIMEOUT, follow_redirects=False))
    _offset: float = 0.0  # seconds that the chain's clock is ahead of ours

    def close(self) -> None:
        self._client.close()

    def push(self, push: Push) -> Pushed:
        return _read(decode_pushed, self._signed("POST", "/push", msgspec.json.encode(push)))

    def pull(self, cursor: Cursor) -> FeedPage:
        query = urlencode(
            {
                "epoch": cursor.epoch or "",
                "after": cursor.position,
                "head": cursor.head,
                "mark": cursor.mark or "",
                "limit": PAGE_LIMIT,
            }
        )
        return _read(decode_page, self._signed("GET", f"/feed?{query}"))

    def certificate(self) -> str:
        return _read(decode_renewed, self._signed("GET", "/certificate")).certificate

    def _signed(self, method: str, call: str, body: bytes = b"") -> httpx.Response:
        """Once more when our clock was found to be off: the answer says by how much."""
        sent, headers = pack(body)
        try:
            return self._send(method, call, sent, headers)
        except LineTrouble as trouble:
            if trouble.code != "clock-skew" or trouble.server_time is None:
                raise
            self._note_time(trouble.server_time)
            return self._send(method, call, sent, headers)

    def _note_time(self, chains: float) -> None:
        """Calls bear the chain's time from now on, whoever is right; that the two differ is told once."""
        self._offset = chains - time.time()
        if abs(self._offset) < WINDOW:
            logger.info("This service's clock agrees with the chain's again.")
            return
        logger.warning(
            "This service's clock is %s %s of the chain's: one of the two is wrong. Sales are taken all the same.",
            timedelta(seconds=round(abs(self._offset))),
            "behind" if self._offset > 0 else "ahead",
        )

    def _send(self, method: str, call: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        url = f"{self.chain_url.rstrip('/')}{BASE}{call}"
        parts = urlsplit(url)
        proof = make_proof(
            self.key,
            org=self.organisation_id,
            sub=self.store_id,
            aud=f"chain/{self.chain_id}",
            method=method,
            target=f"{parts.path}?{parts.query}" if parts.query else parts.path,
            body=body,
            at=time.time() + self._offset,
        )
        return _call(
            self._client, method, url, body, headers | {"Authorization": proof, "Content-Type": "application/json"}
        )


def enrol(*, chain_url: str, wish: Enrol) -> Enrolled:
    """The one call without a proof: a code is exchanged for a certificate."""
    with httpx.Client(timeout=TIMEOUT) as client:
        url = f"{chain_url.rstrip('/')}{BASE}/enrol"
        headers = {"Content-Type": "application/json"}
        return _read(decode_enrolled, _call(client, "POST", url, msgspec.json.encode(wish), headers))


def _call(client: httpx.Client, method: str, url: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
    try:
        response = client.request(method, url, content=body, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise LineTrouble(f"The chain was not reached: {type(error).__name__}") from error
    if response.status_code == 200:
        return response
    try:
        problem = read_json(response.content, _decode_problem)
    except BadDocument:
        problem = _ProblemOnWire("unknown", f"status {response.status_code}")
    raise LineTrouble(f"The chain answered: {problem.title}", problem.type, problem.server_time)


class _ProblemOnWire(msgspec.Struct):
    type: str
    title: str = ""
    server_time: float | None = None


_decode_problem = msgspec.json.Decoder(_ProblemOnWire)


def _read(decoder: "msgspec.json.Decoder[T]", response: httpx.Response) -> T:
    try:
        return read_json(response.content, decoder, limit=MAX_ANSWER)
    except BadDocument as error:
        raise LineTrouble(f"The chain's answer is not understood: {error}"[:300], "bad-answer") from error
