"""The files in `secrets/`: keys that this service made, and the mark of its founding.

The database knows each by its SHA-256. So a key that was made once is never made anew: when its file is missing, empty,
cut or another's, that is said in a sentence, and whoever has a backup puts it back.
"""

import re
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from butik.lib.files import SecretTrouble, file_digest, file_trouble, make_folder, write_new
from butik.organisation.models import SecretFile

FOUNDING = "founding"
OURS = re.compile(r"(founding|(django|service|second-factor-[0-9]+)\.key|(chain|emergency)-[0-9a-f-]{36}\.(key|age))")
PUT_BACK = (
    "Nothing was made in its place: put the folder secrets/ back from a backup of this service (docs/operations.md)."
)


def secrets_folder() -> Path:
    folder: Path = settings.BUTIK_DATA / "secrets"
    return folder


def keep_secret(path: Path, make: Callable[[], str]) -> str:
    """What a file in `secrets/` holds; made when it is first asked for, and never again."""
    if not path.exists():
        if SecretFile.objects.filter(name=path.name).exists():
            raise SecretTrouble(f"The key {path} is missing. {PUT_BACK}")
        make_folder(path.parent)
        write_new(path, make().encode())  # of two processes that make one at once, the first wins
        note_secret(path)
    try:
        content = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SecretTrouble(f"The key {path} cannot be read: {error}. {PUT_BACK}") from error
    if not content:
        raise SecretTrouble(f"The key {path} is empty. {PUT_BACK}")
    return content


def note_secret(path: Path) -> None:
    SecretFile.objects.update_or_create(name=path.name, defaults={"sha256": file_digest(path)})


def check_secrets() -> None:
    """Every file that the database knows is there as it was made. Raises SecretTrouble."""
    known = dict(SecretFile.objects.values_list("name", "sha256"))
    trouble = file_trouble(secrets_folder(), known)
    if trouble:
        raise SecretTrouble(f"{trouble} {PUT_BACK}")
    for path in secrets_folder().iterdir():
        if path.name not in known and OURS.fullmatch(path.name):
            note_secret(path)  # made when the service was killed before it could say so
