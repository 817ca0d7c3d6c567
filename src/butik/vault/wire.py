"""What the vault answers to an upload (docs/formats/emergency.md)."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

MANIFEST = "Butik-Manifest"


class Received(msgspec.Struct, frozen=True):
    """`proof` is the newest butik-proven of that store, `quarantined` a butik-quarantined that is newer.

    That is all that a store can ever learn here.
    """

    outcome: Literal["RECEIVED", "KNOWN"]
    received_at: str
    proof: str | None
    quarantined: str | None
    server_time: float


class Revoke(msgspec.Struct, frozen=True):
    revocation: Annotated[str, Meta(max_length=4000)]


class Taken(msgspec.Struct, frozen=True):
    """Whether it counts at once is not said: it would tell who stole the credential what people here decide."""

    outcome: Literal["TAKEN"]
    server_time: float
