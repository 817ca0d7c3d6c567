"""The vault's slot, and a store that makes its backups, on record; and what power cuts would have left of either."""

import hashlib
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pyrage
import pysqlite3

from tests.durability.backup_life import backupkeeper, slot, tell
from tests.durability.power_cuts import files_of, recorded
from tests.durability.power_life import Losses, Record, each_disk
from tests.durability.store_life import ROOT, store_life

DATABASE = "butik.sqlite3"


def vault_under_power(folder: Path, *, backups: int, fault: str = "") -> Record:
    """Hand so many backups to a vault; each is acknowledged when the slot has answered RECEIVED."""
    acknowledged = []
    with _vaultkeeper(folder, backups, fault) as keeper:
        start = files_of(folder)
        with recorded([keeper.pid], folder) as calls:
            for _ in range(backups):
                said = _ask(keeper)
                acknowledged.append((time.time(), said))
    return Record(start, calls, acknowledged)


def backups_under_power(folder: Path, *, backups: int, fault: str = "") -> Record:
    """Let a store make and hand over so many backups. What it says of them stands in its own database."""
    identity = pyrage.x25519.Identity.generate()
    with store_life(folder, tills=1) as life, slot() as (url, arrived):
        life.kill()  # it is ready, and has closed its database
        with backupkeeper(life, url, str(identity.to_public()), fault) as keeper:
            start = files_of(folder)
            with recorded([keeper.pid], folder) as calls:
                tell(keeper, "start")
                while len(arrived.bodies) < backups:
                    assert keeper.poll() is None, "the process for backups ended: see its log"
                    time.sleep(0.01)
                tell(keeper, "stop")
        return Record(start, calls, [])


def vault_losses(record: Record, *, states: int, chance: random.Random) -> Losses:
    return each_disk(record, states, chance, vault_faults)


def backup_losses(record: Record, *, states: int, chance: random.Random) -> Losses:
    return each_disk(record, states, chance, lambda disk, promised: backup_faults(disk))


def vault_faults(disk: Path, acknowledged: Sequence[str]) -> list[str]:
    """Every backup that was RECEIVED is known, and of every one that is known the object is whole."""
    try:
        kept = _read(disk / DATABASE, "SELECT id, object, sha256 FROM vault_storedbackup")
    except pysqlite3.DatabaseError as error:
        return [f"corrupt: {error}"]
    missing = {UUID(each) for each in acknowledged} - {UUID(key) for key, *_ in kept}
    torn = [key for key, name, digest in kept if not _is_whole(disk / "objects" / name, digest)]
    return _said(len(missing), "lost") + _said(len(torn), "torn")


def backup_faults(disk: Path) -> list[str]:
    """Of every backup that is said to be made, or uploaded, the sealed file is whole."""
    try:
        made = _read(
            disk / DATABASE, "SELECT id, sha256, state FROM backups_backup WHERE state IN ('MADE', 'UPLOADED')"
        )
    except pysqlite3.DatabaseError as error:
        return [f"corrupt: {error}"]
    torn = [key for key, digest, _ in made if not _is_whole(disk / "backups" / f"{UUID(key)}.age", digest)]
    return _said(len(torn), "torn")


def _said(count: int, what: str) -> list[str]:
    return [f"{what}: {count}"] if count else []


def _is_whole(path: Path, sha256: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def _read(database: Path, query: str) -> list[tuple[str, ...]]:
    connection = pysqlite3.connect(str(database))
    try:
        rows: list[tuple[str, ...]] = connection.execute(query).fetchall()
        return rows
    finally:
        connection.close()


@contextmanager
def _vaultkeeper(data: Path, backups: int, fault: str) -> Iterator["subprocess.Popen[str]"]:
    data.mkdir()
    service = {
        "DJANGO_SETTINGS_MODULE": "butik.settings",
        "BUTIK_ROLE": "emergency",
        "BUTIK_DATA": str(data),
        "BUTIK_DATABASE_URL": "",
        "FAULT": fault,
    }
    with data.with_suffix(".log").open("w") as log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.durability.vaultkeeper", str(backups)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, **service},
            cwd=ROOT,
            text=True,
        )
    try:
        _line(keeper)
        yield keeper
    finally:
        keeper.kill()
        keeper.wait()
        for pipe in (keeper.stdin, keeper.stdout):
            if pipe is not None:
                pipe.close()


def _ask(keeper: "subprocess.Popen[str]") -> str:
    assert keeper.stdin is not None
    keeper.stdin.write("next\n")
    keeper.stdin.flush()
    return _line(keeper)


def _line(keeper: "subprocess.Popen[str]") -> str:
    assert keeper.stdout is not None
    line = keeper.stdout.readline().strip()
    assert line, "the vault's process ended: see its log"
    return line
