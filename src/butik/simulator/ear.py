"""Listening for orders, as a device does in normal days too: what is behind an event is asked for by `switch.look`."""

import threading

import httpx

from butik.simulator.store_line import RefusedError, StoreLine

PAUSE = 5.0  # seconds before a line that was cut is opened again


class Ear:
    """A thread that sets `ordered` when there may be an order: at every event, and whenever the line is new."""

    def __init__(self, line: StoreLine, stop: threading.Event) -> None:
        self.ordered = threading.Event()
        self._line, self._stop = line, stop
        self._is_over = False
        threading.Thread(target=self._listen, name="ear", daemon=True).start()

    def end(self) -> None:
        """The device is another one now; at the next sign of life the thread ends."""
        self._is_over = True

    def _listen(self) -> None:
        while not (self._stop.is_set() or self._is_over):
            try:
                with self._line.listen() as events:
                    self.ordered.set()
                    for name in events:
                        if name in ("order", "reset"):
                            self.ordered.set()
                        if self._stop.is_set() or self._is_over:
                            return
            except (httpx.HTTPError, RefusedError):
                self._stop.wait(PAUSE)
