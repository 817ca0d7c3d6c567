from typing import Any

from django.core.management.base import BaseCommand

from butik.sync.restored import note_restore


class Command(BaseCommand):
    help = "Run this once after the database was put back from a backup, before the service is started."

    def handle(self, *_: Any, **__: Any) -> None:
        note_restore()
        self.stdout.write("Noted. Store and chain bring each other what the backup did not have.")
