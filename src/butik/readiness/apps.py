from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from butik.staff.ribbon import Entry
from butik.staff.rights import Right

if TYPE_CHECKING:
    from butik.audit_log.names import Subject


class ReadinessConfig(AppConfig):
    name = "butik.readiness"
    label = "readiness"
    ribbon = (Entry(15, "readiness:board", _("Emergency readiness"), "shield-check", Right.BACKUPS_BACKUP_VIEW),)

    def subjects(self) -> "Iterator[Subject]":
        """What the audit log says for the ids in this app's acts."""
        from butik.audit_log.names import Subject, backup_of
        from butik.readiness.models import BackupReport

        yield Subject(BackupReport, lambda report: backup_of(report.made_at), key="backup")
