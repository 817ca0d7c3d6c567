"""What a store's service answers a device, as far as a simulated one reads it."""

import msgspec

from butik.simulator.documents import Root


class EnrolAnswer(msgspec.Struct, frozen=True):
    enrolment: str
    certificate: str
    root: Root


class Papers(msgspec.Struct, frozen=True):
    enrolment: str
    certificate: str


class Numbered(msgspec.Struct, frozen=True):
    version: int


class ServiceState(msgspec.Struct, frozen=True):
    staff: Numbered
    prices: Numbered | None = None
    enrolment: Numbered | None = None


class Result(msgspec.Struct, frozen=True):
    hash: str
    outcome: str
    number: str = ""
    reason: str = ""


class JournalAnswer(msgspec.Struct, frozen=True):
    results: list[Result]
