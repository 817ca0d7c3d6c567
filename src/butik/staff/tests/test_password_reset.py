"""A forgotten password by mail, through a real mail server, and what is tried against it."""

import re
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.tokens import default_token_generator
from django.core.mail.backends import locmem
from django.core.management import call_command
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.support.cast import PASSWORD, Cast, signed_in
from tests.support.mail_server import Mailbox, make_certificate, running_mail_server, server_context
from tests.support.ports import LOOPBACK

from butik.audit.models import AuditEntry
from butik.lib.clock import now
from butik.organisation.tenancy import tenant_scope
from butik.staff import account_mails
from butik.staff.account_mails import GIVEN_UP_AFTER, reset_path, send_mails
from butik.staff.models import AccountMail, Person
from butik.staff.people import change_address, reset_password

ASK = "/accounts/password/reset/"
ASKED = "/accounts/password/reset/asked/"
NEW = "a new horse battery"
SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture
def mail(settings: Any) -> Any:
    """Mail is set; the tests below say where to."""
    settings.SENDS_MAIL, settings.EMAIL_BACKEND = True, SMTP
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = LOOPBACK, 1, 5
    settings.DEFAULT_FROM_EMAIL, settings.BUTIK_URL = "Butik <butik@example.com>", "https://chain.example.com"
    return settings


@pytest.fixture
def mailbox(mail: Any) -> Iterator[Mailbox]:
    with running_mail_server() as (mailbox, mail.EMAIL_PORT):
        yield mailbox


def ask(email: str, client: Client | None = None, **meta: Any) -> HttpResponse:
    return (client or Client()).post(ASK, {"email": email}, **meta)  # type: ignore[return-value]


def link_in(mailbox: Mailbox) -> str:
    said = mailbox.mails[-1].get_content().splitlines()
    links = [each.removeprefix("https://chain.example.com") for each in said if each.startswith("https:")]
    assert len(links) == 1
    return str(links[0])


def choose(link: str, client: Client | None = None, password: str = NEW) -> HttpResponse:
    """Follow the link as a browser does, and choose."""
    client = client or Client()
    page = client.get(link, follow=True)
    path = page.redirect_chain[-1][0] if page.redirect_chain else link
    return client.post(path, {"new_password1": password, "new_password2": password})  # type: ignore[return-value]


def signs_in(email: str, password: str) -> bool:
    return Client().post("/accounts/login/", {"login": email, "password": password}).status_code == 302


def lines(cast: Cast, action: str) -> int:
    with tenant_scope([cast.organisation_id]):
        return AuditEntry.objects.filter(action=action, subject=str(cast.bob.pk), actor=cast.bob.actor).count()


def test_a_forgotten_password_is_chosen_anew_by_the_link_of_a_mail(cast: Cast, mailbox: Mailbox) -> None:
    elsewhere = signed_in(cast.bob)
    assert ask("BOB@example.com")["Location"] == ASKED
    send_mails([])
    message = mailbox.mails[0]
    assert (message["To"], message["From"]) == ("bob@example.com", "Butik <butik@example.com>")
    assert message["Subject"] == "Choose a new password"
    assert message.get_content_type() == "text/plain"
    assert choose(link_in(mailbox))["Location"] == "/accounts/login/"
    assert signs_in("bob@example.com", NEW)
    assert not signs_in("bob@example.com", PASSWORD)
    assert elsewhere.get(f"/manage/{cast.store.pk}/").status_code == 302
    assert lines(cast, "staff.person.password_reset") == 1
    send_mails([])
    assert [each["Subject"] for each in mailbox.mails] == ["Choose a new password", "Your password was changed"]
    send_mails([])
    assert len(mailbox.mails) == 2
    assert not AccountMail.objects.exists()


def test_it_is_written_in_the_language_that_was_asked_in(cast: Cast, mailbox: Mailbox) -> None:
    client = Client()
    client.post("/language/", {"language": "da", "next": ASK})
    ask("bob@example.com", client)
    send_mails([])
    assert mailbox.mails[0]["Subject"] == "Vælg en ny adgangskode"
    assert "Linket virker én gang" in mailbox.mails[0].get_content()


def test_the_link_signs_nobody_in_and_the_second_factor_is_asked_for(cast: Cast, mailbox: Mailbox) -> None:
    TOTP.activate(cast.bob, generate_totp_secret())
    ask("bob@example.com")
    send_mails([])
    reset_links = [each for each in mailbox.mails if each["Subject"] == "Choose a new password"]
    mailbox.mails = reset_links
    client = Client()
    choose(link_in(mailbox), client)
    assert "_auth_user_id" not in client.session
    assert client.post("/accounts/login/", {"login": "bob@example.com", "password": NEW}).status_code == 302
    assert client.get(f"/manage/{cast.store.pk}/").status_code == 302
    assert Authenticator.objects.filter(user=cast.bob).exists()


