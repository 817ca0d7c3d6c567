"""The steps of what two persons approve, and what each asks of them. Pure: the clock is an argument.

ASKED -> CONFIRMED -> (its due moment) STARTED -> DONE or FAILED; before that REFUSED, WITHDRAWN, EXPIRED or CANCELLED.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

ASKED_FOR = timedelta(minutes=15)  # then whoever wants it asks again
LATEST = timedelta(hours=1)  # a service that was down this long past the due moment does it no more unasked


class State(StrEnum):
    ASKED = "ASKED"
    CONFIRMED = "CONFIRMED"  # waits for its due moment, and can be cancelled
    STARTED = "STARTED"
    DONE = "DONE"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    FAILED = "FAILED"


OPEN = (State.ASKED, State.CONFIRMED, State.STARTED)


class NotAllowed(Exception):
    """A step that cannot be taken. `reason`: closed, expired, same-person, changed, not-yours, too-late, early."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Signer:
    """Who takes a step. `marks`: what two accounts of one person have in common, addresses and secrets, as hashes."""

    id: UUID
    marks: frozenset[str] = frozenset()

    def is_another_than(self, other: "Signer") -> bool:
        return self.id != other.id and not self.marks & other.marks


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as far as its rules go."""

    state: State
    fingerprint: str  # of what was shown when it was asked
    first: Signer
    expires_at: datetime
    second: UUID | None = None
    due_at: datetime | None = None
    closed_by: UUID | None = None


def ask(fingerprint: str, first: Signer, now: datetime) -> Asked:
    return Asked(State.ASKED, fingerprint, first, now + ASKED_FOR)


def ask_alone(fingerprint: str, first: Signer, now: datetime, notice: timedelta) -> Asked:
    """By one person, where that is permitted: all others have this long to cancel it."""
    return Asked(State.CONFIRMED, fingerprint, first, now + notice, due_at=now + notice)


def is_expired(asked: Asked, now: datetime) -> bool:
    return asked.state == State.ASKED and now >= asked.expires_at


def confirm(asked: Asked, second: Signer, fingerprint: str, now: datetime, window: timedelta) -> Asked:
    """`fingerprint`: of what the second person was shown. After the window it is carried out."""
    _require(asked, State.ASKED)
    if is_expired(asked, now):
        raise NotAllowed("expired")
    if not second.is_another_than(asked.first):
        raise NotAllowed("same-person")
    if fingerprint != asked.fingerprint:
        raise NotAllowed("changed")
    return replace(asked, state=State.CONFIRMED, second=second.id, due_at=now + window)


def refuse(asked: Asked, by: UUID) -> Asked:
    """By anybody but the one who asked: she withdraws."""
    _require(asked, State.ASKED)
    if by == asked.first.id:
        raise NotAllowed("same-person")
    return replace(asked, state=State.REFUSED, closed_by=by)


def withdraw(asked: Asked, by: UUID) -> Asked:
    _require(asked, State.ASKED)
    if by != asked.first.id:
        raise NotAllowed("not-yours")
    return replace(asked, state=State.WITHDRAWN, closed_by=by)


def cancel(asked: Asked, by: UUID) -> Asked:
    """By anybody, until it has started."""
    if asked.state in {State.STARTED, State.DONE}:
        raise NotAllowed("too-late")
    _require(asked, State.CONFIRMED)
    return replace(asked, state=State.CANCELLED, closed_by=by)


def expire(asked: Asked, now: datetime) -> Asked:
    return replace(asked, state=State.EXPIRED) if is_expired(asked, now) else asked


def start(asked: Asked, now: datetime) -> Asked:
    """From here on nobody cancels. Again: the same, for whoever died on the way."""
    if asked.state == State.STARTED:
        return asked
    _require(asked, State.CONFIRMED)
    if asked.due_at is None or now < asked.due_at:
        raise NotAllowed("early")
    return replace(asked, state=State.EXPIRED if now - asked.due_at > LATEST else State.STARTED)


def finish(asked: Asked, *, has_failed: bool) -> Asked:
    _require(asked, State.STARTED)
    return replace(asked, state=State.FAILED if has_failed else State.DONE)


def _require(asked: Asked, state: State) -> None:
    if asked.state != state:
        raise NotAllowed("closed")
