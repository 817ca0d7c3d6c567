"""Settings are read here and nowhere else; also by commands that run before Django (`butik restore`)."""

import os
import re
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

from butik.lib.mail_server import MailServer, read_mail_server
from butik.lib.web_address import BadWebAddress, read_origin


def text(name: str, default: str = "") -> str:
    """Read NAME, or the file that NAME_FILE points to (secrets)."""
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return os.environ.get(name, "").strip() or default
    try:
        return Path(path).read_text().strip() or default
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which cannot be read: {error}.") from None


def flag(name: str, default: bool = False) -> bool:
    value = text(name, "yes" if default else "no").lower()
    if value not in {"yes", "no"}:
        raise ImproperlyConfigured(f"{name} must be yes or no, not {value!r}.")
    return value == "yes"


def set_text(name: str, value: str) -> None:
    """For this process and those that it starts, whatever was set before."""
    os.environ.pop(f"{name}_FILE", None)
    os.environ[name] = value


def origin(name: str, default: str = "") -> str:
    """An address of a service, in the one form that browsers use; empty when there is none."""
    said = text(name, default)
    try:
        return read_origin(said) if said else ""
    except BadWebAddress as error:
        raise ImproperlyConfigured(f"{name} {error}; it is {said!r}.") from None


def folder(name: str, default: str) -> Path:
    """Whole, so that it is the same wherever a process stands."""
    said = text(name, default)
    if re.search(r"[\x00-\x1f\x7f\"\\$]", said):  # the front door's configuration could not name it
        raise ImproperlyConfigured(f'{name} must have no line breaks, ", $ or backslashes in it; it is {said!r}.')
    path = Path(said).resolve()
    if path.exists() and not path.is_dir():
        raise ImproperlyConfigured(f"{name} must be a folder; {path} is a file.")
    return path


def time_zone(name: str, default: str) -> str:
    said = text(name, default)
    try:
        ZoneInfo(said)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ImproperlyConfigured(f"{name} must be a time zone such as Europe/Copenhagen, not {said!r}.") from None
    return said


def mail_server(name: str) -> MailServer | None:
    """None when no mail is sent. A refusal does not repeat the password."""
    said = text(name)
    try:
        return read_mail_server(said) if said else None
    except BadWebAddress as error:
        raise ImproperlyConfigured(f"{name} {error}.") from None


def sender(name: str) -> str:
    """From whom mails come: butik@example.com, or Butik <butik@example.com>."""
    said = text(name)
    try:
        validate_email(parseaddr(said)[1])
        if said.isprintable():
            return said
    except ValidationError:
        pass
    raise ImproperlyConfigured(f"{name} must be an address such as Butik <butik@example.com>, not {said!r}.")


def postgresql(url: str, name: str) -> dict[str, Any]:
    """The parts of postgresql://role:password@host:port/name, as Django has them. `name` is the setting's own."""
    form = "postgresql://role:password@host:port/name"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be as {form}, with a port from 1 to 65535.") from None
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ImproperlyConfigured(f"{name} must be empty (SQLite) or a postgresql:// address.")
    if parts.fragment:
        raise ImproperlyConfigured(f"{name} has a # in it: in a password it is written %23, a / %2F and a @ %40.")
    if parts.query:
        raise ImproperlyConfigured(
            f"{name} must have no options behind a ?: libpq's own variables set them (PGSSLMODE, PGSSLROOTCERT)."
        )
    database = unquote(parts.path.removeprefix("/"))
    if not database or "/" in database or port == 0:
        raise ImproperlyConfigured(f"{name} must be as {form}: with one name of a database, and a port if not 5432.")
    return {
        "NAME": database,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(port or ""),
    }
