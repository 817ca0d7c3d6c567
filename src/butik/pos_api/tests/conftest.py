"""A shop that this service is the store of, and a till that calls it as a device does."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from django.test import Client
from tests.support.till import API, NOW, Shop, Till, enrol, open_shop

from butik.lib import clock
from butik.organisation.installation import forget_installation


class Line:
    """What a till speaks through: it signs its calls, and reads the answers."""

    def __init__(self) -> None:
        self._client = Client()

    def post_unsigned(self, path: str, body: Any, **headers: str) -> Any:
        data = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return self._client.post(path, data, content_type="application/json", headers=headers)

    def post(self, till: Till, path: str, body: Any, **claims: Any) -> Any:
        data = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return self.post_unsigned(API + path, data, Authorization=till.proof("POST", API + path, data, **claims))

    def get(self, till: Till, path: str, **claims: Any) -> Any:
        return self._client.get(API + path, headers={"Authorization": till.proof("GET", API + path, **claims)})


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture(autouse=True)
def _service_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The service's clock stands at NOW, and nothing is cached from the test before."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    forget_installation()
    yield
    forget_installation()


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


@pytest.fixture
def till(shop: Shop, line: Line) -> Till:
    return enrol(shop, lambda path, body: msgspec.json.decode(line.post_unsigned(path, body).content))
