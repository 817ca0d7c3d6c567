"""Whose events somebody may be told of. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Event:
    """A row of the table, as it is told."""

    id: int
    organisation: UUID
    chain: UUID | None
    store: UUID | None
    topic: str
    ref: str

    @property
    def subject(self) -> tuple[object, ...]:
        """Two events with the same subject say the same."""
        return (self.topic, self.organisation, self.chain, self.store, self.ref)


@dataclass(frozen=True, slots=True)
class Place:
    """An organisation, one of its chains, or one of its stores."""

    organisation: UUID
    chain: UUID | None = None
    store: UUID | None = None

    def covers(self, event: Event) -> bool:
        """A store's people are also told what is new in their chain and is no other store's."""
        if event.organisation != self.organisation:
            return False
        if self.store is not None:
            return event.store == self.store or (event.store is None and event.chain == self.chain is not None)
        return self.chain is None or event.chain == self.chain


@dataclass(frozen=True, slots=True)
class Reach:
    """`topics` empty: all. `refs` given: of these topics only events about one of `refs`, or about nobody."""

    places: frozenset[Place]
    topics: frozenset[str] = frozenset()
    own_topics: frozenset[str] = frozenset()
    own_refs: frozenset[str] = frozenset()
    shared: bool = True  # whether events of the chain that are no store's count
    organisations: frozenset[UUID] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "organisations", frozenset(place.organisation for place in self.places))

    def covers(self, event: Event) -> bool:
        if self.topics and event.topic not in self.topics:
            return False
        if event.topic in self.own_topics and event.ref and event.ref not in self.own_refs:
            return False
        if not self.shared and event.store is None:
            return False
        return any(place.covers(event) for place in self.places)


def merge(events: Iterable[Event]) -> list[Event]:
    """Of events that say the same only the newest, in order: who hears it looks once."""
    newest = {event.subject: event.id for event in events}
    return [event for event in events if newest[event.subject] == event.id]
