"""All services of a demo, set up as `butik demo` does, on ports of their own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.services import free_port
from butik.simulator.demo.folder import Secrets
from butik.simulator.demo.plan import Plan
from butik.simulator.demo.processes import Processes
from butik.simulator.demo.run import Demo, Wishes
from butik.simulator.demo.show import quiet_bars


@contextmanager
def running_demo(folder: Path, *, articles: int) -> Iterator[tuple[Demo, Plan, Secrets, Processes]]:
    plan, processes = Plan(folder, free_port_base()), Processes()
    demo = Demo(plan, processes, Wishes(generated=articles))
    folder.mkdir()
    try:
        with quiet_bars() as bars:
            secrets = demo.set_up(bars)
        demo.let_hands_go()
        yield demo, plan, secrets, processes
    finally:
        processes.stop()


def free_port_base() -> int:
    """A hundred ports in a row of which one was free a moment ago; services say so if another is not."""
    return free_port() // 100 * 100 % 20_000 + 20_000
