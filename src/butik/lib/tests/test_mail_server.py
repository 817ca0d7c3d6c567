"""A mail server is named by one address; one that cannot work, or that gives a password away, is refused in words."""

import pytest

from butik.lib.mail_server import MailServer, read_mail_server
from butik.lib.web_address import BadWebAddress


@pytest.mark.parametrize(
    ("said", "server"),
    [
        ("smtps://butik:pw@mail.example.com", MailServer("smtps", "mail.example.com", 465, "butik", "pw")),
        ("smtp+starttls://b%40x.dk:p%23%2F%3F@MAIL.example.com:2525/",
         MailServer("smtp+starttls", "mail.example.com", 2525, "b@x.dk", "p#/?")),
        ("smtp://relay", MailServer("smtp", "relay", 25, "", "")),
        ("smtp://a:b@localhost", MailServer("smtp", "localhost", 25, "a", "b")),
        ("smtp://[::1]:2525", MailServer("smtp", "::1", 2525, "", "")),
    ],
)  # fmt: skip
def test_one_address_says_it_all(said: str, server: MailServer) -> None:
    assert read_mail_server(said) == server


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("mail.example.com", "must be as smtps://"),
        ("https://u:secret@mail.example.com", "must be as smtps://"),
        ("smtp://[::1", "must be as smtps://"),
        ("smtps://u:secret@", "must name a host"),
        ("smtps://u:secret@mail_1", "names no host"),
        ("smtps://u:secret@0.0.0.0", "must be an address"),
        ("smtps://u:secret@mail.example.com:0", "a port from 1"),
        ("smtps://u:secret@mail.example.com:66666", "a port from 1"),
        ("smtps://u:secret#1@mail.example.com", "written %23"),
        ("smtps://u:secret/1@mail.example.com", "written %23"),
        ("smtps://u:secret@mail.example.com?tls=no", "must end with the host"),
        ("smtps://u@mail.example.com", "both a user and a password"),
        ("smtps://:secret@mail.example.com", "both a user and a password"),
        ("smtps://u:secret%0d%0aRCPT@mail.example.com", "no line breaks"),
        ("smtp://u:secret@mail.example.com", "shows the password"),
    ],
)
def test_what_cannot_work_is_refused_without_the_password(said: str, words: str) -> None:
    with pytest.raises(BadWebAddress, match=words) as refusal:
        read_mail_server(said)
    assert "secret" not in str(refusal.value)
