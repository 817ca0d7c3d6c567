"""The age identity that the backups of a chain are encrypted to: a file of mode 0600 in the service's own folder."""

from functools import cache
from pathlib import Path
from uuid import UUID

from pyrage import x25519

from butik.organisation.secret_files import keep_secret, secrets_folder


def identity_of(chain_id: UUID) -> str:
    """The secret (AGE-SECRET-KEY-1…) of a chain's emergency; made when it is first asked for."""
    return _identity_in(secrets_folder() / f"emergency-{chain_id}.age")


def recipient_of(chain_id: UUID) -> str:
    """What stores of the chain encrypt to (age1…)."""
    return str(x25519.Identity.from_str(identity_of(chain_id)).to_public())


@cache
def _identity_in(path: Path) -> str:
    return keep_secret(path, lambda: str(x25519.Identity.generate()))
