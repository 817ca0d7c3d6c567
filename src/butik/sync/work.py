"""What a store's worker does for the sync: two jobs side by side, so that a long reading never holds back a sale.

Sending: whatever was announced wakes it, so an item leaves within a blink of its commit; a call without items is the
heartbeat. Reading: when an answer says that the chain has news, and now and then all the same. Both go on through any
trouble, which is logged once and not once a retry.
"""

import logging
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from uuid import UUID

import msgspec

from butik.lib.clock import now
from butik.lib.storage import is_damaged
from butik.organisation.installation import this_installation
from butik.organisation.keys import service_key
from butik.organisation.models import Store
from butik.organisation.tenancy import tenant_scope
from butik.sync import uplink as db
from butik.sync.certificate import renew_in_time
from butik.sync.core import Cursor, Effect
from butik.sync.held import retry_held
from butik.sync.kinds import AT_HEAD
from butik.sync.line import Line, LineTrouble
from butik.sync.models import Uplink
from butik.sync.outbox_indexes import mend_indexes
from butik.sync.outgoing import is_its_own, take_up_skipped
from butik.sync.status import describe_status

logger = logging.getLogger(__name__)
HEARTBEAT = 10.0  # seconds
STATUS_EVERY = 30.0
READ_EVERY = 60.0
LOOK_AGAIN_EVERY = 3600.0  # whether what could not be read can be
LONGEST_PAUSE = 60.0
LONG_AGO = float("-inf")


def send(organisations: Sequence[UUID]) -> None:
    """The worker's job: send all there is, or a heartbeat when one is due."""
    link = open_link()
    if link is not None:
        link.send()


def read(organisations: Sequence[UUID]) -> None:
    """The worker's job: read to the head when there is news."""
    link = open_link()
    if link is not None:
        link.read()


@dataclass
class Pauses:
    """They grow while trouble lasts, and each is random, so that stores do not all come back at once."""

    failures: int = 0
    until: float = LONG_AGO

    @property
    def lasts(self) -> bool:
        return time.monotonic() < self.until

    def grow(self) -> None:
        self.failures = min(self.failures + 1, 9)
        self.until = time.monotonic() + random.uniform(0.3, 1) * min(LONGEST_PAUSE, 2.0**self.failures / 4)  # noqa: S311

    def end(self) -> None:
        self.failures, self.until = 0, LONG_AGO


