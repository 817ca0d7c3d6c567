"""The jail itself: what a process in it cannot do, and that it is stopped."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from tests.support.needs import needs

from butik.vault import jail
from butik.vault.evidence import Answer, Order
from butik.vault.jail import JailTrouble, examine_in_jail
from butik.vault.tests.depot import Depot, Sealed, midday

# What somebody would try who has taken over the reader. It answers in place of the examination.
_INSIDE = """
import sys; sys.path[:] = {path}
import os, pathlib, socket, msgspec
from butik.vault.evidence import Answer
from butik.vault.fences import put_up
fences = put_up(1 << 20)
def can(attempt):
    try:
        attempt()
        return True
    except Exception:
        return False
said = [name for name, attempt in dict(
    connect=lambda: socket.create_connection(("127.0.0.1", PORT), timeout=2),
    resolve=lambda: socket.getaddrinfo("example.com", 80),
    read_a_secret=lambda: open("SECRET").read(),
    list_the_disk=lambda: os.listdir("/etc"),
    fork=lambda: os._exit(0) if os.fork() == 0 else None,
    run=lambda: os.execv(sys.executable, [sys.executable]),
    kill=lambda: os.kill(os.getppid(), 0),
    eat=lambda: bytearray(600 << 20),
    write_much=lambda: pathlib.Path("much").write_bytes(bytes(2 << 20)),
    become_root=lambda: os.setuid(0),
).items() if can(attempt)]
said += sorted(os.environ.keys() - {"LC_CTYPE"})  # which Python sets itself
pathlib.Path("answer").write_bytes(msgspec.msgpack.encode(Answer(refusal=" ".join(said) or "nothing", fences=fences)))
os._exit(0)
"""
is_root = os.geteuid() == 0


@pytest.fixture
def good(depot: Depot) -> tuple[Path, Sealed, Order]:
    sealed = depot.backup(at=midday(20))
    path = settings.BUTIK_DATA / "sealed"
    path.write_bytes(sealed.body)
    return path, sealed, depot.order(sealed.manifest)


def run(good: tuple[Path, Sealed, Order]) -> Answer:
    return examine_in_jail(good[0], good[1].manifest.sha256, good[2])


@needs(is_here=is_root, reason="not every machine lets other users than root put up all fences")
def test_who_takes_over_the_reader_can_do_nothing(
    good: tuple[Path, Sealed, Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = settings.BUTIK_DATA / "secret"
    secret.write_text("x")
    secret.chmod(0o644)
    with socket.create_server(("127.0.0.1", 0)) as server:
        program = _INSIDE.replace("PORT", str(server.getsockname()[1])).replace("SECRET", str(secret))
        monkeypatch.setattr(jail, "_START", program.replace("{", "{{").replace("}", "}}").replace("{{path}}", "{path}"))
        answer = run(good)
    assert answer.fences == ["limits", "network", "files", "user"]
    assert answer.refusal == "nothing"


def test_another_user_is_fenced_in_as_far_as_the_machine_permits(tmp_path: Path) -> None:
    """Without root: whatever fence is claimed must stand."""
    program = (
        f"import sys; sys.path[:] = {json.dumps(sys.path)}\n"
        "import os, socket\n"
        "from butik.vault.fences import put_up\n"
        f"os.chdir({str(tmp_path)!r})\n"
        "if os.geteuid() == 0: os.setresgid(12345, 12345, 12345); os.setresuid(12345, 12345, 12345)\n"
        "fences = put_up(1 << 20)\n"
        "assert 'limits' in fences and 'user' not in fences\n"
        "assert ('files' in fences) == (not os.path.exists('/usr'))\n"
        "print(*fences)\n"
    )
    tmp_path.chmod(0o777)
    ended = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-I", "-c", program], env={}, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_one_that_goes_on_for_ever_is_stopped(
    good: tuple[Path, Sealed, Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jail, "SECONDS", 1)
    monkeypatch.setattr(jail, "_START", "import time; time.sleep(60) # {path}")
    began = time.monotonic()
    assert run(good).refusal == "takes longer than 1 s"
    assert time.monotonic() - began < 30
    assert list((settings.BUTIK_DATA / "jail").iterdir()) == []


def test_a_reader_that_crashes_refuses_the_file_and_one_that_is_killed_does_not(
    good: tuple[Path, Sealed, Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jail, "_START", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV) # {path}")
    assert run(good).refusal == "makes its reader crash"
    monkeypatch.setattr(jail, "_START", "import os, signal; os.kill(os.getpid(), signal.SIGKILL) # {path}")
    with pytest.raises(JailTrouble):
        run(good)


def test_an_answer_that_is_none_refuses_the_file(
    good: tuple[Path, Sealed, Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jail, "_START", "open('answer', 'wb').write(b'rubbish') # {path}")
    assert run(good).refusal.startswith("does not fit")
    monkeypatch.setattr(jail, "_START", "import os; os.symlink('/etc/passwd', 'answer') # {path}")
    with pytest.raises(OSError, match="answer"):
        run(good)
