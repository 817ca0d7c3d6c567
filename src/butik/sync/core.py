"""The sync core: who has what, as pure functions from (state, message) to (state, what to do).

No I/O and no clock, so that the simulation in `tests/simulation` and the services run exactly this code. Whoever runs
it keeps each state durably, in the same transaction as what the answer told it to do (docs/decisions/0004).

Up, a *sender* (store) pushes items numbered 1, 2, 3, … to a *receiver* (chain). Down, a *reader* (store) pulls entries
by position from a *server* (chain). Each exchange has a token of its own; an answer to any other exchange is void.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol, TypeVar
from uuid import UUID


class Effect(Enum):
    """What the runner must do in the transaction that keeps the new state."""

    SEND_AGAIN = "the chain has less than it had acknowledged: it was restored, and is sent again what it lacks"
    APPLY = "apply the entries of the answer, in their order"
    RENEW_OUTBOX = "the chain knows another history of this outbox: this store was restored, and sends everything anew"
    FORGET_SEEN = "the feed is read again from its start: note from now on what is in it"
    SWEEP = "the feed was read from start to head: drop what was not in it"
    AT_HEAD = "this store has all that the chain had: the price file may be made"


class Numbered(Protocol):
    """An item as far as the core cares: its number, and the identity that it was given when it was numbered."""

    @property
    def seq(self) -> int: ...
    @property
    def uid(self) -> UUID | None: ...


Item = TypeVar("Item", bound=Numbered)


# --- up: sender (store) and receiver (chain) ---


@dataclass(frozen=True, slots=True)
class Sender:
    outbox: UUID
    acked: int = 0
    chain_epoch: UUID | None = None
    exchange: int = 0


@dataclass(frozen=True, slots=True)
class PushAnswer:
    exchange: int
    epoch: UUID
    outbox: UUID
    acked: int
    uid: UUID | None  # of the item `acked`; None when that is 0


def begin_push(sender: Sender, exchange: int) -> Sender:
    """Start an exchange with the items that follow `acked`. Nothing is taken as sent before it is acknowledged."""
    return replace(sender, exchange=exchange)


def take_push_answer(
    sender: Sender, answer: PushAnswer, *, own_uid: UUID | None, new_outbox: UUID
) -> tuple[Sender, tuple[Effect, ...]]:
    """Believe the chain's position. `own_uid` is that of our own item `answer.acked`, None when there is none."""
    if answer.exchange != sender.exchange or answer.outbox != sender.outbox:
        return sender, ()
    done = replace(sender, exchange=0)
    if answer.uid != own_uid:
        # The same number stands for another item: both counted on from a common past, and only a restored store can.
        return replace(done, outbox=new_outbox, acked=0, chain_epoch=answer.epoch), (Effect.RENEW_OUTBOX,)
    went_back = answer.acked < sender.acked
    return replace(done, acked=answer.acked, chain_epoch=answer.epoch), (Effect.SEND_AGAIN,) if went_back else ()


@dataclass(frozen=True, slots=True)
class Receiver:
    """What the chain has applied of one outbox of one store."""

    outbox: UUID
    applied: int = 0
    uid: UUID | None = None


def take_push(receiver: Receiver, items: Sequence[Item], *, follows: UUID | None) -> tuple[Receiver, list[Item]]:
    """Return the items to apply, in order: those that it has are skipped, and nothing behind a gap is taken.

    `follows` is the identity of the item before the first one. An item is taken only behind the very item that its
    sender has before it: so two histories of a restored store are never woven into one, and `uid` stands for them all.
    """
    applied, uid, previous = receiver.applied, receiver.uid, follows
    fresh = []
    for item in items:
        if item.seq == applied + 1 and previous == uid:
            fresh.append(item)
            applied, uid = item.seq, item.uid
        elif item.seq > applied:
            break
        previous = item.uid
    return replace(receiver, applied=applied, uid=uid), fresh


def answer_push(receiver: Receiver, *, exchange: int, epoch: UUID) -> PushAnswer:
    return PushAnswer(exchange, epoch, receiver.outbox, receiver.applied, receiver.uid)


# --- down: server (chain) and reader (store) ---


@dataclass(frozen=True, slots=True)
class Reader:
    """How far a store has applied the feed. `sweeping`: it is being read again, over what an older reading left.

    `head` is that of the last answer, and `mark` the identity of the move by which the chain had come there.
    """

    epoch: UUID | None = None
    position: int = 0
    head: int = 0
    mark: UUID | None = None
    sweeping: bool = False
    exchange: int = 0


@dataclass(frozen=True, slots=True)
class FeedAnswer:
    """Entries behind `after` (which may be lower than was asked for), up to `position`; and the chain's head.

    The chain reads `head` and `mark` when it has loaded the bodies, and not before. Bodies are as new as possible, so
    they may be newer than the entries; then the head is beyond them as well, and the reader does not take itself to be
    there. So no transaction is needed to read a state that is not torn.
    """

    exchange: int
    epoch: UUID
    after: int
    position: int
    head: int
    mark: UUID | None


def begin_pull(reader: Reader, exchange: int) -> Reader:
    return replace(reader, exchange=exchange)


def take_feed(reader: Reader, answer: FeedAnswer) -> tuple[Reader, tuple[Effect, ...]]:
    """Take an answer that goes on where we stand, or one that starts at 0; anything else is void."""
    goes_on = answer.epoch == reader.epoch and answer.after == reader.position
    if answer.exchange != reader.exchange or not (goes_on or answer.after == 0):
        return reader, ()
    sweeping = reader.sweeping or (not goes_on and reader.position > 0)
    effects = [Effect.APPLY] if goes_on or not sweeping else [Effect.FORGET_SEEN, Effect.APPLY]
    if answer.position >= answer.head:
        effects += [Effect.SWEEP, Effect.AT_HEAD] if sweeping else [Effect.AT_HEAD]
        sweeping = False
    return Reader(answer.epoch, answer.position, answer.head, answer.mark, sweeping), tuple(effects)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a reader says that it stands: `position` of what it has applied, and head and mark of its last answer."""

    epoch: UUID | None = None
    position: int = 0
    head: int = 0
    mark: UUID | None = None


def where_to_read(cursor: Cursor, *, epoch: UUID, mark: UUID | None) -> int:
    """Go on only for a reader of this very history; everybody else starts again.

    `mark` is our own for the head that the cursor names, None where we never stood there. What the reader has may be as
    new as that head, so it is the head that must be common to both, and not only the position.
    """
    return cursor.position if (cursor.epoch, cursor.mark) == (epoch, mark) else 0


def position_covered(*, after: int, positions: Sequence[int], limit: int, head: int) -> int:
    """Up to where an answer goes. `head` was read before the entries, and is covered when there are no more of them."""
    last = positions[-1] if positions else after
    return last if len(positions) >= limit else max(last, head)
