"""The price files that a device has, by their hash: the one it sells from, and the one that an emergency would need."""

import hashlib
from pathlib import Path

from butik.lib.files import replace_file
from butik.lib.signing import BadDocument
from butik.simulator.documents import Manifest


class PriceShelf:
    """Files `prices-<sha256>` in the device's folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def holds(self, sha256: str) -> bool:
        return self._path(sha256).exists()

    def put(self, manifest: Manifest, content: bytes) -> None:
        """Raises BadDocument when the bytes are not what the manifest says."""
        if len(content) != manifest.size or hashlib.sha256(content).hexdigest() != manifest.sha256:
            raise BadDocument("the price file is not what its manifest says")
        replace_file(self._path(manifest.sha256), content)

    def take(self, manifest: Manifest) -> bytes:
        content = self._path(manifest.sha256).read_bytes()
        if hashlib.sha256(content).hexdigest() != manifest.sha256:
            raise BadDocument("the price file on this device is damaged")
        return content

    def keep_only(self, *hashes: str) -> None:
        for path in self._folder.glob("prices-*"):
            if path.name.removeprefix("prices-") not in hashes:
                path.unlink(missing_ok=True)

    def _path(self, sha256: str) -> Path:
        return self._folder / f"prices-{sha256}"
