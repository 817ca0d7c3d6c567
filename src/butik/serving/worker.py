"""The worker: what a service does without a request."""

import signal


def run() -> None:
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
