"""A device's line to a service, its store's or the emergency cloud's: signed requests, and the clock that they need."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import httpx
import msgspec

from butik.lib.signing import SigningKey
from butik.organisation.proofs import make_proof

API = "/api/pos/v1"
EMERGENCY_API = "/api/emergency/v1"
LIVE = "/live/pos"


class RefusedError(Exception):
    """The service answered with a problem document."""

    def __init__(self, status: int, kind: str, detail: str) -> None:
        super().__init__(f"{status} {kind}: {detail}")
        self.status = status
        self.kind = kind


class StoreLine:
    """Calls a service in the name of a device. `offset` is the service's clock minus ours, in seconds."""

    def __init__(self, url: str, key: SigningKey, *, org: UUID, device: UUID, audience: str, base: str = API) -> None:
        self.url, self._base = url, base
        self._key = key
        self._org, self._device, self._audience = org, device, audience
        self._client = open_client(url)
        self.offset = 0.0

    def measure_clock(self) -> None:
        self.offset = measure_offset(self._client, self._base)

    def get(self, path: str) -> bytes:
        return self._call("GET", path, b"")

    def post(self, path: str, body: object) -> bytes:
        return self._call("POST", path, msgspec.json.encode(body))

    def close(self) -> None:
        self._client.close()

    def _call(self, method: str, path: str, body: bytes) -> bytes:
        try:
            return self._send(method, path, body)
        except RefusedError as refused:
            if refused.kind != "clock-skew":
                raise
        self.measure_clock()
        return self._send(method, path, body)

    def _send(self, method: str, path: str, body: bytes) -> bytes:
        target = self._base + path
        headers = {"Authorization": self.proof(method, target, body), "Content-Type": "application/json"}
        return answered(self._client.request(method, target, content=body, headers=headers))

    def proof(self, method: str, target: str, body: bytes = b"") -> str:
        return make_proof(
            self._key,
            org=self._org,
            sub=self._device,
            aud=self._audience,
            method=method,
            target=target,
            body=body,
            at=time.time() + self.offset,
        )

    @contextmanager
    def listen(self) -> Iterator[Iterator[str]]:
        """The names of live events as they come, an empty one for each sign of life. Ends when the line does."""
        with (
            httpx.Client(base_url=self.url, timeout=httpx.Timeout(20, read=30), trust_env=False) as client,
            client.stream("GET", LIVE, headers={"Authorization": self.proof("GET", LIVE)}) as response,
        ):
            if not response.is_success:
                response.read()
                answered(response)
            yield (
                line.removeprefix("event:").strip() if line.startswith("event:") else ""
                for line in response.iter_lines()
            )


def open_client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=20, trust_env=False)


def measure_offset(client: httpx.Client, base: str = API) -> float:
    """The service's clock minus ours, if the answer was half of the way."""
    before = time.time()
    answer = client.get(f"{base}/time")
    after = time.time()
    server_time: float = msgspec.json.decode(answered(answer))["server_time"]
    return server_time - (before + after) / 2


def answered(response: httpx.Response) -> bytes:
    """The body of a good answer; what the problem document says of another."""
    if response.is_success:
        return response.content
    try:
        problem = response.json()
        kind, detail = str(problem.get("type")), str(problem.get("detail") or problem.get("title"))
    except ValueError:
        kind, detail = "unreadable", response.text[:200]
    raise RefusedError(response.status_code, kind, detail)
