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
from butik.simulator.device import BATCH, Device, Pay
from butik.simulator.documents import Payment
from butik.simulator.sale_documents import pay_card, pay_cash
from butik.simulator.store_line import RefusedError

HISTORY_DAYS = (7, 2, 1, 0)  # days ago: last week's same weekday first, as a journal runs forward
LOOK_EVERY = 20.0  # seconds between looks for new prices and staff


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

    def __init__(self, device: Device, seed: int, speed: float, terminal: str, stop: threading.Event) -> None:
        self._device, self._speed, self._stop = device, speed, stop
        self._random = Random(seed)
        self._reader = CardReader(terminal)
        self._looked = time.monotonic()
        self.sold = 0
        self.trouble = ""
        self.thread = threading.Thread(target=self._work, name=f"till {device.enrolment.store.number}", daemon=True)

    def _work(self) -> None:
        shoppers = self._open_shop()
        while not self._stop.wait(min(shoppers.pause(now(), self._speed), 60.0)):
            try:
                self._serve(shoppers.next_customer(now()))
                self._device.push()
                if time.monotonic() - self._looked > LOOK_EVERY:
                    shoppers = self._look(shoppers)
                self.trouble = ""
            except (httpx.HTTPError, RefusedError, BadDocument, UnknownOutcomeError) as error:
                self.trouble = f"{type(error).__name__}: {error}"

    def _open_shop(self) -> Shoppers:
        assert self._device.prices is not None  # noqa: S101 - the device was refreshed before its till opened
        return Shoppers(self._device.prices, self._random.randrange(2**32), self._device.enrolment.store.timezone)

    def _look(self, shoppers: Shoppers) -> Shoppers:
        """Take new prices and staff between two customers."""
        before = self._device.prices_version
        self._device.refresh()
        self._looked = time.monotonic()
        return shoppers if self._device.prices_version == before else self._open_shop()

    def _serve(self, customer: Customer) -> None:
        here = self._device.enrolment

        def pay(total: int) -> Payment:
            if customer.pays_cash:
                return pay_cash(new_id(), total, here.cash_rounding)
            return self._reader.pay(total, coin=here.cash_rounding, currency=here.currency)

        self._device.sell(customer.basket, self._random.choice(self._device.staff), pay)
        self.sold += 1
