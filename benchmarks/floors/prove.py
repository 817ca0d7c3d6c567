"""The floor of proving: decrypt, unpack and quick_check of a store's whole sealed database, each by the bare library.

python -m benchmarks.floors.prove SEALED IDENTITY FOLDER       (prints the seconds)
"""

import sys
import time
from pathlib import Path

import pyrage
import zstandard
from pysqlite3 import dbapi2


def main(sealed: Path, identity: Path, folder: Path) -> float:
    key = pyrage.x25519.Identity.from_str(identity.read_text())
    plain = folder / "floor.sqlite3"
    begun = time.perf_counter()
    plain.write_bytes(zstandard.ZstdDecompressor().decompress(pyrage.decrypt(sealed.read_bytes(), [key])))
    connection = dbapi2.connect(f"file:{plain}?mode=ro&immutable=1", uri=True)
    assert connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]
    connection.close()
    seconds = time.perf_counter() - begun
    plain.unlink()
    return seconds


if __name__ == "__main__":
    print(main(*map(Path, sys.argv[1:4])))
