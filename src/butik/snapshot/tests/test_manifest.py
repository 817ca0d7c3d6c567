"""The documents about a backup: signed, typed, and bounded."""

from datetime import UTC, datetime

import pytest

from butik.lib.ids import new_id
from butik.lib.signing import BadDocument, SigningKey
from butik.snapshot.manifest import Manifest, Proven, read_manifest, read_proven, sign_manifest, sign_proven

KEY = SigningKey.generate()
AT = datetime(2026, 11, 20, 2, 3, 4, 567000, tzinfo=UTC)
MANIFEST = Manifest(
    id=new_id(),
    org=new_id(),
    chain=new_id(),
    store=new_id(),
    made_at=AT,
    sha256="ab" * 32,
    size=10,
    plain_size=30,
    articles=2,
    price_file="",
    previous="",
    app="0.1.0",
)
PROOF = Proven(
    org=new_id(),
    chain=new_id(),
    store=new_id(),
    backup=new_id(),
    sha256="ab" * 32,
    received_at=AT,
    proven_at=AT,
    articles=2,
    look_ups=50,
    baskets=10,
    price_file="cd" * 32,
)


def test_what_was_signed_is_read() -> None:
    assert read_manifest(sign_manifest(MANIFEST, KEY), KEY.public) == MANIFEST
    assert read_proven(sign_proven(PROOF, KEY), KEY.public) == PROOF


def test_another_key_type_or_shape_is_refused() -> None:
    other = SigningKey.generate().public
    with pytest.raises(BadDocument):
        read_manifest(sign_manifest(MANIFEST, KEY), other)
    with pytest.raises(BadDocument):
        read_proven(sign_proven(PROOF, KEY), other)
    with pytest.raises(BadDocument):
        read_manifest(sign_proven(PROOF, KEY), KEY.public)
    for payload in (b"{}", b"nothing", b"[]"):
        with pytest.raises(BadDocument):
            read_manifest(KEY.sign("butik-backup", payload), KEY.public)
