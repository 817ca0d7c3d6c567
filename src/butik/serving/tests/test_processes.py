"""What a forked child is given, and what not."""

import subprocess
import sys

PROGRAM = """
import gc, os
from butik.serving.processes import Child, fork
gc.disable()
os.waitpid(fork(Child("tidy", lambda: print("collects" if gc.isenabled() else "hoards"))), 0)
print("collects" if gc.isenabled() else "hoards")
"""


def test_a_child_collects_its_garbage_though_its_parent_does_not() -> None:
    """A migration makes 70 MB of it."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.split() == ["collects", "hoards"]
