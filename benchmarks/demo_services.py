"""All services of a demo, set up as `butik demo` does, on ports of their own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.ports import free_row

from butik.simulator.demo.folder import Secrets
from butik.simulator.demo.plan import Plan
from butik.simulator.demo.processes import Processes
from butik.simulator.demo.run import Demo, Wishes
from butik.simulator.demo.show import quiet_bars


@contextmanager
def running_demo(folder: Path, *, articles: int) -> Iterator[tuple[Demo, Plan, Secrets, Processes]]:
    plan, processes = Plan(folder, free_row()), Processes()
    demo = Demo(plan, processes, Wishes(generated=articles))
    folder.mkdir()
    try:
        with quiet_bars() as bars:
            secrets = demo.set_up(bars)
        demo.let_hands_go()
        yield demo, plan, secrets, processes
    finally:
        processes.stop()
