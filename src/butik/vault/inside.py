"""The process in the jail: one file, then it ends. Started by `jail.py`, with nothing but an order on its input."""

import errno
import gc
import os
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from butik.lib.storage import is_full
from butik.snapshot.format import BadSnapshot
from butik.vault.evidence import ANSWER, DISK_FULL, PLAIN, SEALED, Answer, Evidence, Fence, Order
from butik.vault.examine import examine
from butik.vault.fences import put_up

SPARE = 64 * 1024 * 1024  # of the answer, beside the largest file that may be unpacked


def main() -> None:
    gc.disable()  # the process ends before there is much to collect
    fences = put_up(int(sys.argv[1]) + SPARE)
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)  # only now: it holds the secret
    answer = answer_of(lambda: examine(order, Path(SEALED), Path(PLAIN)), fences)
    with Path(ANSWER).open("xb") as file:
        file.write(msgspec.msgpack.encode(answer))
    sys.stdout.flush()
    os._exit(0)


def answer_of(work: Callable[[], Evidence], fences: list[Fence]) -> Answer:
    """Whatever an enemy's file does to the code that reads it is a refusal; only a lack of room is not its fault."""
    try:
        return Answer(fences=fences, evidence=work())
    except BadSnapshot as error:
        return Answer(fences=fences, refusal=str(error)[:300] or "not a snapshot")
    except MemoryError:
        return Answer(fences=fences, refusal="needs more memory than may be")
    except OSError as error:
        if is_full(error):
            return Answer(fences=fences, trouble=DISK_FULL)
        if error.errno == errno.EFBIG:
            return Answer(fences=fences, refusal="unpacks to more than may be")
        return Answer(fences=fences, trouble=f"{type(error).__name__}: {error}"[:300])
    except Exception as error:  # noqa: BLE001 - the file is at fault, and the jail ends here anyhow
        return Answer(fences=fences, refusal=f"the reader failed: {type(error).__name__}: {error}"[:300])
