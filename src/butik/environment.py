"""Settings are read here and nowhere else; also by commands that run before Django (`butik restore`)."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str = "") -> str:
    """Read NAME, or the file that NAME_FILE points to (secrets)."""
    path = os.environ.get(f"{name}_FILE")
    return Path(path).read_text().strip() if path else os.environ.get(name, default)


def flag(name: str, default: bool = False) -> bool:
    value = text(name, "yes" if default else "no").lower()
    if value not in {"yes", "no"}:
        raise ImproperlyConfigured(f"{name} must be yes or no, not {value!r}.")
    return value == "yes"


def set_text(name: str, value: str) -> None:
    """For this process and those that it starts, whatever was set before."""
    os.environ.pop(f"{name}_FILE", None)
    os.environ[name] = value
