"""`butik create_person`."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from tests.support.cast import Cast

from butik.organisation.tenancy import tenant_scope
from butik.staff.models import Membership, Person


@pytest.fixture
def password(tmp_path: Path) -> str:
    path = tmp_path / "password"
    path.write_text("a long enough secret\n")
    return str(path)


def level_of(cast: Cast, email: str) -> tuple[str, object, object]:
    with tenant_scope([cast.organisation_id]):
        found = Membership.objects.get(person__email=email, organisation_id=cast.organisation_id)
    return found.level, found.chain_id, found.store_id


def test_it_gives_a_level_over_a_store(cast: Cast, password: str, capsys: pytest.CaptureFixture[str]) -> None:
    call_command(
        "create_person", "Ida@Example.com", "--level", "store_manager", "--store", "12", "--password-file", password
    )
    assert level_of(cast, "ida@example.com") == ("STORE_MANAGER", cast.store.chain_id, cast.store.pk)
    assert Person.objects.get(email="ida@example.com").check_password("a long enough secret")
    assert "can sign in as Store manager" in capsys.readouterr().out


def test_it_gives_a_level_over_a_chain_or_the_organisation(cast: Cast, password: str) -> None:
    call_command(
        "create_person", "ida@example.com", "--level", "SUPPORTER", "--chain", "1", "--password-file", password
    )
    assert level_of(cast, "ida@example.com") == ("SUPPORTER", cast.store.chain_id, None)
    call_command(
        "create_person", "bo@example.com", "--level", "ORGANISATION_ADMINISTRATOR", "--password-file", password
    )
    assert level_of(cast, "bo@example.com") == ("ORGANISATION_ADMINISTRATOR", None, None)


def test_saying_it_again_changes_the_level_and_not_the_password(cast: Cast) -> None:
    call_command("create_person", "bob@example.com", "--level", "STORE_OWNER", "--store", "12", "--known")
    assert level_of(cast, "bob@example.com")[0] == "STORE_OWNER"
    assert Person.objects.get(email="bob@example.com").check_password("correct horse battery")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["x", "--level", "SUPPORTER"], "valid email"),
        (["x@example.com", "--level", "STORE_MANAGER", "--store", "99"], "no such store"),
        (["x@example.com", "--level", "STORE_MANAGER", "--chain", "9"], "no such chain"),
        (["x@example.com", "--level", "KING"], "invalid choice"),
    ],
)
def test_it_says_what_is_wrong(arguments: list[str], complaint: str, cast: Cast, password: str) -> None:
    with pytest.raises(CommandError, match=complaint):
        call_command("create_person", *arguments, "--password-file", password)
    assert not Person.objects.filter(email="x@example.com").exists()


def test_a_weak_password_is_refused(cast: Cast, tmp_path: Path) -> None:
    weak = tmp_path / "weak"
    weak.write_text("password1234")
    with pytest.raises(CommandError, match="too common"):
        call_command("create_person", "x@example.com", "--level", "SUPPORTER", "--password-file", str(weak))


def test_a_service_without_an_organisation_asks_for_one(db: None, password: str) -> None:
    with pytest.raises(CommandError, match="--organisation"):
        call_command("create_person", "x@example.com", "--level", "SUPPORTER", "--password-file", password)
