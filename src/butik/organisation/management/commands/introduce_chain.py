"""`butik introduce_chain --out FILE`: the first of the three steps that pair a chain with its emergency cloud."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from butik.lib.clock import now
from butik.organisation.chains import chain_of_command
from butik.organisation.pairing import introduce_chain
from butik.organisation.tenancy import tenant_scope


class Command(BaseCommand):
    help = "Write the file by which an emergency cloud learns who this chain is. It holds no secret."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--chain", type=int, metavar="NUMBER", help="needed where the service has several")
        parser.add_argument("--organisation", type=UUID, help="needed where the service has several organisations")
        parser.add_argument("--out", type=Path, required=True, metavar="FILE")

    def handle(self, *_: Any, **given: Any) -> None:
        chain, path = chain_of_command(given["chain"], given["organisation"]), given["out"]
        with tenant_scope([chain.organisation_id]):
            document = introduce_chain(chain, now=now())
        try:
            path.write_text(document + "\n")
        except OSError as error:
            raise CommandError(f"{path} could not be written: {error.strerror}.") from error
        self.stdout.write(
            f"{chain} is introduced in {path}. At its emergency cloud: butik adopt_chain {path.name} --out offer.json"
        )
