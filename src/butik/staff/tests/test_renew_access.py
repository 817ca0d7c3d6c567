"""`butik renew_access`: who has lost a password or a second factor gets in again, and the audit log has it."""

from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.test import Client
from tests.support.cast import Cast, signed_in

from butik.audit.models import AuditEntry
from butik.organisation.tenancy import tenant_scope
from butik.staff.models import Person


def lines(cast: Cast, action: str) -> int:
    with tenant_scope([cast.organisation_id]):
        return AuditEntry.objects.filter(action=action, subject=str(cast.bob.pk)).count()


def is_in(client: Client, cast: Cast) -> bool:
    return client.get(f"/manage/{cast.store.pk}/").status_code == 200


def test_a_new_password_ends_the_sessions_and_leaves_a_line(cast: Cast, tmp_path: Path) -> None:
    client = signed_in(cast.bob)
    assert is_in(client, cast)
    path = tmp_path / "password"
    path.write_text("quite another secret\n")
    call_command("renew_access", "BOB@example.com", "--password-file", str(path))
    assert Person.objects.get(pk=cast.bob.pk).check_password("quite another secret")
    assert not is_in(client, cast)
    assert lines(cast, "staff.person.password_changed") == 1


def test_a_lost_factor_is_taken_away_with_a_line_for_each(cast: Cast) -> None:
    Authenticator.objects.filter(user=cast.bob).delete()
    for kind in (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES):
        Authenticator.objects.create(user=cast.bob, type=kind, data={})
    before = lines(cast, "staff.person.second_factor_changed")
    password = Person.objects.get(pk=cast.bob.pk).password
    call_command("renew_access", "bob@example.com", "--without-factor")
    assert not Authenticator.objects.filter(user=cast.bob).exists()
    assert Person.objects.get(pk=cast.bob.pk).password == password
    assert lines(cast, "staff.person.second_factor_changed") == before + 2


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [(["nobody@example.com", "--without-factor"], "Nobody signs in"), (["bob@example.com"], "Say what is lost")],
)
def test_what_cannot_be_is_refused_in_words(cast: Cast, arguments: list[str], complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint):
        call_command("renew_access", *arguments)


def test_a_weak_password_is_refused_and_nothing_changes(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("short")
    with pytest.raises(CommandError):
        call_command("renew_access", "bob@example.com", "--password-file", str(path), "--without-factor")
    assert lines(cast, "staff.person.password_changed") == 0
