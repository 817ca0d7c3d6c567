"""The manifest of a kept backup. It was verified when it came; the key that signed it may have been replaced since."""

import msgspec

from butik.lib.signing import open_document
from butik.snapshot.manifest import BACKUP, Manifest
from butik.vault.models import StoredBackup


def manifest_of(backup: StoredBackup) -> Manifest:
    return msgspec.json.decode(open_document(backup.manifest, BACKUP).payload, type=Manifest)
