"""The street outside: history for the charts, then assistants who sell on until they are told to stop."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from random import Random

import httpx

from butik.lib.clock import now
from butik.lib.ids import new_id
from butik.lib.signing import BadDocument
from butik.simulator.assistants import Customer, Shoppers
from butik.simulator.card_reader import CardReader, UnknownOutcomeError
from butik.simulator.demo.hand import HandFailedError
from butik.simulator.device import BATCH, RECOVERED, RELEASED, Device, Pay
from butik.simulator.documents import Payment
from butik.simulator.ear import Ear
from butik.simulator.sale_documents import pay_card, pay_cash
from butik.simulator.store_line import RefusedError
from butik.simulator.switch import check_ready, look

HISTORY_DAYS = (7, 2, 1, 0)  # days ago: last week's same weekday first, as a journal runs forward
LOOK_EVERY = 20.0  # seconds between looks for new prices and staff
IDLE = 5.0  # of a till that may not sell
EnrolAgain = Callable[[Device], Device]
SLICE = 0.25  # how long an order may wait for an assistant who waits


def make_history(device: Device, seed: int) -> list[Customer]:
    """Who came on the days before, and so far today."""
    assert device.prices is not None  # noqa: S101 - the caller has refreshed it
    shoppers = Shoppers(device.prices, seed, device.enrolment.store.timezone)
    moment = now()
    midnight = moment.astimezone(shoppers.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    customers: list[Customer] = []
    for days in HISTORY_DAYS:
        start = midnight - timedelta(days=days)
        customers += shoppers.between(start, min(start + timedelta(days=1), moment))
    return customers


def sell_history(device: Device, customers: list[Customer], seed: int, told: Callable[[int], None]) -> None:
    """Sell to all of them, and report it. `told` hears how many have been."""
    random = Random(seed)
    coin = device.enrolment.cash_rounding
    for first in range(0, len(customers), BATCH // 2):
        batch = customers[first : first + BATCH // 2]
        device.sell_many(
            [(each.basket, random.choice(device.staff), _paid_long_ago(each, coin, random), each.at) for each in batch]
        )
        device.push()
        told(len(batch))


def _paid_long_ago(customer: Customer, coin: int, random: Random) -> Pay:
    reference = f"{random.randrange(10**12):012d}"

    def pay(total: int) -> Payment:
        return pay_cash(new_id(), total, coin) if customer.pays_cash else pay_card(new_id(), total, reference)

    return pay


class Till:
    """An assistant at a till, in a thread of her own. What the line does not take now, it takes later."""

    def __init__(
        self, device: Device, seed: int, speed: float, terminal: str, stop: threading.Event, enrol_again: EnrolAgain
    ) -> None:
        self.device, self._speed, self._stop, self._enrol_again = device, speed, stop, enrol_again
        self._random = Random(seed)
        self._reader = CardReader(terminal)
        self._looked = time.monotonic()
        self._ear = Ear(device.cloud, stop) if device.cloud is not None else None
        self.sold = 0
        self.trouble = ""
        self.thread = threading.Thread(target=self._work, name=f"till {device.enrolment.store.number}", daemon=True)

    def _work(self) -> None:
        shoppers = self._open_shop()
        while self._await_customer(shoppers):
            try:
                if self._has_order():
                    shoppers = self._obey(shoppers)
                if shoppers is not None:
                    self._serve(shoppers.next_customer(now()))
                self.device.push()
                if self.device.memory.place == RECOVERED:
                    shoppers = self._come_home()
                if time.monotonic() - self._looked > LOOK_EVERY:
                    shoppers = self._look(shoppers)
                self.trouble = "" if shoppers is not None else self._why_not()
            except (httpx.HTTPError, RefusedError, BadDocument, UnknownOutcomeError, HandFailedError) as error:
                self.trouble = f"{type(error).__name__}: {error}"
                self._stop.wait(1)

    def _await_customer(self, shoppers: Shoppers | None) -> bool:
        """Until the next one comes, or an order; False when it is time to go home."""
        pause = IDLE if shoppers is None else min(shoppers.pause(now(), self._speed), 60.0)
        until = time.monotonic() + pause
        while time.monotonic() < until and not self._has_order():
            if self._stop.wait(min(SLICE, max(0.0, until - time.monotonic()))):
                return False
        return not self._stop.is_set()

    def _has_order(self) -> bool:
        return self._ear is not None and self._ear.ordered.is_set()

    def _obey(self, shoppers: Shoppers | None) -> Shoppers | None:
        """Ask what was ordered, and do it."""
        assert self._ear is not None  # noqa: S101 - it has heard something
        self._ear.ordered.clear()
        try:
            before, prices = self.device.memory.place, self.device.prices
            look(self.device)
        except Exception:
            self._ear.ordered.set()  # nothing was done yet: again
            raise
        if self.device.memory.place == before and self.device.prices is prices:
            return shoppers
        return self._open_shop()

    def _come_home(self) -> Shoppers | None:
        """Normal selling may begin: enrolled again at the same POS, with the store's own prices."""
        self.device = self._enrol_again(self.device)
        self.device.refresh()
        if self._ear is not None:
            self._ear.end()
        if self.device.cloud is not None:
            check_ready(self.device)
            self._ear = Ear(self.device.cloud, self._stop)
        return self._open_shop()

    def _open_shop(self) -> Shoppers | None:
        """None where nothing can be sold: the emergency is over here, or the store had no backup."""
        if self.device.prices is None or self.device.memory.place in (RELEASED, RECOVERED):
            return None
        return Shoppers(self.device.prices, self._random.randrange(2**32), self.device.enrolment.store.timezone)

    def _why_not(self) -> str:
        name = f"Till 1 of store {self.device.enrolment.store.number}"
        if self.device.memory.place in (RELEASED, RECOVERED):
            return f"{name} has been released from the emergency."
        return f"{name} has no backup to sell from."

    def _look(self, shoppers: Shoppers | None) -> Shoppers | None:
        """Take new prices and staff between two customers."""
        before = self.device.prices_version
        self.device.refresh()
        self._looked = time.monotonic()
        return shoppers if self.device.prices_version == before else self._open_shop()

    def _serve(self, customer: Customer) -> None:
        here = self.device.enrolment

        def pay(total: int) -> Payment:
            if customer.pays_cash:
                return pay_cash(new_id(), total, here.cash_rounding)
            return self._reader.pay(total, coin=here.cash_rounding, currency=here.currency)

        self.device.sell(customer.basket, self._random.choice(self.device.staff), pay)
        self.sold += 1
