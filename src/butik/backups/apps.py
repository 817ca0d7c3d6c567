from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import pgettext_lazy

from butik.backups.window import Window
from butik.staff.ribbon import Entry
from butik.staff.rights import Right

if TYPE_CHECKING:
    from butik.audit_log.names import Subject


class BackupsConfig(AppConfig):
    name = "butik.backups"
    label = "backups"
    ribbon = (
        Entry(
            36,
            "backups:overview",
            pgettext_lazy("ribbon", "Emergency"),
            "shield-check",
            Right.BACKUPS_BACKUP_VIEW,
            of_store=True,
        ),
    )

    def ready(self) -> None:
        try:
            Window.read(settings.BUTIK_BACKUP_WINDOW)
        except ValueError as error:
            raise ImproperlyConfigured(f"BUTIK_BACKUP_WINDOW: {error}.") from error

    def subjects(self) -> "Iterator[Subject]":
        """What the audit log says for the ids in this app's acts."""
        from butik.audit_log.names import Subject, backup_of
        from butik.backups.models import Backup

        yield Subject(Backup, lambda backup: backup_of(backup.day))
