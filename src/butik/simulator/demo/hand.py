"""Our end of the hands inside a service: orders out, answers in."""

import json
import subprocess
import sys
from typing import Any

from butik.simulator.demo.processes import Process, Processes, StartFailedError, clean_environment, tail


class HandFailedError(StartFailedError):
    """A service refused what the demo asked of it."""


def ask_once(verb: str, environment: dict[str, str], **values: Any) -> Any:
    """A hand for one act, while the demo runs: also from a thread, since nothing has to outlive us."""
    done = subprocess.run(
        [sys.executable, "-m", "butik.simulator.demo.hands"],
        input=json.dumps({"do": verb, **values}).encode() + b"\n",
        env=clean_environment() | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    answer = json.loads(done.stdout) if done.stdout else {"error": "no answer"}
    if "error" in answer:
        raise HandFailedError(str(answer["error"]))
    return answer.get("ok")


class Hand:
    """A process with a service's settings that does there what it is told. `send` first, `answer` when it suits."""

    def __init__(self, processes: Processes, name: str, environment: dict[str, str], folder: Any) -> None:
        self._processes = processes
        self._process: Process = processes.start(
            f"{name} (setting up)", ["-m", "butik.simulator.demo.hands"], environment, folder, talks=True
        )

    def do(self, verb: str, **values: Any) -> Any:
        self.send(verb, **values)
        return self.answer()

    def send(self, verb: str, **values: Any) -> None:
        pipe = self._process.popen.stdin
        assert pipe is not None  # noqa: S101 - a hand talks
        try:
            pipe.write(json.dumps({"do": verb, **values}).encode() + b"\n")
            pipe.flush()
        except BrokenPipeError:
            self._process.popen.wait()
            self._process.check()

    def answer(self) -> Any:
        pipe = self._process.popen.stdout
        assert pipe is not None  # noqa: S101 - a hand talks
        line = pipe.readline()
        if not line:
            self._process.popen.wait()
            self._process.check()
            raise HandFailedError(f"{self._process.name} ended:\n{tail(self._process.log)}")
        answer = json.loads(line)
        if "error" in answer:
            raise HandFailedError(f"{self._process.name}: {answer['error']}\n{tail(self._process.log)}")
        return answer.get("ok")

    def let_go(self) -> None:
        if self._process.popen.stdin is not None:
            self._process.popen.stdin.close()
        self._processes.forget(self._process)
        if self._process.popen.stdout is not None:
            self._process.popen.stdout.close()
