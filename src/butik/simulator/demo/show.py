"""What the demo shows: a bar for each step, and at the end a list of addresses, sign-ins and what to try first."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from butik.simulator.demo.folder import Secrets
from butik.simulator.demo.people import ADMINISTRATOR, APPROVERS, ASSISTANTS, managers
from butik.simulator.demo.plan import CHAIN_NAME, SHOPS, Plan
from butik.simulator.demo.second_factor import by_secret

console = Console(highlight=False, markup=False, emoji=False)


def say(text: str = "", style: str = "") -> None:
    """Whatever the width, nothing is cut or broken: a long line is the terminal's to wrap, so it is copied whole."""
    console.print(text, style=style, soft_wrap=True)


class Bars:
    """One bar a step. Drawn only when something moves: no thread may exist while processes are being started."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    @contextmanager
    def step(self, title: str, total: int) -> Iterator["Bar"]:
        bar = Bar(self._progress, self._progress.add_task(title, total=total))
        yield bar
        bar.finish()


class Bar:
    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task = progress, task

    def advance(self, by: int = 1) -> None:
        self._progress.update(self._task, advance=by)
        self._progress.refresh()

    def move_to(self, done: int, total: int | None = None) -> None:
        self._progress.update(self._task, completed=done, total=total)
        self._progress.refresh()

    def finish(self) -> None:
        task = next(each for each in self._progress.tasks if each.id == self._task)
        self.move_to(int(task.total or task.completed))


@contextmanager
def progress_bars() -> Iterator[Bars]:
    columns = (TextColumn("{task.description:<34}"), BarColumn(30), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, auto_refresh=False) as progress:
        yield Bars(progress)


@contextmanager
def quiet_bars() -> Iterator[Bars]:
    """For whoever starts a demo to do something else with it."""
    yield Bars(Progress(disable=True))


def show_addresses(plan: Plan, secrets: Secrets, invitation: str) -> None:
    rows = list(_addresses(plan, secrets))
    width = max(len(what) for what, _, _ in rows) + 2
    say()
    for what, address, sign_in in rows:
        say(f"{what:<{width}}{address}")
        if sign_in:
            say(" " * width + sign_in)
    say("\nTry first:", style="bold")
    say("1. Sign in to the portal (its code stands below), and watch today's revenue move as the stores sell.")
    say(f"2. Make this browser till 2 of store {SHOPS[0].number} (the link works once, within 15 minutes):")
    say(f"   {invitation}", style="underline")
    say("3. Sell something. Take the browser offline, sell on, and see the sales leave when it is back.")
    say("4. Pay amounts that end in 13, 17 and 19 øre by card: declined, never answered, a broken line.")
    say(f"5. Activate the emergency: {plan.emergency_url}, sign in (the codes stand in the line below), choose Chain,")
    say(f"   {CHAIN_NAME}, Activate. One asks; in another browser the other one confirms. After 30 seconds")
    say("   every till leaves its store and sells on from its own backup, yours too.")
    say("   Your own authenticator app may have the secrets (only here, only for this demo):")
    for names, secret in by_secret(secrets.second_factors):
        say(f"   {names}  {secret}")
    say("\nCtrl-C stops everything; the next start goes on with the same data.\n")


def _addresses(plan: Plan, secrets: Secrets) -> Iterator[tuple[str, str, str]]:
    yield "Chain, portal", plan.chain_url, _sign_in(secrets, ADMINISTRATOR.email)
    for shop, person in zip(SHOPS, managers(), strict=True):
        yield f"Store {shop.number} {shop.name}", plan.shop_url(shop), _sign_in(secrets, person.email)
    till = ASSISTANTS[0]
    yield "POS app", plan.app_url, f"staff {till.number}, PIN {secrets.pins[till.number]}"
    yield "Card terminal", plan.terminal_url, ""
    for each in APPROVERS:
        yield "Emergency cloud", plan.emergency_url, _sign_in(secrets, each.email)


def _sign_in(secrets: Secrets, email: str) -> str:
    return f"{email}  {secrets.people[email]}"
