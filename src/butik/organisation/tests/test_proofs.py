"""Proofs are bound to one key, one service, one address, one body and one moment."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from butik.lib.clock import now
from butik.lib.ids import new_id
from butik.lib.problems import Problem
from butik.lib.signing import SigningKey
from butik.organisation.proofs import check_proof, make_proof, read_proof

KEY = SigningKey.generate()
AT = now()
GOOD: dict[str, Any] = {"aud": "store/a", "method": "POST", "target": "/api/pos/v1/journal?x=1", "body": b"{}"}


def proof(**changes: Any) -> str:
    return make_proof(KEY, org=new_id(), sub=new_id(), at=AT.timestamp(), **(GOOD | changes))


def check(header: str, key: SigningKey = KEY, at: datetime = AT, **changes: Any) -> None:
    check_proof(read_proof(header), key.public, now=at, **(GOOD | changes))


def test_a_proof_of_this_very_request_is_believed() -> None:
    check(proof())


@pytest.mark.parametrize(
    "change", [{"aud": "store/b"}, {"method": "GET"}, {"target": "/api/pos/v1/journal"}, {"body": b"{ }"}]
)
def test_a_proof_made_for_something_else_is_not(change: dict[str, Any]) -> None:
    with pytest.raises(Problem, match="bad-proof"):
        check(proof(**change))


def test_a_proof_by_another_key_is_not() -> None:
    with pytest.raises(Problem, match="bad-proof"):
        check(proof(), key=SigningKey.generate())


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_proof_of_another_time_names_the_right_one(seconds: int) -> None:
    with pytest.raises(Problem, match="clock") as caught:
        check(proof(), at=AT + timedelta(seconds=seconds))
    assert caught.value.members["server_time"] == pytest.approx(AT.timestamp() + seconds)


@pytest.mark.parametrize("seconds", [-300, 300])
def test_a_proof_at_the_edge_of_the_window_is_still_good(seconds: int) -> None:
    whole = datetime.fromtimestamp(int(AT.timestamp()), AT.tzinfo)
    check(proof(), at=whole + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("header", "problem"), [("", "no-proof"), ("Bearer x", "no-proof"), ("Butik a.b.c", "bad-proof")]
)
def test_what_is_no_proof_is_refused(header: str, problem: str) -> None:
    with pytest.raises(Problem, match=problem):
        read_proof(header)
