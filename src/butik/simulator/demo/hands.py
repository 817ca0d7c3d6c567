"""Hands inside a service: run with its settings, they do there what a person would do with its commands and actions.

One JSON object a line: `{"do": "open_stores", …}` in, `{"ok": …}` or `{"error": "…"}` out.
"""

import json
import os
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

import django

Verb = Callable[..., Any]


def main() -> None:
    """Obey until the input ends."""
    answers = sys.stdout
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "butik.settings")
    django.setup()
    from butik.simulator.demo import chain_hands, emergency_hands, store_hands

    verbs: dict[str, Verb] = {
        **chain_hands.VERBS,
        **emergency_hands.VERBS,
        **store_hands.VERBS,
        "found_service": found_service,
    }
    for line in sys.stdin:
        order = json.loads(line)
        with redirect_stdout(sys.stderr):  # commands may print; only answers go to the demo
            try:
                answer = {"ok": verbs[order.pop("do")](**order)}
            except Exception as error:  # noqa: BLE001 - whatever it is, the demo must say it and stop
                answer = {"error": str(error) if type(error).__name__ == "CommandError" else repr(error)}
        print(json.dumps(answer), file=answers, flush=True)


def found_service() -> None:
    from butik.serving.founding import found_here

    found_here()


if __name__ == "__main__":
    main()
