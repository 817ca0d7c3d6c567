"""The POS app in Chromium, enrolled at a store with a large catalogue."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from tests.support.chromium import browser_context
from tests.support.ports import free_port
from tests.support.pos_page import Pos

from benchmarks.services import folder
from benchmarks.store_service import StoreService, store_service
from butik.lib.signing import encode
from butik.simulator.demo.processes import Processes, wait_until_ready

ARTICLES = 75_000
STAFF, PIN = "101", "471108"


@contextmanager
def enrolled_pos() -> Iterator[tuple[Pos, StoreService]]:
    """The app in a browser that has the price file, and shows its sign-in."""
    processes, port = Processes(), free_port()
    origin = f"http://localhost:{port}"
    with folder() as here, tempfile.TemporaryDirectory(prefix="butik-profile-", ignore_cleanup_errors=True) as profile:
        try:
            app = processes.start("POS app", ["-m", "butik", "serve_pos_app", "--port", str(port)], {}, here / "app")
            wait_until_ready(app, origin)
            with (
                store_service(
                    here / "store", articles=ARTICLES, tills=1, spare=1, settings={"BUTIK_POS_ORIGIN": origin}
                ) as store,
                browser_context(profile=Path(profile)) as context,
            ):
                pos = Pos(context.new_page())
                said = msgspec.json.encode({"u": f"http://localhost:{store.port}", "c": store.codes[0]})
                pos.enrol(f"{origin}/#enrol={encode(said)}", "Benchmark")
                yield pos, store
        finally:
            processes.stop()
