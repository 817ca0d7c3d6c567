"""RT-01: what a disk may hold after the power went, at any moment of a store's life.

strace records what the store's process really asks of the disk. From that, after every call, disks are rebuilt as a
power cut may leave them: with nothing that was not synced, with all of it, and with any part of it, torn at 512 bytes.
(Assumed of the file system: what was synced stays, and a file that was created or removed is so with the next sync.)
"""

import random
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

CALLS = "pwrite64,write,pwritev,fsync,fdatasync,ftruncate,unlink"
SECTOR = 512
_LINE = re.compile(
    r'^(?P<at>\d+\.\d+) (?P<call>\w+)\((?:\d+<(?P<file>[^>]*)>|"(?P<path>[^"]*)")'
    r"(?:, (?P<rest>.*))?\) += (?P<result>-?\d+)"
)
_WRITE = re.compile(r'^"(?P<data>(?:\\x[0-9a-f]{2})*)", (?P<size>\d+)(?:, (?P<offset>\d+))?$')


@dataclass(frozen=True, slots=True)
class Call:
    at: float
    kind: str  # write, sync, cut (to a size), remove
    file: str
    offset: int = 0  # of a cut: the size
    data: bytes = b""


Survives = Callable[[Call, int], bool]  # whether the sector that starts there does; of a cut or removal: sector 0


@dataclass(slots=True)
class File:
    """`durable` has survived a sync; `pending` may or may not be on the disk."""

    durable: bytearray | None
    pending: list[Call] = field(default_factory=list)

    def after(self, survives: Survives) -> bytes | None:
        content = None if self.durable is None else bytearray(self.durable)
        for call in self.pending:
            content = _apply(content, call, survives)
        return None if content is None else bytes(content)


@dataclass(frozen=True, slots=True)
class Disk:
    """What is left. Whatever was promised before `until` must be on it."""

    until: float
    files: dict[str, bytes]


@contextmanager
def recorded(group: int, files: Sequence[Path]) -> Iterator[list[Call]]:
    """The calls on these files of all processes of a group, while the block runs; the list is filled when it ends."""
    calls: list[Call] = []
    with tempfile.TemporaryDirectory(prefix="butik-strace-") as folder:
        paths = [argument for file in files for argument in ("-P", str(file))]
        attached = [argument for process in _members(group) for argument in ("-p", str(process))]
        options = ["-f", "-ff", "-y", "-ttt", "-xx", "-s", "1000000", "-e", f"trace={CALLS}", "-o", f"{folder}/trace"]
        tracer = subprocess.Popen(["strace", *options, *paths, *attached], stderr=subprocess.PIPE, text=True)
        _wait_until_attached(tracer)
        try:
            yield calls
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.communicate()
        found = [call for trace in Path(folder).iterdir() for call in _read(trace)]
        calls.extend(sorted(found, key=lambda call: call.at))


def _members(group: int) -> list[int]:
    members = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if int(fields[2]) == group:
            members.append(int(status.parent.name))
    return members


def _wait_until_attached(tracer: "subprocess.Popen[str]") -> None:
    assert tracer.stderr is not None
    line = tracer.stderr.readline()
    assert "attached" in line, line
    time.sleep(0.3)  # for the others of the group


def _read(trace: Path) -> Iterator[Call]:
    with trace.open() as lines:
        for line in lines:
            found = _LINE.match(line)
            if found and int(found["result"]) >= 0:
                yield from _call(found)


def _call(found: re.Match[str]) -> Iterator[Call]:
    at, kind, rest = float(found["at"]), found["call"], found["rest"] or ""
    file = Path(_unhex(found["file"] or found["path"])).name
    if kind in {"fsync", "fdatasync"}:
        yield Call(at, "sync", file)
    elif kind == "unlink":
        yield Call(at, "remove", file)
    elif kind == "ftruncate":
        yield Call(at, "cut", file, int(rest))
    else:
        written = _WRITE.match(rest)
        assert kind == "pwrite64", f"the rebuilder does not know {kind}"
        assert written, rest[:200]
        data = bytes.fromhex(written["data"].replace("\\x", ""))
        assert len(data) == int(found["result"]), "a write was not recorded whole"
        yield Call(at, "write", file, int(written["offset"]), data)


def _unhex(text: str) -> str:
    return bytes.fromhex(text.replace("\\x", "")).decode() if text.startswith("\\x") else text


def disks(start: dict[str, bytes], calls: Sequence[Call], chance: random.Random, *, every: int = 1) -> Iterator[Disk]:
    """Four for every call: nothing unsynced, everything, and two parts of it; of all these only each `every`-th."""
    ways: list[Survives] = [_nothing, _everything, _parts(chance), _parts(chance)]
    files = {name: File(bytearray(content)) for name, content in start.items()}
    for place, call in enumerate(calls):
        _take(files, call)
        until = calls[place + 1].at if place + 1 < len(calls) else float("inf")
        for number, survives in enumerate(ways):
            if (4 * place + number) % every == 0:
                after = {name: file.after(survives) for name, file in files.items()}
                yield Disk(until, {name: content for name, content in after.items() if content is not None})


def _nothing(call: Call, sector: int) -> bool:
    return False


def _everything(call: Call, sector: int) -> bool:
    return True


def _parts(chance: random.Random) -> Survives:
    return lambda call, sector: chance.random() < 0.5


def _take(files: dict[str, File], call: Call) -> None:
    file = files.setdefault(call.file, File(None))
    if call.kind != "sync":
        file.pending.append(call)
        return
    for each in file.pending:
        file.durable = _apply(file.durable, each, _everything)
    file.pending.clear()
    file.durable = file.durable if file.durable is not None else bytearray()


def _apply(content: bytearray | None, call: Call, survives: Survives) -> bytearray | None:
    if call.kind == "remove":
        return None if survives(call, 0) else content
    content = content if content is not None else bytearray()
    if call.kind == "cut":
        if survives(call, 0):
            del content[call.offset :]
            content.extend(bytes(call.offset - len(content)))
        return content
    for start in range(0, len(call.data), SECTOR):
        if survives(call, start):
            part = call.data[start : start + SECTOR]
            begin = call.offset + start
            content.extend(bytes(max(0, begin - len(content))))
            content[begin : begin + len(part)] = part
    return content