def test_known_and_unknown_take_the_same_way(cast: Cast, mailbox: Mailbox) -> None:
    """The same answer, and the very same statements: nobody is looked up before the worker does it."""
    answers, statements = [], []
    for email in ("nobody@example.com", "bob@example.com"):
        with CaptureQueriesContext(connection) as seen:
            answers.append((ask(email).status_code, ask(email)["Location"]))
        statements.append([re.sub(r"'[^']*'|[0-9a-f]{32,}|\d+", "?", each["sql"]) for each in seen.captured_queries])
    assert answers[0] == answers[1]
    assert statements[0] == statements[1]
    assert not any("staff_person" in each for each in statements[0])
    send_mails([])
    assert mailbox.recipients == ["bob@example.com"]
    assert not AccountMail.objects.exists()


def test_somebody_who_was_closed_gets_no_mail_and_her_link_no_longer_works(cast: Cast, mailbox: Mailbox) -> None:
    link = reset_path(cast.bob)
    Person.objects.filter(pk=cast.bob.pk).update(is_active=False)
    ask("bob@example.com")
    send_mails([])
    assert mailbox.mails == []
    assert b"no longer works" in Client().get(link).content


def test_a_link_works_once(cast: Cast, mailbox: Mailbox) -> None:
    link, second = reset_path(cast.bob), reset_path(cast.bob)
    choose(link)
    for used in (link, second):
        assert b"no longer works" in choose(used, password="the thief's own choice").content
    assert signs_in("bob@example.com", NEW)


def test_of_two_browsers_that_hold_one_link_the_second_is_told(cast: Cast, mail: Any) -> None:
    link, late = reset_path(cast.bob), Client()
    assert late.get(link, follow=True).status_code == 200
    choose(link)
    path = link.rpartition("/")[0].rpartition("/")[0] + "/set-password/"
    answer = late.post(path, {"new_password1": "too late for me", "new_password2": "too late for me"}, follow=True)
    assert b"no longer works" in answer.content
    assert signs_in("bob@example.com", NEW)


def test_of_two_at_the_same_time_one_wins(cast: Cast, mail: Any) -> None:
    """Both were believed at the door; what decides is asked again with the person's row in hand."""
    token = default_token_generator.make_token(cast.bob)
    first, second = Person.objects.get(pk=cast.bob.pk), Person.objects.get(pk=cast.bob.pk)
    assert reset_password(person=first, token=token, password=NEW, now=now())
    assert not reset_password(person=second, token=token, password="the thief's own choice", now=now())
    assert signs_in("bob@example.com", NEW)


def test_a_link_lives_half_an_hour(cast: Cast, mail: Any) -> None:
    link, later = reset_path(cast.bob), datetime.now() + timedelta(minutes=31)  # noqa: DTZ005 - as the generator has it
    with mock.patch.object(default_token_generator.__class__, "_now", return_value=later):
        assert b"no longer works" in Client().get(link).content
    assert b"Save the new password" in Client().get(link, follow=True).content


def test_signing_in_or_another_address_ends_a_link(cast: Cast, mail: Any) -> None:
    link = reset_path(cast.bob)
    assert signs_in("bob@example.com", PASSWORD)
    assert b"no longer works" in Client().get(link).content
    link = reset_path(Person.objects.get(pk=cast.bob.pk))
    change_address(person=cast.bob, email="robert@example.com", actor="system", now=now())
    assert b"no longer works" in Client().get(link).content


def test_a_link_is_one_persons(cast: Cast, mail: Any) -> None:
    token = reset_path(cast.bob).split("/")[-2]
    whose = reset_path(cast.alice).split("/")[-3]
    for forged in (f"{ASK}{whose}/{token}/", f"{ASK}{whose}/{token[:-1]}0/", f"{ASK}AAAA/{token}/", f"{ASK}%FF/x/"):
        assert b"no longer works" in Client().get(forged).content
    assert b"no longer works" in Client().get(f"{ASK}{whose}/set-password/").content
    client = Client()
    client.get(reset_path(cast.bob), follow=True)  # the session holds bob's token
    answer = client.post(f"{ASK}{whose}/set-password/", {"new_password1": NEW, "new_password2": NEW})
    assert b"no longer works" in answer.content
    assert signs_in("alice@example.com", PASSWORD)


