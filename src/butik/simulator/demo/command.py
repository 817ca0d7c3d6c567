"""`butik demo`: read what is wished for, refuse what cannot be, run until Ctrl-C."""

import argparse
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Never

from butik.lib.command_line import Parser
from butik.serving.ports import PortTaken, claim_port
from butik.simulator.assistants import NothingToSellError
from butik.simulator.demo.folder import NotOursError, Secrets, prepared_folder, read_secrets
from butik.simulator.demo.plan import Plan
from butik.simulator.demo.processes import Processes, StartFailedError
from butik.simulator.demo.run import Demo, Wishes
from butik.simulator.demo.second_factor import codes_at, seconds_left
from butik.simulator.demo.show import console, progress_bars, say, show_addresses
from butik.simulator.device import STORE

FOLDER = Path(".butik/demo")


def demo(arguments: list[str]) -> int:
    parser = _parser()
    options, passed_on = parser.parse_known_args(arguments)
    if passed_on and not options.articles:
        parser.error(f"unknown: {' '.join(passed_on)} (options of the import need --articles)")
    plan = Plan((Path.cwd() / options.folder).resolve(), options.port_base)
    wishes = Wishes(options.articles, passed_on, options.generated, options.speed)
    if options.articles and not options.articles.is_file():
        return _refuse(f"There is no file {options.articles}.")
    processes = Processes()
    try:
        _need_free_ports(plan)
        with prepared_folder(plan.folder, reset=options.reset):
            try:
                return _run(Demo(plan, processes, wishes), plan, processes, options)
            finally:
                processes.stop()
    except (NotOursError, NothingToSellError, PortTaken, StartFailedError) as problem:
        return _refuse(str(problem))
    except KeyboardInterrupt:
        return 130


def _run(running: Demo, plan: Plan, processes: Processes, options: argparse.Namespace) -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)  # SIGINT too: who starts us in the background may have had it ignored
    secrets = read_secrets(plan.folder)
    if secrets is not None and options.articles:
        raise StartFailedError("This demo has its articles. To sell from a file: make demo RESET=1 ARTICLES=FILE")
    if secrets is not None and not secrets.second_factors:
        raise StartFailedError(
            "This demo is of an older version, without two who activate the emergency. Begin anew: make demo RESET=1"
        )
    with progress_bars() as bars:
        if secrets is None:
            secrets = running.set_up(bars)
            running.pair_emergency(bars, secrets)
            running.sell_history(bars)
            running.await_proofs(bars, secrets)
            running.await_chain(bars)
        else:
            running.go_on(bars)
        invitation = running.invite()
        running.let_hands_go()
    if running.import_summary:
        say(f"\n{running.import_summary}")
    show_addresses(plan, secrets, invitation)
    running.open_shops()
    try:
        _watch(running, processes, secrets, None if options.minutes is None else options.minutes * 60)
    except KeyboardInterrupt:
        say("Stopping …")
    finally:
        running.close_shops()
    return 0


def _watch(running: Demo, processes: Processes, secrets: Secrets, seconds: float | None) -> None:
    """One line that says that all is well, until somebody stops us."""
    began = time.monotonic()
    with console.status("", spinner="dots") as status:
        while seconds is None or time.monotonic() - began < seconds:
            processes.check()
            status.update(f"{' '.join(_say(running, secrets))}  Ctrl-C stops.")
            threading.Event().wait(0.5)


def _say(running: Demo, secrets: Secrets) -> Iterator[str]:
    sold = sum(till.sold for till in running.tills)
    unsent = sum(till.device.unsent for till in running.tills)
    waiting = f", {unsent} wait for their line" if unsent else ""
    yield f"Selling: {'1 sale' if sold == 1 else f'{sold} sales'} since the start{waiting}."
    switched = sum(till.device.memory.place != STORE for till in running.tills)
    if switched:
        yield f"EMERGENCY: {switched} of {len(running.tills)} tills have left their store."
    yield from sorted({till.trouble for till in running.tills if till.trouble})
    moment = time.time()
    codes = [f"{names} {code[:3]} {code[3:]}" for names, code in codes_at(secrets.second_factors, moment)]
    yield f"Codes to sign in: {', '.join(codes)} ({seconds_left(moment)} s)."


def _need_free_ports(plan: Plan) -> None:
    """All of them are looked at before anything starts."""
    taken = []
    for port, name in plan.ports.items():
        try:
            claim_port("127.0.0.1", port, patience=0).close()
        except PortTaken as problem:
            taken.append(f"{name}: {str(problem).split('. ')[0]}.")
    if taken:
        raise PortTaken("\n".join([*taken, "Stop what holds them, or choose others: butik demo --port-base 9000"]))


def _refuse(sentence: str) -> int:
    say(sentence, style="bold")
    return 2


def _interrupt(*_: object) -> Never:
    raise KeyboardInterrupt


def _parser() -> Parser:
    parser = Parser(
        prog="butik demo",
        description="Start a chain, its stores and the POS app.",
        epilog="With --articles, options of `butik import_articles` are passed on, such as --constant vat=25.",
        allow_abbrev=False,
    )
    parser.add_argument("--reset", action="store_true", help="delete the last demo's data and begin anew")
    parser.add_argument("--articles", type=Path, metavar="FILE", help="sell from this CSV file")
    parser.add_argument("--generated", type=int, default=2000, metavar="N", help="size of the generated catalogue")
    parser.add_argument("--folder", type=Path, default=FOLDER, help=f"where its data is kept (default {FOLDER})")
    parser.add_argument("--port-base", type=int, default=8000, help="first of its ports (default 8000)")
    parser.add_argument("--speed", type=float, default=10, help="how much faster than life customers come")
    parser.add_argument("--minutes", type=float, metavar="N", help="stop by itself after this time")
    parser.add_argument("--once", dest="minutes", action="store_const", const=0.25, help="stop after a few sales")
    return parser
