"""`butik pair_emergency OFFER`: the last of the three steps that pair a chain with its emergency cloud."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from butik.lib.clock import now
from butik.organisation.chains import chain_of_command
from butik.organisation.pairing import NotPaired, pair_chain, pairing_of

LIMIT = 16 * 1024


class Command(BaseCommand):
    help = "Pin the emergency cloud whose offer is in a file. Stores and devices learn of it by themselves."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("offer", type=Path, help="what `butik adopt_chain` has written at the emergency cloud")
        parser.add_argument("--chain", type=int, metavar="NUMBER", help="needed where the service has several")
        parser.add_argument("--organisation", type=UUID, help="needed where the service has several organisations")

    def handle(self, *_: Any, **given: Any) -> None:
        chain = chain_of_command(given["chain"], given["organisation"])
        before = chain.emergency
        try:
            paired = pair_chain(chain=chain, offer=_read(given["offer"]), actor="system", now=now())
        except NotPaired as problem:
            raise CommandError(str(problem)) from problem
        cloud = pairing_of(paired)
        assert cloud is not None  # noqa: S101 - it was paired just now
        said = "was paired already" if paired.emergency == before else "is paired"
        self.stdout.write(f"{chain} {said} with the emergency cloud {cloud.url}. Its stores learn of it by themselves.")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LIMIT)
    except OSError as error:
        raise CommandError(f"{path} could not be read: {error.strerror}.") from error
