"""A service says that it is ready when people, machines and listeners are answered, and not before."""

from pathlib import Path
from typing import Any

import pytest

from butik.serving import service
from butik.serving.address import Address
from butik.serving.data_folder import Sockets
from butik.serving.front_door import Tls

SOCKETS = Sockets(Path("pages"), (Path("calls-1"), Path("calls-2")), Path("live"))
PLAIN = Address("http://localhost:8010", "127.0.0.1", 8010, Tls("http"))
OWN_TLS = Address("https://localhost:8010", "127.0.0.1", 8010, Tls("https", "cert.pem", "key.pem"))
ALL = {"pages", "calls-1", "calls-2", "live", "/health", "/live/health"}


@pytest.mark.parametrize("address", [PLAIN, OWN_TLS], ids=["plain", "tls"])
@pytest.mark.parametrize("silent", ["", "pages", "calls-1", "calls-2", "live"])
def test_all_must_answer(address: Address, silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the front door pages and streams, which it would pass on; processes for calls each by itself."""
    passed_on = {"pages": "/health", "live": "/live/health"}
    up = ALL - {silent, passed_on.get(silent, "")}

    def socket_answers(path: Path, _: str) -> bool:
        return path.name in up

    def answers(*said: Any) -> bool:
        return said[2] in up

    monkeypatch.setattr(service, "socket_answers", socket_answers)
    monkeypatch.setattr(service, "answers", answers)
    assert service._is_ready(address, SOCKETS) is (not silent)
