"""RT-01: what a disk may hold after the power went, at any moment of a service's life.

strace records what its processes really ask of the disk. From that, after every call, disks are rebuilt as a power cut
may leave them: with nothing that was not synced, with all of it, and with any part of it, torn at 512 bytes.

Nothing is assumed of the file system but what is promised: what was synced stays. Syncing a file says nothing of its
name; a name is there when its folder was synced, and the folder's own name in the folder around it. A rename is one.
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

CALLS = (
    "openat,creat,pwrite64,write,pwritev,writev,sendfile,copy_file_range,fallocate,fsync,fdatasync,ftruncate,truncate,"
    "mkdir,mkdirat,rmdir,rename,renameat,renameat2,link,linkat,unlink,unlinkat"
)
SECTOR = 512
_LINE = re.compile(r"^(?P<at>\d+\.\d+) (?P<call>\w+)\((?P<rest>.*)\) += (?P<result>-?\d+)")
_HANDLE = re.compile(r"^\d+<(?P<file>[^>]*)>(?:, )?")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_WRITE = re.compile(r'^"(?P<data>(?:\\x[0-9a-f]{2})*)", (?P<size>\d+)(?:, (?P<offset>\d+))?$')


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked; `file` and `to` as seen from the folder that is watched."""

    at: float
    kind: str  # write, append, cut (to a size); make, folder, link, rename, remove; sync
    file: str
    offset: int = 0  # of a cut: the size
    data: bytes = b""
    to: str = ""


Survives = Callable[[Call, int], bool]  # whether the sector that starts there does; of all but a write: sector 0


@dataclass(slots=True)
class Node:
    """A file's content, or a folder. `durable` has survived a sync; `pending` may or may not be on the disk."""

    is_folder: bool = False
    durable: bytearray = field(default_factory=bytearray)
    pending: list[Call] = field(default_factory=list)
    size: int = 0

    def after(self, survives: Survives) -> bytes:
        content = bytearray(self.durable)
        for call in self.pending:
            _apply(content, call, survives)
        return bytes(content)

    def sync(self) -> None:
        for call in self.pending:
            _apply(self.durable, call, _everything)
        self.pending.clear()


@dataclass(frozen=True, slots=True)
class Naming:
    """A call that gave or took names in a folder: a name without a node is taken."""

    call: Call
    names: dict[str, Node | None]


@dataclass(frozen=True, slots=True)
class Disk:
    """What is left. Whatever was promised before `until` must be on it."""

    until: float
    files: dict[str, bytes]


@contextmanager
def recorded(processes: Sequence[int], root: Path, *, only: Sequence[Path] = ()) -> Iterator[list[Call]]:
    """What these processes and their children ask of the folder while the block runs; filled when it ends.

    `only`: just these files of it, which is faster where much else is written.
    """
    calls: list[Call] = []
    with tempfile.TemporaryDirectory(prefix="butik-strace-") as folder:
        paths = [argument for file in only for argument in ("-P", str(file))]
        attached = [argument for process in processes for argument in ("-p", str(process))]
        options = ["-f", "-ff", "-y", "-ttt", "-xx", "-s", "2000000", "-e", f"trace={CALLS}", "-o", f"{folder}/trace"]
        tracer = subprocess.Popen(["strace", *options, *paths, *attached], stderr=subprocess.PIPE, text=True)
        _wait_until_attached(tracer)
        try:
            yield calls
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.communicate()
        found = [call for trace in Path(folder).iterdir() for call in _read(trace, f"{root}/")]
        calls.extend(sorted(found, key=lambda call: call.at))


