"""A store's life on record, and what its database would be after each of the power cuts that it might have met."""

import random
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.durability.power_cuts import Call, disks, members, recorded
from tests.durability.store_life import store_life
from tests.durability.store_proof import faults_in

FILES = ("butik.sqlite3", "butik.sqlite3-wal", "butik.sqlite3-journal")


@dataclass(frozen=True, slots=True)
class Record:
    start: dict[str, bytes]
    calls: Sequence[Call]
    acknowledged: Sequence[tuple[float, str]]


@dataclass(slots=True)
class Losses:
    states: int = 0
    faults: list[str] = field(default_factory=list)


def life_under_power(folder: Path, *, sales: int, fault: str = "") -> Record:
    """Sell so many sales on each of two tills, one after the other, and record what the disk was asked."""
    with store_life(folder, tills=3, fault=fault) as life:
        life.start()
        life.sell(life.enrol(), 1)  # the files are there, and open
        tills = [life.enrol(), life.enrol()]
        life.acknowledged.clear()
        files = [folder / name for name in FILES]
        with recorded(members(life.process), folder, only=[*files, folder]) as calls:
            start = {file.name: file.read_bytes() for file in files if file.exists()}
            for till in tills:
                life.sell(till, sales)
        return Record(start, calls, list(life.acknowledged))


def losses(record: Record, *, states: int, chance: random.Random) -> Losses:
    """Check so many states, evenly chosen among all that there are."""
    return each_disk(
        record, states, chance, lambda disk, promised: faults_in(disk / FILES[0], promised, thorough=False)
    )


def each_disk(
    record: Record, states: int, chance: random.Random, faults: Callable[[Path, Sequence[str]], list[str]]
) -> Losses:
    """What `faults` finds on so many of the disks that power cuts may have left, given what was promised by then."""
    found = Losses()
    possible = 4 * len(record.calls)
    every = max(1, possible // states)
    every -= every % 2 == 0  # by odd steps all four kinds of disk are met
    with tempfile.TemporaryDirectory(prefix="butik-disk-", dir=_memory()) as folder:
        for disk in disks(record.start, record.calls, chance, every=every):
            here = Path(folder) / "disk"
            for name, content in disk.files.items():
                (here / name).parent.mkdir(parents=True, exist_ok=True)
                (here / name).write_bytes(content)
            promised = [document for at, document in record.acknowledged if at < disk.until]
            found.faults += faults(here, promised)
            found.states += 1
            shutil.rmtree(here)
    return found


def _memory() -> str | None:
    """Memory instead of a disk where there is some: these files are not meant to last."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
