"""Proofs are bound to one key, one service, one address, one body and one moment."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

import pytest

from butik.lib.clock import now
from butik.lib.ids import new_id
from butik.lib.problems import Problem
from butik.lib.signing import SigningKey, decode, encode
from butik.organisation.proofs import check_claims, check_proof, make_proof, read_proof, sent_target

KEY = SigningKey.generate()
AT = now()
GOOD: dict[str, Any] = {"aud": "store/a", "method": "POST", "target": "/api/pos/v1/journal?x=1", "body": b"{}"}


def proof(**changes: Any) -> str:
    return make_proof(KEY, org=new_id(), sub=new_id(), at=AT.timestamp(), **(GOOD | changes))


def check(header: str, key: SigningKey = KEY, at: datetime = AT, **changes: Any) -> None:
    check_proof(read_proof(header), key.public, now=at, **(GOOD | changes))


def test_a_proof_of_this_very_request_is_believed() -> None:
    check(proof())


def test_a_proof_says_who_calls_what_and_when() -> None:
    org, sub = new_id(), new_id()
    claims = read_proof(make_proof(KEY, org=org, sub=sub, at=1_795_000_000.9, **GOOD)).claims
    assert (claims.org, claims.sub, claims.iat) == (org, sub, 1_795_000_000)
    assert (claims.aud, claims.htm, claims.htu) == ("store/a", "POST", "/api/pos/v1/journal?x=1")
    assert claims.bsh == encode(hashlib.sha256(b"{}").digest())


def test_no_two_proofs_are_alike() -> None:
    ids = [read_proof(proof()).claims.jti for _ in range(20)]
    assert len(set(ids)) == 20
    assert {len(decode(each)) for each in ids} == {16}


def test_a_call_without_a_body_is_one_of_no_bytes() -> None:
    check(make_proof(KEY, org=new_id(), sub=new_id(), at=AT.timestamp(), **_without("body")), body=b"")


def test_the_digest_stands_for_a_body_that_is_not_in_memory() -> None:
    check(proof(digest=hashlib.sha256(b"{}").digest(), body=b""))
    with pytest.raises(Problem, match="body"):
        check(proof(digest=hashlib.sha256(b"{ }").digest()))


def test_a_long_body_is_left_to_who_hashes_it_as_it_comes_in() -> None:
    told = check_claims(read_proof(proof(body=b"long")), KEY.public, now=AT, **_without("body"))
    assert told.bsh == encode(hashlib.sha256(b"long").digest())


def _without(member: str) -> dict[str, Any]:
    return {name: value for name, value in GOOD.items() if name != member}


BAD = ("bad-proof", 401, "The signature of this call does not fit.")


def refusal(header: str, **changes: Any) -> tuple[str, int, str, str]:
    with pytest.raises(Problem) as caught:
        check(header, **changes)
    return caught.value.type, caught.value.status, caught.value.title, caught.value.detail


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"aud": "store/b"}, "made for another service"),
        ({"method": "GET"}, "made for another address"),
        ({"target": "/api/pos/v1/journal"}, "made for another address"),
        ({"body": b"{ }"}, "made for another body"),
    ],
)
def test_a_proof_made_for_something_else_is_not(change: dict[str, Any], detail: str) -> None:
    assert refusal(proof(**change)) == (*BAD, detail)


def test_a_proof_by_another_key_is_not() -> None:
    assert refusal(proof(), key=SigningKey.generate()) == (*BAD, "signed by another key")


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_proof_of_another_time_names_the_right_one(seconds: int) -> None:
    with pytest.raises(Problem, match="clock") as caught:
        check(proof(), at=AT + timedelta(seconds=seconds))
    assert (caught.value.type, caught.value.status) == ("clock-skew", 401)
    assert caught.value.title == "The device's clock is too far from the service's."
    assert caught.value.members["server_time"] == pytest.approx(AT.timestamp() + seconds)


@pytest.mark.parametrize("seconds", [-300, 300])
def test_a_proof_at_the_edge_of_the_window_is_still_good(seconds: int) -> None:
    whole = datetime.fromtimestamp(int(AT.timestamp()), AT.tzinfo)
    check(proof(), at=whole + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("header", "answer"),
    [
        ("", ("no-proof", 401, "This call must be signed by a device or a store.", "")),
        ("Bearer x", ("no-proof", 401, "This call must be signed by a device or a store.", "")),
        ("Butik a.b.c", (*BAD, "not base64url")),
        (f"Butik {KEY.sign('butik-proof', b'{}')}", (*BAD, "Object missing required field `org`")),
        (f"Butik {KEY.sign('butik-sale', b'{}')}", (*BAD, "type is butik-sale, expected butik-proof")),
    ],
)
def test_what_is_no_proof_is_refused(header: str, answer: tuple[str, int, str, str]) -> None:
    assert refusal(header) == answer


@pytest.mark.parametrize(
    ("sent", "path", "query", "address"),
    [
        ("/api/x?after=3", "/api/x", "after=3", "/api/x?after=3"),
        ("/api/%C3%A6?after=%C3%A6", "/api/æ", "after=%C3%A6", "/api/%C3%A6?after=%C3%A6"),
        ("/api/x", "/api/x", "", "/api/x"),
        ("/api/x?a=?", "/api/x", "a=?", "/api/x?a=?"),
        ("/api/x?after=3", "/api/y", "after=3", "/api/y?after=3"),
        ("/api/x?after=3", "/api/x", "after=4", "/api/x?after=4"),
        ("/api/x?after=%33", "/api/x", "after=3", "/api/x?after=3"),
    ],
)
def test_two_spellings_of_one_path_are_one_but_not_of_a_query(sent: str, path: str, query: str, address: str) -> None:
    claims = read_proof(proof(target=sent)).claims
    assert sent_target(claims, path=path, query=query) == address
