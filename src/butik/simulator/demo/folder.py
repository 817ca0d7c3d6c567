"""The demo's own folder: marked, so that a reset never deletes anything else; its secrets 0600."""

import fcntl
import secrets as randomness
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from butik.lib.files import replace_file
from butik.simulator.demo.second_factor import make_secret

MARKER = "this-is-a-butik-demo"


class NotOursError(Exception):
    """Said in the user's words."""


class Secrets(msgspec.Struct):
    """Passwords and PINs of this one demo, made once. `is_ready` once everything was set up."""

    people: dict[str, str]  # e-mail to password
    pins: dict[str, str]  # staff number to PIN
    second_factors: dict[str, str] = {}  # e-mail to TOTP secret; the people of chain and stores share one
    is_ready: bool = False
    articles: str = ""


@contextmanager
def prepared_folder(folder: Path, *, reset: bool) -> Iterator[None]:
    """The demo's folder, for one demo at a time. It begins anew if that is wished, or if the last start did not end."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).exists():
        raise NotOursError(f"{folder} holds something that is no demo. Choose another folder with --folder.")
    if folder.exists() and any(folder.iterdir()) and (reset or not _is_ready(folder)):
        with _held(folder):
            delete_folder(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _held(folder):
        yield


def _is_ready(folder: Path) -> bool:
    secrets = read_secrets(folder)
    return secrets is not None and secrets.is_ready


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    with (folder / MARKER).open("a") as marker:
        try:
            fcntl.flock(marker, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotOursError(
                f"Another demo runs in {folder}. Stop it, or choose another folder with --folder."
            ) from None
        yield


def delete_folder(folder: Path) -> None:
    """Delete a demo, and only a demo."""
    if not folder.exists() or not any(folder.iterdir()):
        return
    if folder.is_symlink() or not (folder / MARKER).is_file():
        raise NotOursError(f"{folder} is not deleted: it does not look like a demo (no file {MARKER}).")
    shutil.rmtree(folder)


def read_secrets(folder: Path) -> Secrets | None:
    path = folder / "secrets.json"
    return msgspec.json.decode(path.read_bytes(), type=Secrets) if path.exists() else None


def write_secrets(folder: Path, secrets: Secrets) -> None:
    replace_file(folder / "secrets.json", msgspec.json.encode(secrets))


def make_secrets(emails: list[str], staff_numbers: list[str], approvers: Iterable[str] = ()) -> Secrets:
    shared = make_secret()
    others = {email: shared for email in emails if email not in set(approvers)}
    return Secrets(
        people={email: _pick_password() for email in emails},
        pins={number: _pick_pin() for number in staff_numbers},
        second_factors=others | {email: make_secret() for email in approvers},
    )


def _pick_password() -> str:
    """Three groups that can be read out and typed: 60 bits."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(randomness.choice(letters) for _ in range(4)) for _ in range(3))


def _pick_pin() -> str:
    """Six different digits that do not begin a row: what no rule about weak PINs refuses."""
    digits = randomness.SystemRandom().sample("0123456789", 6)
    return "".join(digits) if 1 < abs(int(digits[1]) - int(digits[0])) < 9 else _pick_pin()
