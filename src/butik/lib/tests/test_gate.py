"""The gate itself: order, processes, deadlines, forks."""

import fcntl
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from butik.lib.gate import GateBusyError, WriteGate, gate_for

HOLDER = """
import sys
from pathlib import Path
from butik.lib.gate import WriteGate
gate = WriteGate(Path(sys.argv[1]))
gate.acquire()
print("held", flush=True)
sys.stdin.readline()
gate.release()
print("released", flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "butik.sqlite3-gate"


@pytest.fixture
def gate(path: Path) -> WriteGate:
    return WriteGate(path)


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.002)


def other_process(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_threads_pass_in_the_order_they_came(gate: WriteGate) -> None:
    passed: list[int] = []

    def pass_through(number: int) -> None:
        gate.acquire()
        passed.append(number)
        gate.release()

    gate.acquire()
    threads = []
    for number in range(16):
        threads.append(in_thread(lambda number=number: pass_through(number)))  # type: ignore[misc]
        until(lambda number=number: len(gate._waiting) == number + 1)  # type: ignore[misc]
    gate.release()
    for thread in threads:
        thread.join(20)
    assert passed == list(range(16))


def test_one_who_comes_back_stands_behind_those_who_wait(gate: WriteGate) -> None:
    passed: list[str] = []
    gate.acquire()

    def pass_through() -> None:
        gate.acquire()
        passed.append("other")
        gate.release()

    waiting = in_thread(pass_through)
    until(lambda: len(gate._waiting) == 1)
    gate.release()
    gate.acquire()
    passed.append("again")
    gate.release()
    waiting.join(20)
    assert passed == ["other", "again"]


def test_it_shuts_out_other_processes_and_lets_go_of_a_killed_one(path: Path, gate: WriteGate) -> None:
    other = other_process(path)
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    with pytest.raises(GateBusyError):
        gate.acquire(timeout=0.05)
    other.kill()
    other.communicate()
    gate.acquire(timeout=20)
    gate.release()


def test_no_process_takes_two_turns_while_another_waits(path: Path, gate: WriteGate) -> None:
    """Who leaves the gate must pass the doorway to come again, and there the other one stands."""
    gate.acquire()
    other = other_process(path)
    until(path.with_name(f"{path.name}-door").exists)
    doorway = os.open(path.with_name(f"{path.name}-door"), os.O_RDWR)
    until(lambda: _is_locked(doorway))
    gate.release()
    with pytest.raises(GateBusyError):
        # at once again: the other one goes first, and holds the gate until it is told to go
        gate.acquire(timeout=0.3)
    assert other.communicate("go\n")[0] == "held\nreleased\n"
    gate.acquire(timeout=20)
    gate.release()
    os.close(doorway)


def _is_locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(file, fcntl.LOCK_UN)
    return False


def test_one_who_gave_up_leaves_the_queue(gate: WriteGate) -> None:
    gate.acquire()
    with pytest.raises(GateBusyError):
        gate.acquire(timeout=0.01)
    gate.release()
    gate.acquire(timeout=1)
    gate.release()


def test_an_interrupted_one_passes_its_turn_on(gate: WriteGate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the very moment in which the turn comes."""

    def interrupted(self: threading.Event, timeout: float | None = None) -> bool:
        gate.release()
        raise KeyboardInterrupt

    gate.acquire()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Event, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            gate.acquire()
    gate.acquire(timeout=1)
    gate.release()


def test_two_gates_of_one_file_in_one_process_shut_each_other_out(path: Path, gate: WriteGate) -> None:
    """Two spellings of a path, say: each has its own lock file open."""
    second = WriteGate(path)
    gate.acquire()
    with pytest.raises(GateBusyError):
        second.acquire(timeout=0.02)
    gate.release()
    second.acquire(timeout=1)
    second.release()


def test_a_forked_child_neither_holds_nor_frees_its_parents_gate(path: Path, gate: WriteGate) -> None:
    gate.acquire()
    child = os.fork()
    if not child:
        code = 1
        try:
            gate.acquire(timeout=0.05)
        except GateBusyError:
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    stranger = WriteGate(path)
    with pytest.raises(GateBusyError):
        stranger.acquire(timeout=0.02)
    gate.release()
    stranger.acquire(timeout=1)
    stranger.release()


def test_a_gate_in_memory_needs_no_file() -> None:
    gate = gate_for("file:test?mode=memory&cache=shared")
    gate.acquire()
    with pytest.raises(GateBusyError):
        gate.acquire(timeout=0.01)
    gate.release()
    assert gate_for("file:test?mode=memory&cache=shared") is gate
