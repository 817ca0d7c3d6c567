from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from butik.lib.clock import now
from butik.sync.joining import CannotJoin
from butik.sync.standing_alone import Founding, found_store


class Command(BaseCommand):
    help = "Make this service a store that stands alone, without a chain's service."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="of the store, as on its receipts")
        parser.add_argument("--company", required=True)
        parser.add_argument("--vat-number", required=True)
        parser.add_argument("--address", default="")
        parser.add_argument("--poss", type=int, default=1, help="how many points of sale")

    def handle(self, *_: Any, **given: Any) -> None:
        founding = Founding(given["name"], given["company"], given["vat_number"], given["address"], given["poss"])
        try:
            store = found_store(founding, actor="system", now=now())
        except CannotJoin as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(
            f"This is store {store}, with {founding.poss} POSs. Import its articles, then enrol its devices."
        )
