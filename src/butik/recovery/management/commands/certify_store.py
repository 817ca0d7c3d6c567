from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from django.core.management.base import BaseCommand, CommandError, CommandParser

from butik.lib.clock import now, to_wire
from butik.lib.signing import BadDocument, SigningKey, decode, encode
from butik.lib.versions import version_at
from butik.organisation.keys import CERTIFICATE, CERTIFICATE_LIFE
from butik.organisation.pairing import read_pairing
from butik.recovery.rebuilding import Papers


class Command(BaseCommand):
    help = (
        "Make the papers of a rebuilt store where the chain's root key is kept, when the chain's service is gone. "
        "Nothing is kept here; run it on a machine that no network reaches."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--root-file", type=Path, required=True, help="secrets/chain-….key of the chain's service")
        parser.add_argument("--pairing", type=Path, required=True, help="the chain's butik-emergency document")
        parser.add_argument("--store", type=UUID, required=True, help="id of the store")
        parser.add_argument("--key", required=True, help="public key that `butik rebuild_store` has printed")
        parser.add_argument(
            "--key-version", type=int, help="of the certificate; left out: later than any that the store has had"
        )

    def handle(self, *_: Any, **given: Any) -> None:
        try:
            root = SigningKey.from_bytes(decode(given["root_file"].read_text().strip()))
            document = given["pairing"].read_text().strip()
            pairing = read_pairing(document, root.public)
            if len(decode(given["key"])) != 32:
                raise BadDocument("not an Ed25519 key")
        except (OSError, BadDocument, ValueError) as error:
            raise CommandError(f"The papers cannot be made: {error}") from error
        issued = now()
        certificate = {
            "v": 1,
            "org": str(pairing.org),
            "chain": str(pairing.chain),
            "store": str(given["store"]),
            "key": given["key"],
            "use": "store",
            "version": given["key_version"] or version_at(issued),
            "issued_at": to_wire(issued - timedelta(minutes=5)),
            "expires_at": to_wire(issued + CERTIFICATE_LIFE),
        }
        papers = Papers(
            {"kid": root.kid, "key": encode(root.public)},
            root.sign(CERTIFICATE, msgspec.json.encode(certificate)),
            document,
        )
        self.stdout.write(msgspec.json.encode(papers).decode())
