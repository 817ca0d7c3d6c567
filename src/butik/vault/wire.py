"""What the vault answers to an upload (docs/formats/emergency.md)."""

from typing import Literal

import msgspec

MANIFEST = "Butik-Manifest"


class Received(msgspec.Struct, frozen=True):
    """`proof` is the newest butik-proven of that store, and the only thing that it can ever learn here."""

    outcome: Literal["RECEIVED", "KNOWN"]
    received_at: str
    proof: str | None
    server_time: float
