"""Signed documents, held against an independent implementation of the same standard."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import OKPKey

from butik.lib.signing import (
    BadDocument,
    SigningKey,
    decode,
    document_hash,
    encode,
    key_id,
    open_document,
    verify_document,
)

KEY = SigningKey.from_bytes(bytes(range(32)))
OTHER = SigningKey.from_bytes(bytes(range(1, 33)))


def as_jwk(key: SigningKey) -> OKPKey:
    return OKPKey.import_key(
        {"kty": "OKP", "crv": "Ed25519", "x": encode(key.public), "d": encode(key.private.private_bytes_raw())}
    )


@given(st.binary(max_size=200))
def test_a_standard_reader_reads_what_we_sign(payload: bytes) -> None:
    read = jws.deserialize_compact(KEY.sign("butik-sale", payload), as_jwk(KEY), algorithms=["Ed25519"])
    assert read.payload == payload
    assert read.headers() == {"alg": "Ed25519", "kid": KEY.kid, "typ": "butik-sale"}


@given(st.binary(max_size=200))
def test_we_read_what_a_standard_writer_signs(payload: bytes) -> None:
    header = {"alg": "Ed25519", "kid": KEY.kid, "typ": "butik-sale"}
    document = jws.serialize_compact(header, payload, as_jwk(KEY), algorithms=["Ed25519"])
    assert verify_document(document, "butik-sale", KEY.public) == payload


@given(st.binary(max_size=80))
def test_base64url_has_one_spelling(data: bytes) -> None:
    assert decode(encode(data)) == data


@pytest.mark.parametrize("text", ["a", "AB==", "A+B/", "AA\n", "AB", "Ø", "AAA A"])
def test_other_spellings_are_refused(text: str) -> None:
    with pytest.raises(BadDocument):
        decode(text)


@given(st.data())
def test_any_changed_character_is_noticed(data: st.DataObject) -> None:
    document = KEY.sign("butik-sale", b'{"total":2590}')
    place = data.draw(st.integers(0, len(document) - 1))
    character = data.draw(st.sampled_from("ABCxyz019-_."))
    changed = document[:place] + character + document[place + 1 :]
    if changed == document:
        return
    with pytest.raises(BadDocument):
        verify_document(changed, "butik-sale", KEY.public)


def forged(header: object, key: SigningKey = KEY) -> str:
    signed = f"{encode(json.dumps(header).encode())}.{encode(b'{}')}"
    return f"{signed}.{encode(key.private.sign(signed.encode()))}"


@pytest.mark.parametrize(
    "document",
    [
        "",
        "a.b",
        "a.b.c.d",
        "æ.b.c",
        forged({"alg": "none", "kid": KEY.kid, "typ": "butik-sale"}),
        forged({"alg": "HS256", "kid": KEY.kid, "typ": "butik-sale"}),
        forged({"alg": "Ed25519", "kid": KEY.kid, "typ": "butik-proof"}),
        forged({"alg": "Ed25519", "kid": KEY.kid, "typ": "butik-sale", "crit": ["b64"]}),
        forged({"alg": "Ed25519", "typ": "butik-sale"}),
        forged([]),
        KEY.sign("butik-sale", b"{}").rsplit(".", 1)[0] + ".",
        OTHER.sign("butik-sale", b"{}"),
        forged({"alg": "Ed25519", "kid": KEY.kid, "typ": "butik-sale"}, OTHER),
    ],
)
def test_nothing_but_our_own_kind_of_document_is_believed(document: str) -> None:
    with pytest.raises(BadDocument):
        verify_document(document, "butik-sale", KEY.public)


def test_a_key_id_is_part_of_the_hash_of_the_key() -> None:
    assert len(key_id(KEY.public)) == 22
    assert key_id(KEY.public) != key_id(OTHER.public)


def test_an_opened_document_is_not_yet_believed() -> None:
    envelope = open_document(OTHER.sign("butik-sale", b"{}"))
    assert envelope.kid == OTHER.kid
    assert len(document_hash(OTHER.sign("butik-sale", b"{}"))) == 64
