"""`butik change_address`: somebody signs in by another email address from now on."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from butik.lib.clock import now
from butik.staff.models import Person
from butik.staff.people import KnownPerson, change_address


class Command(BaseCommand):
    help = "Change the address that a person signs in with. She keeps what she may do, and is signed out everywhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("old", metavar="OLD")
        parser.add_argument("new", metavar="NEW")

    def handle(self, *_: Any, **options: Any) -> None:
        person = Person.objects.filter(email=options["old"]).first()
        if person is None:
            raise CommandError(f"Nobody signs in with {options['old']}.")
        try:
            validate_email(options["new"])
            change_address(person=person, email=options["new"], actor="system", now=now())
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except KnownPerson as known:
            raise CommandError(f"{known.person.email} belongs to somebody else already: {known.person}.") from known
        self.stdout.write(f"{person} signs in with {person.email} from now on.")
