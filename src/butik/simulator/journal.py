"""What a device must not lose: its signed records until a service has answered for them. A file of lines, 0600."""

import os
from pathlib import Path


class Journal:
    """`unsent` in order. What is appended is on disk when `append` returns."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.unsent = self._read()

    def append(self, documents: list[str]) -> None:
        with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as file:
            file.writelines(document + "\n" for document in documents)
            file.flush()
            os.fsync(file.fileno())
        self.unsent += documents

    def forget(self, count: int) -> None:
        """The first `count` were answered for."""
        del self.unsent[:count]

    def clear(self) -> None:
        self._path.unlink(missing_ok=True)

    def _read(self) -> list[str]:
        if not self._path.exists():
            return []
        # a last line without its end was never acknowledged to anybody: the sale did not happen
        return [line.strip() for line in self._path.read_text().splitlines(keepends=True) if line.endswith("\n")]
