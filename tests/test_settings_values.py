"""A setting that cannot be is refused at the start, in a sentence that names it."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from butik import environment
from butik.serving.address import BadAddress, read_address


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("postgresql://a:b@h:5433/n", {"NAME": "n", "USER": "a", "PASSWORD": "b", "HOST": "h", "PORT": "5433"}),
        ("postgres:///n", {"NAME": "n", "USER": "", "PASSWORD": "", "HOST": "", "PORT": ""}),
        ("postgres://a:p%23%2F%40@[::1]/n", {"NAME": "n", "USER": "a", "PASSWORD": "p#/@", "HOST": "::1", "PORT": ""}),
    ],
)  # fmt: skip
def test_a_database_is_named_by_its_address(url: str, parts: dict[str, Any]) -> None:
    assert environment.postgresql(url, "BUTIK_DATABASE_URL") == parts


@pytest.mark.parametrize(
    "url",
    [
        "mysql://h/n", "sqlite:///x", "h/n", "postgresql://h", "postgresql://h/", "postgresql://h/a/b",
        "postgresql://h:0/n", "postgresql://h:65536/n", "postgresql://h:x/n", "postgresql://a:p#q@h/n",
        "postgresql://a:p/q@h/n", "postgresql://h/n?sslmode=require", "postgresql://[::1/n",
    ],
)  # fmt: skip
def test_a_database_that_cannot_be_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="BUTIK_OWNER_DATABASE_URL"):
        environment.postgresql(url, "BUTIK_OWNER_DATABASE_URL")


@pytest.mark.parametrize("said", ["Copenhagen", "CET+1", "../etc/passwd", "/etc/localtime", "Europe/København", "x\0y"])
def test_a_time_zone_that_is_none_is_refused(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "text", lambda name, default="": said)
    with pytest.raises(ImproperlyConfigured, match="BUTIK_TIMEZONE must be a time zone"):
        environment.time_zone("BUTIK_TIMEZONE", "Europe/Copenhagen")


@pytest.mark.parametrize("said", ['/data/"x', "/data/$HOME", "/data/a\nb", "/data/a\\b", __file__])
def test_a_folder_that_cannot_be_is_refused(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "text", lambda name, default="": said)
    with pytest.raises(ImproperlyConfigured, match="BUTIK_DATA must"):
        environment.folder("BUTIK_DATA", "data/store")


def test_an_empty_setting_is_none_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BUTIK_URL", "")
    assert environment.origin("BUTIK_URL", "http://localhost:8010") == "http://localhost:8010"
    monkeypatch.setenv("BUTIK_DATA", " ")
    assert environment.folder("BUTIK_DATA", "data/store") == Path("data/store").resolve()
    monkeypatch.setenv("BUTIK_URL_FILE", str(tmp_path / "none"))
    with pytest.raises(ImproperlyConfigured, match="BUTIK_URL_FILE names"):
        environment.origin("BUTIK_URL")


def test_an_address_is_refused_by_the_name_of_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUTIK_POS_ORIGIN", "https://pos.example.com/app")
    with pytest.raises(ImproperlyConfigured, match="BUTIK_POS_ORIGIN must end with the host"):
        environment.origin("BUTIK_POS_ORIGIN")


def test_a_mail_server_that_cannot_be_is_refused_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUTIK_MAIL_URL", "http://butik:secret@mail.example.com")
    with pytest.raises(ImproperlyConfigured, match="BUTIK_MAIL_URL must be as smtps://") as refusal:
        environment.mail_server("BUTIK_MAIL_URL")
    assert "secret" not in str(refusal.value)
    monkeypatch.setenv("BUTIK_MAIL_URL", "")
    assert environment.mail_server("BUTIK_MAIL_URL") is None


@pytest.mark.parametrize("said", ["", "butik", "Butik", "a@b@c", "butik@example.com\nBcc: x@y.z", "Butik <butik@>"])
def test_a_sender_that_is_none_is_refused(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "text", lambda name, default="": said)
    with pytest.raises(ImproperlyConfigured, match="BUTIK_MAIL_FROM must be an address"):
        environment.sender("BUTIK_MAIL_FROM")
    monkeypatch.setattr(environment, "text", lambda name, default="": "Butik <butik@example.com>")
    assert environment.sender("BUTIK_MAIL_FROM") == "Butik <butik@example.com>"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"port": "0"}, "BUTIK_PORT"),
        ({"port": "65536"}, "BUTIK_PORT"),
        ({"port": "٨٠"}, "BUTIK_PORT"),
        ({"port": "-1"}, "BUTIK_PORT"),
        ({"bind": "eth0"}, "BUTIK_BIND"),
        ({"bind": "store.example.com"}, "BUTIK_BIND"),
        ({"bind": "10.0.0.0/8"}, "BUTIK_BIND"),
        ({"bind": "*"}, "BUTIK_BIND"),
        ({"bind": "127.0.0.1:80"}, "BUTIK_BIND"),
    ],
)
def test_where_nothing_can_listen_is_refused(settings: dict[str, str], words: str) -> None:
    given = {"bind": "", "port": "", "tls": "", "tls_key": ""} | settings
    with pytest.raises(BadAddress, match=words):
        read_address(url="http://localhost:8010", **given)


def test_an_ipv6_number_works_as_an_address() -> None:
    found = read_address(url="http://[::1]:8010", bind="", port="", tls="", tls_key="")
    assert (found.bind, found.port) == ("::1", 8010)
    assert read_address(url="http://localhost:8010", bind="[::]", port="", tls="", tls_key="").bind == "::"
