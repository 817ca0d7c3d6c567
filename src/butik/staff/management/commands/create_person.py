"""`butik create_person`: give somebody access to the pages, with a level over the organisation, a chain or a store."""

import getpass
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from butik.lib.clock import now
from butik.organisation.installation import organisations_here
from butik.organisation.models import Chain, Store
from butik.organisation.tenancy import tenant_scope
from butik.staff.models import Membership, Person
from butik.staff.people import KnownPerson, give_access


class Command(BaseCommand):
    help = "Give a person access to this service's pages. Asks for a password when the person is new."

    def add_arguments(self, parser: ArgumentParser) -> None:
        levels = [level.value for level in Membership.Level]
        parser.add_argument("email")
        parser.add_argument("--name", default="")
        parser.add_argument("--level", required=True, type=str.upper, choices=levels)
        parser.add_argument("--organisation", metavar="ID", help="needed by a service of several organisations")
        parser.add_argument("--chain", type=int, metavar="NUMBER", help="the chain that the level is over")
        parser.add_argument("--store", type=int, metavar="NUMBER", help="the store that the level is over")
        parser.add_argument("--known", action="store_true", help="this level as well, for somebody who is known here")
        parser.add_argument("--password-file", type=Path, metavar="FILE", help="instead of typing it")

    def handle(self, *_: Any, **options: Any) -> None:
        here = organisations_here()
        organisation = options["organisation"] or (here[0] if len(here) == 1 else None)
        if organisation is None:
            raise CommandError("This service has no organisation yet, or several: say --organisation.")
        try:
            validate_email(options["email"])
            with tenant_scope([organisation]):
                chain, store = self._place(organisation, options)
                known = self._known(organisation, options)
            person = give_access(
                email=options["email"],
                name=options["name"],
                password="" if known else self._password(options),
                level=options["level"],
                organisation_id=organisation,
                chain=chain,
                store=store,
                actor="system",
                now=now(),
                is_known=options["known"],
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except KnownPerson as known_person:  # made by somebody else in this moment
            raise CommandError(f"{known_person.person.email} was given access just now. Look who it is.") from None
        self.stdout.write(f"{person.email} can sign in as {Membership.Level(options['level']).label}.")

    def _known(self, organisation: Any, options: dict[str, Any]) -> Person | None:
        """Who has the address already; refused unless --known says that it is she who is meant."""
        person = Person.objects.filter(email=options["email"]).first()
        if options["known"] and person is None:
            raise CommandError(f"Nobody is known by {options['email']}. Without --known she is made.")
        if person is None or options["known"]:
            return person
        levels = Membership.objects.filter(organisation_id=organisation, person=person).select_related("chain", "store")
        said = ", ".join(f"{each.get_level_display()} of {each.store or each.chain or 'all'}" for each in levels)
        raise CommandError(
            f"{person.email} belongs to {person.name or 'somebody'} already ({said or 'no level here'}). Nothing was"
            " changed. Say --known to give this level to that person; otherwise give the other one another address"
            " first (butik change_address)."
        )

    def _place(self, organisation: Any, options: dict[str, Any]) -> tuple[Chain | None, Store | None]:
        """A number is enough while it names one row; a store brings its chain with it."""
        chains = Chain.objects.filter(organisation_id=organisation)
        stores = Store.objects.filter(organisation_id=organisation).select_related("chain")
        if options["chain"] is not None:
            chains, stores = chains.filter(number=options["chain"]), stores.filter(chain__number=options["chain"])
        store = _only(stores.filter(number=options["store"]), "store") if options["store"] is not None else None
        if store:
            return store.chain, store
        return (_only(chains, "chain") if options["chain"] is not None else None), None

    def _password(self, options: dict[str, Any]) -> str:
        path: Path | None = options["password_file"]
        password = path.read_text().strip() if path else getpass.getpass(f"New password of {options['email']}: ")
        validate_password(password)
        return password


def _only(rows: Any, what: str) -> Any:
    found = list(rows[:2])
    if len(found) != 1:
        raise CommandError(
            f"There is no such {what}." if not found else f"Several {what}s have this number: say --chain."
        )
    return found[0]
