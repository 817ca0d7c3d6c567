"""The floor of a backup: VACUUM INTO of the store's own database, zstd and age, each by the bare library, on the disk.

python -m benchmarks.floors.backup DATABASE FOLDER       (prints the seconds)
"""

import os
import sys
import time
from pathlib import Path

import pyrage
import zstandard
from pysqlite3 import dbapi2


def main(database: Path, folder: Path) -> float:
    recipient = pyrage.x25519.Identity.generate().to_public()
    connection = dbapi2.connect(database, isolation_level=None)
    connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
    plain, sealed = folder / "floor.sqlite3", folder / "floor.age"
    begun = time.perf_counter()
    connection.execute("VACUUM INTO ?", (str(plain),))
    sealed.write_bytes(pyrage.encrypt(zstandard.ZstdCompressor(level=1).compress(plain.read_bytes()), [recipient]))
    handle = os.open(sealed, os.O_RDONLY)
    os.fsync(handle)
    seconds = time.perf_counter() - begun
    os.close(handle)
    plain.unlink()
    sealed.unlink()
    return seconds


if __name__ == "__main__":
    print(main(Path(sys.argv[1]), Path(sys.argv[2])))
