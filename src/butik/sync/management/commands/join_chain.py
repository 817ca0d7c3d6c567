from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from butik.lib.clock import now
from butik.sync.joining import CannotJoin, join_chain


class Command(BaseCommand):
    help = "Make this service a store's: redeem the code that the chain's Store Management has shown."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", required=True, help="address of the chain's service")
        parser.add_argument("--code", required=True, help="the one-time code, at most 15 minutes old")
        parser.add_argument("--root", default="", help="key id of the chain's root, as the chain's page shows it")

    def handle(self, *_: Any, url: str, code: str, root: str, **__: Any) -> None:
        try:
            store = join_chain(chain_url=url, code=code, root_kid=root, now=now())
        except CannotJoin as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"This is store {store} of {store.chain}. Its articles and staff follow by themselves.")
