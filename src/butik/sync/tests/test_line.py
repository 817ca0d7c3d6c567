"""The line to the chain when the two clocks differ: calls get through, and the error log says by how much."""

import logging
import time

import httpx
import msgspec
import pytest

from butik.lib.ids import new_id
from butik.lib.signing import SigningKey
from butik.organisation.proofs import WINDOW, read_proof
from butik.sync.line import Line


class Chain:
    """Takes a certificate call when its proof bears this chain's time."""

    def __init__(self, ahead: float) -> None:
        self.ahead = ahead
        self.calls = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        here = time.time() + self.ahead
        if abs(read_proof(request.headers["Authorization"]).claims.iat - here) > WINDOW:
            return httpx.Response(401, json={"type": "clock-skew", "title": "Too far", "server_time": here})
        return httpx.Response(200, content=msgspec.json.encode({"certificate": "new"}))


def line_to(chain: Chain) -> Line:
    client = httpx.Client(transport=httpx.MockTransport(chain))
    return Line("http://chain.test", new_id(), new_id(), new_id(), SigningKey.generate(), client)


@pytest.mark.parametrize(
    ("ahead", "said"),
    [(86_400, "1 day, 0:00:00 behind"), (-86_400, "1 day, 0:00:00 ahead"), (1.79e9, "behind"), (-600, "0:10:00 ahead")],
)
def test_it_says_once_that_the_clocks_differ_and_goes_on(
    ahead: float, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    chain = Chain(ahead)
    line = line_to(chain)
    with caplog.at_level(logging.INFO, "butik.sync"):
        for _ in range(3):
            assert line.certificate() == "new"
        assert chain.calls == 4  # one was refused
        [record] = caplog.records
        assert (record.levelname, said in record.getMessage()) == ("WARNING", True)
        chain.ahead = 0  # put right, whichever of the two it was
        assert line.certificate() == "new"
        assert [each.levelname for each in caplog.records] == ["WARNING", "INFO"]