@dataclass
class Link:
    """What the two jobs remember between two rounds. All that matters is in the database."""

    store: Store
    line: Line
    called_at: float = LONG_AGO
    status_at: float = LONG_AGO
    read_at: float = LONG_AGO
    has_news: bool = True
    has_changed: bool = True  # since what is done at the head was last done; who knows, before the first time
    told: str | None = None  # the trouble with sending that was told of last
    unread: str = ""  # the same of reading
    undescribed: str = ""  # the same of our own status
    looked_at: float = LONG_AGO  # when what was skipped was last looked at again
    send_pauses: Pauses = field(default_factory=Pauses)
    read_pauses: Pauses = field(default_factory=Pauses)

    def send(self) -> None:
        if self.send_pauses.lasts:
            return
        is_due = time.monotonic() - self.called_at >= HEARTBEAT
        try:
            if not (is_due or db.has_unsent(self.store.organisation_id)):
                return
            if is_due:
                renew_in_time(line=self.line, now=now())
            self._look_again()
            while self.send_once():
                pass
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told, and tried again
            if is_damaged(error) and mend_indexes():
                return  # the next round is a second away
            self.send_pauses.grow()
            self.tell(error)
        else:
            self.send_pauses.end()
            self.tell(None)

    def send_once(self) -> bool:
        """One exchange; True when there is more to send at once."""
        at = time.monotonic()
        db.number_items(self.store.organisation_id, now())
        began = db.read_uplink()
        push = db.next_push(self.store, began, None, now())
        # a device that comes or goes changes what the chain shows of the store
        is_status_due = at - self.status_at >= STATUS_EVERY or any(item.kind == "device" for item in push.items)
        if is_status_due:
            status = self._describe(began, len(push.items))
            push = msgspec.structs.replace(push, status=msgspec.Raw(msgspec.json.encode(status)))
        answer = self.line.push(push)
        after = db.take_push_answer(store=self.store, began=began, answer=answer, now=now())
        self.called_at = at
        if is_status_due:
            self.status_at = at
        if db.has_news(after, answer):
            self.has_news = True
        # without any movement the next round would send the very same again, and at once
        return (after.outbox, after.acked) != (began.outbox, began.acked) and db.has_unsent(self.store.organisation_id)

    def _describe(self, began: Uplink, sending: int) -> dict[str, object] | None:
        """None when something of it cannot be read: sales go up without it."""
        try:
            return describe_status(self.store, began, now(), sending=sending)
        except Exception as error:
            if not is_its_own(error):
                raise
            if repr(error) != self.undescribed:
                self.undescribed = repr(error)
                logger.exception("This store's status cannot be read; the chain is not told of it.")
            return None

    def _look_again(self) -> None:
        if time.monotonic() - self.looked_at >= LOOK_AGAIN_EVERY:
            self.looked_at = time.monotonic()
            mend_indexes()  # one that lost entries raises nothing
            take_up_skipped(self.store.organisation_id, acked=db.read_uplink().acked, now=now())

    def tell(self, error: Exception | None) -> None:
        """When trouble begins, becomes another, or is over; a restart of the service is none of these."""
        said = str(error)[:300] if error else ""
        if said == self.told:
            return
        self.told = said
        if not Uplink.objects.exclude(trouble=said).update(trouble=said):
            return
        if error is None:
            logger.info("The chain answers again.")
        elif isinstance(error, LineTrouble):
            logger.warning("%s", said)
        else:
            logger.error("Sending to the chain failed.", exc_info=error)

    def read(self) -> None:
        is_due = time.monotonic() - self.read_at >= READ_EVERY
        if self.read_pauses.lasts or not (self.has_news or is_due):
            return
        self.has_news = False
        try:
            self.store = load_store(self.store.organisation_id, self.store.id)  # its name, its chain's currency
            if is_due:
                self.has_changed |= retry_held(self.store, now())
            while not self.read_once():
                pass
        except LineTrouble:  # whoever sends has told
            self._read_later()
        except Exception as error:
            if repr(error) != self.unread:
                self.unread = repr(error)
                logger.exception("What came from the chain could not be applied; it is tried again.")
            self._read_later()
        else:
            self.read_at, self.unread = time.monotonic(), ""
            self.read_pauses.end()

    def read_once(self) -> bool:
        """One page; True when it has led to the head, or to nothing."""
        began = db.read_uplink()
        page = self.line.pull(Cursor(began.feed_epoch, began.position, began.head, began.mark))
        after, effects = db.take_feed(store=self.store, began=began, page=page, now=now())
        self.has_changed |= bool(page.entries) or Effect.SWEEP in effects
        if Effect.AT_HEAD not in effects:
            return False
        if self.has_changed:  # the head moves for other stores' sake too, and a price file is work
            for act in AT_HEAD:
                act(store=self.store, position=after.position, now=now())
            self.has_changed = False
        return True

    def _read_later(self) -> None:
        self.has_news = True
        self.read_pauses.grow()


def open_link() -> Link | None:
    """The way to the chain; None for a service that has none."""
    here = this_installation()
    if not (here.chain_url and here.store_id and here.organisation_id and here.chain_id):
        return None
    return _link(here.chain_url, here.organisation_id, here.chain_id, here.store_id)


@cache
def _link(chain_url: str, organisation_id: UUID, chain_id: UUID, store_id: UUID) -> Link:
    line = Line(chain_url, organisation_id, chain_id, store_id, service_key())
    return Link(load_store(organisation_id, store_id), line)


def load_store(organisation_id: UUID, store_id: UUID) -> Store:
    with tenant_scope([organisation_id]):
        store: Store = Store.objects.select_related("chain").get(organisation_id=organisation_id, pk=store_id)
    return store