def test_the_link_names_the_services_own_address_whatever_host_was_asked(cast: Cast, mailbox: Mailbox) -> None:
    assert ask("bob@example.com", HTTP_HOST="evil.example").status_code == 400
    hosts: dict[str, Any] = {
        "HTTP_X_FORWARDED_HOST": "evil.example",
        "HTTP_REFERER": "https://evil.example/",
        "SERVER_PORT": "99",
    }
    ask("bob@example.com", HTTP_HOST="127.0.0.1", **hosts)
    send_mails([])
    text = mailbox.mails[0].as_string()
    assert link_in(mailbox)
    assert "evil.example" not in text
    assert "127.0.0.1" not in mailbox.mails[0].get_content()


@pytest.mark.parametrize(
    "typed",
    [
        "bob@example.com\nBcc: thief@evil.example", "bob@example.com\r\n\r\nbody", "bob@example.com,thief@evil.example",
        "bob@example.com thief@evil.example", "<bob@example.com>", "bob@example.com\0", "b" * 300 + "@example.com", "",
    ],
)  # fmt: skip
def test_an_address_that_says_more_goes_nowhere(typed: str, cast: Cast, mailbox: Mailbox) -> None:
    assert ask(typed).status_code == 200
    send_mails([])
    assert mailbox.recipients == []


def test_a_person_whose_address_has_a_line_break_stops_no_other(cast: Cast, mailbox: Mailbox) -> None:
    """However it came in: the mail library refuses it, and the next one is sent."""
    Person.objects.filter(pk=cast.alice.pk).update(email="alice@example.com\nBcc: thief@evil.example")
    for address in Person.objects.filter(pk__in=[cast.alice.pk, cast.bob.pk]).values_list("email", flat=True):
        account_mails.queue_mail(address, AccountMail.Kind.PASSWORD_CHANGED, now=now())
    send_mails([])
    assert mailbox.recipients == ["bob@example.com"]


def test_nobodys_mailbox_is_filled(cast: Cast, mailbox: Mailbox) -> None:
    """Three mails to one person, whoever asks from wherever; ten from one place, whoever they are for."""
    for n in range(12):
        ask("bob@example.com", REMOTE_ADDR=f"10.0.0.{n}")
        send_mails([])
    assert mailbox.recipients == ["bob@example.com"] * 3
    refused = ask("bob@example.com", REMOTE_ADDR="10.0.1.1")
    assert b"Too many mails were asked for." in refused.content
    answers = [ask(f"somebody{n}@example.com", REMOTE_ADDR="192.0.2.7").status_code for n in range(12)]
    assert answers == [302] * 10 + [200] * 2
    assert ask("alice@example.com", REMOTE_ADDR="198.51.100.4").status_code == 302


def test_what_is_asked_for_twice_before_it_was_sent_is_one_mail(cast: Cast, mailbox: Mailbox) -> None:
    ask("bob@example.com")
    ask("bob@example.com")
    send_mails([])
    assert len(mailbox.mails) == 1


def test_no_page_speaks_to_the_mail_server(cast: Cast, mail: Any) -> None:
    """A server that takes the call and says nothing: the page has answered, and nobody has called it yet."""
    with socket.create_server((LOOPBACK, 0)) as silent:
        silent.settimeout(0.1)
        mail.EMAIL_PORT = silent.getsockname()[1]
        assert ask("bob@example.com").status_code == 302
        with pytest.raises(TimeoutError):
            silent.accept()
        mail.EMAIL_TIMEOUT = 0.2
        send_mails([])
    assert AccountMail.objects.get().tries == 1


def test_nothing_is_locked_while_a_mail_is_sent(transactional_db: None, mail: Any) -> None:
    seen: list[bool] = []
    mail.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    account_mails.queue_mail("bob@example.com", AccountMail.Kind.PASSWORD_CHANGED, now=now())

    def send(*_: object) -> None:
        seen.append(connection.in_atomic_block)

    with mock.patch.object(locmem.EmailBackend, "send_messages", send):
        send_mails([])
    assert seen == [False]


def said(caplog: pytest.LogCaptureFixture) -> str:
    return "\n".join(each.getMessage() for each in caplog.records if each.name.startswith("butik."))


