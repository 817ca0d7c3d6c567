"""A chain introduces its stores' keys; and a key that was made once is never made anew."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from butik.lib.clock import now
from butik.lib.files import SecretTrouble
from butik.lib.ids import new_id
from butik.lib.signing import BadDocument, SigningKey
from butik.organisation.keys import (
    chain_root,
    emergency_root,
    forget_keys,
    issue_certificate,
    read_certificate,
    service_key,
)
from butik.organisation.models import SecretFile, Store
from butik.organisation.secret_files import check_secrets, secrets_folder

pytestmark = pytest.mark.django_db


@pytest.fixture
def data(tmp_path: Path, settings: object) -> Path:
    settings.BUTIK_DATA = tmp_path  # type: ignore[attr-defined]
    return tmp_path


def a_store() -> Store:
    return Store(organisation_id=new_id(), chain_id=new_id(), key_version=3)


def test_a_certificate_says_whose_key_it_is() -> None:
    store, key = a_store(), SigningKey.generate()
    document = issue_certificate(store=store, key=key.public, now=now())
    certificate = read_certificate(document, chain_root(store.chain_id).public, now())
    assert (certificate.store, certificate.key_bytes, certificate.version) == (store.id, key.public, 3)


def test_another_chain_s_root_introduces_nobody_here() -> None:
    store = a_store()
    document = issue_certificate(store=store, key=SigningKey.generate().public, now=now())
    with pytest.raises(BadDocument, match="another key"):
        read_certificate(document, chain_root(new_id()).public, now())


def test_a_certificate_ends() -> None:
    store = a_store()
    document = issue_certificate(store=store, key=SigningKey.generate().public, now=now() - timedelta(days=732))
    with pytest.raises(BadDocument, match="expired"):
        read_certificate(document, chain_root(store.chain_id).public, now())


def test_a_private_key_is_for_the_service_alone(settings: object) -> None:
    key = service_key()
    path = settings.BUTIK_DATA / "secrets" / "service.key"  # type: ignore[attr-defined]
    assert path.stat().st_mode & 0o777 == 0o600
    assert service_key().public == key.public


DAMAGE: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "half": lambda path: path.write_bytes(path.read_bytes()[:20]),
    "another's": lambda path: path.write_bytes(b"A" * 43),
    "with a byte more": lambda path: path.write_bytes(path.read_bytes() + b"A"),
    "not to be read": lambda path: path.write_bytes(b"\xff" * 43),
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("which", ["service", "chain", "emergency"])
def test_a_key_that_was_made_is_never_made_anew(data: Path, which: str, damage: str) -> None:
    chain = new_id()
    made: dict[str, Callable[[], SigningKey]] = {
        "service": service_key,
        "chain": lambda: chain_root(chain),
        "emergency": lambda: emergency_root(chain),
    }
    made[which]()
    check_secrets()
    [path] = secrets_folder().iterdir()
    DAMAGE[damage](path)
    with pytest.raises(SecretTrouble, match=path.name):
        check_secrets()
    forget_keys()
    if damage != "another's":  # that one can be read, so only the check knows it
        with pytest.raises(SecretTrouble):
            made[which]()
    assert path.exists() == (damage != "missing")


def test_a_key_whose_making_was_cut_is_known_from_the_next_check_on(data: Path) -> None:
    service_key()
    SecretFile.objects.all().delete()  # killed before it was written down
    (secrets_folder() / "somebody's own.txt").write_text("x")
    check_secrets()
    assert [each.name for each in SecretFile.objects.all()] == ["service.key"]
    assert list(secrets_folder().glob(".*")) == []
