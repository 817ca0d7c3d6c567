"""The age identity that the backups of a chain are encrypted to: a file of mode 0600 in the service's own folder."""

import os
from functools import cache
from pathlib import Path
from uuid import UUID

from django.conf import settings
from pyrage import x25519


def identity_of(chain_id: UUID) -> str:
    """The secret (AGE-SECRET-KEY-1…) of a chain's emergency; made when it is first asked for."""
    return _identity_in(settings.BUTIK_DATA / "secrets" / f"emergency-{chain_id}.age")


def recipient_of(chain_id: UUID) -> str:
    """What stores of the chain encrypt to (age1…)."""
    return str(x25519.Identity.from_str(identity_of(chain_id)).to_public())


@cache
def _identity_in(path: Path) -> str:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    identity = str(x25519.Identity.generate())
    # written whole under a name of its own, then linked: of two processes that make one at once, the first wins
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(identity)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(fresh, path)
    except FileExistsError:
        return path.read_text().strip()
    finally:
        fresh.unlink()
    return identity