def test_a_server_that_is_away_or_refuses_gets_the_mail_later(
    cast: Cast, mailbox: Mailbox, mail: Any, caplog: pytest.LogCaptureFixture
) -> None:
    port, mail.EMAIL_PORT = mail.EMAIL_PORT, 1
    ask("bob@example.com")
    send_mails([])
    assert "tried again: ConnectionRefusedError" in said(caplog)
    mail.EMAIL_PORT, mailbox.refusal = port, "554 bob@example.com is not wanted"
    with later_by(timedelta(minutes=1)):
        send_mails([])
    assert "tried again: SMTPDataError 554" in said(caplog)
    assert "bob@" not in said(caplog)
    assert "set-password" not in said(caplog)
    mailbox.refusal = ""
    send_mails([])
    assert mailbox.mails == []  # not before its pause is over
    with later_by(timedelta(minutes=15)):
        send_mails([])
    assert mailbox.recipients == ["bob@example.com"]


def test_a_reset_that_could_not_be_sent_in_an_hour_is_given_up(cast: Cast, mailbox: Mailbox) -> None:
    ask("bob@example.com")
    with later_by(GIVEN_UP_AFTER[AccountMail.Kind.RESET] + timedelta(minutes=1)):
        send_mails([])
    assert mailbox.mails == []
    assert not AccountMail.objects.exists()


def later_by(span: timedelta) -> Any:
    return mock.patch.object(account_mails, "now", return_value=datetime.now(UTC) + span)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return make_certificate(tmp_path, "localhost")


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_with_a_certificate_that_fits_it_signs_in_and_sends(
    scheme: str, cast: Cast, mail: Any, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with tls_server(scheme, certificate) as (mailbox, port):
        use(mail, scheme, "localhost", port)
        ask("bob@example.com")
        send_mails([])
    assert mailbox.users == ["butik:secret"]
    assert mailbox.recipients == ["bob@example.com"]


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
@pytest.mark.parametrize("fault", ["unknown authority", "another name", "no TLS"])
def test_without_one_not_even_the_password_is_shown(
    scheme: str, fault: str, cast: Cast, mail: Any, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fault == "another name":
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    running = running_mail_server() if fault == "no TLS" else tls_server(scheme, certificate)
    with running as (mailbox, port):
        use(mail, scheme, LOOPBACK if fault == "another name" else "localhost", port)
        ask("bob@example.com")
        send_mails([])
    assert (mailbox.users, mailbox.mails) == ([], [])
    assert AccountMail.objects.get().tries == 1


def tls_server(scheme: str, certificate: Path) -> Any:
    context = server_context(certificate)
    if scheme == "smtps":
        return running_mail_server(ssl_context=context, auth_require_tls=False)
    return running_mail_server(tls_context=context, require_starttls=True)


def use(mail: Any, scheme: str, host: str, port: int) -> None:
    mail.EMAIL_HOST, mail.EMAIL_PORT = host, port
    mail.EMAIL_HOST_USER, mail.EMAIL_HOST_PASSWORD = "butik", "secret"
    mail.EMAIL_USE_SSL, mail.EMAIL_USE_TLS = scheme == "smtps", scheme == "smtp+starttls"


def change_own_password(cast: Cast, path: Path) -> None:
    said = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert signed_in(cast.bob).post("/accounts/password/change/", said).status_code == 302


def renewed_by_command(cast: Cast, path: Path) -> None:
    path.write_text(NEW)
    call_command("renew_access", "bob@example.com", "--password-file", str(path))


def factor_added(cast: Cast, path: Path) -> None:
    TOTP.activate(cast.bob, generate_totp_secret())


def address_changed(cast: Cast, path: Path) -> None:
    change_address(person=cast.bob, email="robert@example.com", actor="system", now=now())


@pytest.mark.parametrize(
    ("act", "subject"),
    [
        (change_own_password, "Your password was changed"),
        (renewed_by_command, "Your password was changed"),
        (factor_added, "Your second factor was changed"),
        (address_changed, "You sign in with another address now"),
    ],
)
def test_whose_account_is_changed_is_told(
    act: Callable[[Cast, Path], None], subject: str, cast: Cast, mailbox: Mailbox, tmp_path: Path
) -> None:
    """To the address that she had, with no link in it."""
    act(cast, tmp_path / "password")
    send_mails([])
    assert [(each["To"], each["Subject"]) for each in mailbox.mails] == [("bob@example.com", subject)]
    assert "/accounts/" not in mailbox.mails[0].get_content()


def test_without_a_mail_server_the_page_says_who_can_help_and_nothing_is_kept(cast: Cast) -> None:
    page = Client().get(ASK).content.decode()
    assert "This service sends no mail." in page
    assert "butik renew_access" in page
    assert '<input type="email"' not in page
    assert ask("bob@example.com").status_code == 200
    change_own_password(cast, Path())
    assert not AccountMail.objects.exists()