def members(group: int) -> list[int]:
    """The processes of a group."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if int(fields[2]) == group:
            found.append(int(status.parent.name))
    return found


def _wait_until_attached(tracer: "subprocess.Popen[str]") -> None:
    assert tracer.stderr is not None
    line = tracer.stderr.readline()
    assert "attached" in line, line
    time.sleep(0.3)  # for the others of the group


def _read(trace: Path, root: str) -> Iterator[Call]:
    with trace.open() as lines:
        for line in lines:
            found = _LINE.match(line)
            if found and int(found["result"]) >= 0:
                yield from _call(float(found["at"]), found["call"], found["rest"], int(found["result"]), root)


def _call(at: float, kind: str, rest: str, result: int, root: str) -> Iterator[Call]:
    handle = _HANDLE.match(rest)
    if handle is None or kind.endswith("at"):  # a handle of `openat` and the like is only where a path would begin
        yield from _naming(at, kind, rest, root)
        return
    file, rest = _unhex(handle["file"]), rest[handle.end() :]
    if f"{file}/" == root:
        assert kind in {"fsync", "fdatasync"}, kind
        yield Call(at, "sync", "")
    if not file.startswith(root):
        return
    file = file.removeprefix(root)
    if kind in {"fsync", "fdatasync"}:
        yield Call(at, "sync", file)
    elif kind == "ftruncate":
        yield Call(at, "cut", file, int(rest))
    else:
        written = _WRITE.match(rest)
        assert kind in {"pwrite64", "write"}, f"the rebuilder does not know {kind}"
        assert written, rest[:200]
        data = bytes.fromhex(written["data"].replace("\\x", ""))
        assert len(data) == result, "a write was not recorded whole"
        if kind == "write":
            yield Call(at, "append", file, data=data)
        else:
            yield Call(at, "write", file, int(written["offset"]), data)


def _naming(at: float, kind: str, rest: str, root: str) -> Iterator[Call]:
    paths = [_unhex(each) for each in _TEXT.findall(rest)]
    if not all(path.startswith("/") for path in paths) or not any(path.startswith(root) for path in paths):
        return  # relative ones are the jail's, and no promise
    file, to = (path.removeprefix(root) for path in (*paths, *paths)[:2])
    flags = rest.rpartition('"')[2]
    if kind == "openat":
        if "O_CREAT" in flags:
            yield Call(at, "make", file)
        if "O_TRUNC" in flags:
            yield Call(at, "cut", file, 0)
    elif kind in {"mkdir", "mkdirat"}:
        yield Call(at, "folder", file)
    elif kind in {"unlink", "unlinkat", "rmdir"}:
        yield Call(at, "remove", file)
    elif kind in {"link", "linkat"}:
        yield Call(at, "link", file, to=to)
    elif kind in {"rename", "renameat", "renameat2"}:
        yield Call(at, "rename", file, to=to)
    else:
        raise AssertionError(f"the rebuilder does not know {kind}")


def _unhex(text: str) -> str:
    return bytes.fromhex(text.replace("\\x", "")).decode() if text.startswith("\\x") else text


def disks(start: dict[str, bytes], calls: Sequence[Call], chance: random.Random, *, every: int = 1) -> Iterator[Disk]:
    """Four for every call: nothing unsynced, everything, and two parts of it; of all these only each `every`-th."""
    ways: list[Survives] = [_nothing, _everything, _parts(chance), _parts(chance)]
    drive = Drive(start)
    for place, call in enumerate(calls):
        drive.take(call)
        until = calls[place + 1].at if place + 1 < len(calls) else float("inf")
        for number, survives in enumerate(ways):
            if (4 * place + number) % every == 0:
                yield Disk(until, drive.after(survives))


def files_of(root: Path) -> dict[str, bytes]:
    """Everything in a folder, to start from; a folder itself ends in a stroke."""
    return {
        f"{path.relative_to(root)}{'/' if path.is_dir() else ''}": b"" if path.is_dir() else path.read_bytes()
        for path in root.rglob("*")
        if path.is_dir() or path.is_file()
    }


def _nothing(call: Call, sector: int) -> bool:
    return False


def _everything(call: Call, sector: int) -> bool:
    return True


def _parts(chance: random.Random) -> Survives:
    return lambda call, sector: chance.random() < 0.5


class Drive:
    """Files and names as the processes see them, and as the disk has them."""

    def __init__(self, start: dict[str, bytes]) -> None:
        """All of `start` is durable."""
        self._seen = {
            path.removesuffix("/"): Node(path.endswith("/"), bytearray(content), size=len(content))
            for path, content in start.items()
        }
        self._durable: dict[str, Node] = dict(self._seen)
        self._pending: list[Naming] = []

    def take(self, call: Call) -> None:
        if call.kind == "sync":
            self._sync(call.file)
        elif call.kind in {"write", "append", "cut"}:
            self._write(call)
        else:
            self._name(call)

    def after(self, survives: Survives) -> dict[str, bytes]:
        names = dict(self._durable)
        for naming in self._pending:
            if survives(naming.call, 0):
                _rename(names, naming)
        return {
            path: node.after(survives)
            for path, node in names.items()
            if not node.is_folder and all(str(each) in names for each in Path(path).parents if each.name)
        }

    def _sync(self, path: str) -> None:
        if path and path not in self._seen:
            return  # it was removed, and is only held open
        if path and not self._seen[path].is_folder:
            self._seen[path].sync()
            return
        there = [each for each in self._pending if _folder(next(iter(each.names))) == path]
        for naming in there:
            _rename(self._durable, naming)
        self._pending = [each for each in self._pending if each not in there]

    def _write(self, call: Call) -> None:
        node = self._seen.get(call.file)
        if node is None:
            return
        if call.kind == "append":
            call = Call(call.at, "write", call.file, node.size, call.data)
        node.size = call.offset if call.kind == "cut" else max(node.size, call.offset + len(call.data))
        node.pending.append(call)

    def _name(self, call: Call) -> None:
        if call.kind in {"make", "folder"}:
            if call.file in self._seen:
                return
            names: dict[str, Node | None] = {call.file: Node(is_folder=call.kind == "folder")}
        elif call.kind == "remove":
            names = {call.file: None}
        elif call.kind == "link":
            names = {call.to: self._seen[call.file]}
        else:
            assert _folder(call.file) == _folder(call.to), "a rename into another folder is not rebuilt"
            names = {call.file: None, call.to: self._seen[call.file]}
        naming = Naming(call, names)
        _rename(self._seen, naming)
        self._pending.append(naming)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _rename(names: dict[str, Node], naming: Naming) -> None:
    for path, node in naming.names.items():
        if node is None:
            names.pop(path, None)
        else:
            names[path] = node


def _apply(content: bytearray, call: Call, survives: Survives) -> None:
    if call.kind == "cut":
        if survives(call, 0):
            del content[call.offset :]
            content.extend(bytes(call.offset - len(content)))
        return
    for start in range(0, len(call.data), SECTOR):
        if survives(call, start):
            part = call.data[start : start + SECTOR]
            begin = call.offset + start
            content.extend(bytes(max(0, begin - len(content))))
            content[begin : begin + len(part)] = part
