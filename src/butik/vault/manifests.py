"""The manifest of a kept backup. It was verified when it came; the key that signed it may have been replaced since."""

from butik.lib.outside import read_as
from butik.lib.signing import open_document
from butik.snapshot.manifest import BACKUP, Manifest
from butik.vault.models import StoredBackup


def manifest_of(backup: StoredBackup) -> Manifest:
    return read_as(open_document(backup.manifest, BACKUP).payload, Manifest)
