"""`butik renew_access`: somebody who has lost her password, or the means to show a second factor, gets in again."""

import getpass
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from butik.lib.clock import now
from butik.staff.models import Person
from butik.staff.people import renew_access


class Command(BaseCommand):
    help = "Give a person a new password, or take a lost second factor away; she sets up another at her next sign-in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--password", action="store_true", help="a new password; asked for, unless a file is named")
        parser.add_argument("--password-file", type=Path, metavar="FILE", help="a new password, from a file")
        parser.add_argument("--without-factor", action="store_true", help="her second factor is lost: take it away")

    def handle(self, *_: Any, **options: Any) -> None:
        person = Person.objects.filter(email=options["email"]).first()
        if person is None:
            raise CommandError(f"Nobody signs in with {options['email']}.")
        is_renewed = options["password"] or options["password_file"]
        if not (is_renewed or options["without_factor"]):
            raise CommandError("Say what is lost: --password, --without-factor, or both.")
        try:
            password = _password(person, options["password_file"]) if is_renewed else ""
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        renew_access(
            person=person, password=password, without_factor=options["without_factor"], actor="system", now=now()
        )
        self.stdout.write(
            f"{person} signs in with {'the new' if password else 'her'} password; all sessions are ended."
        )


def _password(person: Person, path: Path | None) -> str:
    password = path.read_text().strip() if path else getpass.getpass(f"New password of {person.email}: ")
    validate_password(password, person)
    return password
