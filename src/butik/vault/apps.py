from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from butik.audit_log.names import Subject


class VaultConfig(AppConfig):
    name = "butik.vault"
    label = "vault"

    def subjects(self) -> "Iterator[Subject]":
        """What the audit log says for the ids in this app's acts."""
        from butik.audit_log.names import Subject, backup_of
        from butik.vault.models import NewDevice, StoredBackup

        yield Subject(StoredBackup, lambda backup: backup_of(backup.day))
        yield Subject(NewDevice, key="device_id")
