"""`butik renew_second_factor_key`: what second factors are made of is encrypted by a new key."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from butik.staff.second_factor import renew_key


class Command(BaseCommand):
    help = "Encrypt the secrets of second factors by a new key, after somebody may have seen the old one."

    def handle(self, *_: Any, **__: Any) -> None:
        with transaction.atomic():
            renewed = renew_key()
        self.stdout.write(f"{renewed} secrets are encrypted by a new key. Backups from before still need the old one.")
