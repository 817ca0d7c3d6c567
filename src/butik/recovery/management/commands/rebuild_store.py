from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from butik.lib.clock import now
from butik.lib.signing import encode
from butik.organisation.keys import service_key
from butik.recovery.rebuilding import CannotRebuild, read_papers, rebuild_store


class Command(BaseCommand):
    help = (
        "Rebuild this store from the backup that its emergency sold from, without the chain's service. "
        "Without --papers it prints this service's public key, for which `butik certify_store` makes them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--papers", type=Path, help="file that `butik certify_store` has written")
        parser.add_argument("--root", default="", help="key id of the chain's root, had by another way")
        parser.add_argument("--key", default="", help="the one-time recovery key from the activation site")
        parser.add_argument("--chain-url", default="", help="address of the chain's service, if it is to come back")

    def handle(self, *_: Any, papers: Path | None, root: str, key: str, chain_url: str, **__: Any) -> None:
        if papers is None:
            self.stdout.write(encode(service_key().public))
            return
        if not (root and key):
            raise CommandError("--root and --key are needed with --papers.")
        moment = now()
        try:
            introduced = read_papers(papers.read_bytes(), root_kid=root, now=moment)
            store = rebuild_store(introduced=introduced, recovery_key=key, chain_url=chain_url, now=moment)
        except OSError as error:
            raise CommandError(str(error)) from error
        except CannotRebuild as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(
            f"This is store {store} again. Start the service, make a sign-in with `butik create_person`, "
            "and open Recovery: the emergency's sales come down by themselves."
        )
