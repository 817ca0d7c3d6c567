"""What the journal holds of everything that a batch names: one statement, and one more for the prices.

Hand-written, for both engines (decision 0006). Nobody is kept waiting meanwhile: on SQLite it is asked outside the
transaction, on PostgreSQL without a lock. Whoever then writes sees to it that no head has moved (`sql.MOVE_SERIES`).
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from butik.lib.outside import read_as
from butik.lib.signing import open_document
from butik.sales.journal import Head, Known, Numbered
from butik.sales.models import QuarantinedRecord
from butik.sales.pipeline import ask, fetch
from butik.sales.reading import Place, Record
from butik.sales.sql import Row
from butik.sales.wire import Event, Sale

_SERIES = (
    "SELECT 'series', s.id, s.device_id, s.pos_number, s.latest_counter, s.sales, s.total, "
    "s.label, s.latest_hash, s.opening_hash, s.closing_hash FROM {probe} s "
)
_ID = "SELECT 'id', r.id, r.id, 0, 0, 0, 0, r.hash, '', '', '' FROM {probe} r "
_NUMBER = (
    "SELECT 'number', r.id, r.series_id, r.counter, 0, 0, 0, r.hash, "
    "CASE WHEN r.counter > {low} THEN r.document ELSE '' END, '', '' FROM {probe} r "
)
_HELD = "SELECT 'held', q.id, q.id, 0, 0, 0, 0, q.hash, q.reason, q.detail, '' FROM {probe} q "

# CROSS JOIN makes SQLite start from the few that are asked for, and look each up in an index.
_SQLITE = " UNION ALL ".join(
    (
        _SERIES.format(probe="json_each(%s) j CROSS JOIN sales_series")
        + "ON s.id = j.value AND s.organisation_id = %s AND s.store_id = %s",
        _SERIES.format(probe="json_each(%s) j CROSS JOIN sales_series")
        + "ON s.organisation_id = %s AND s.store_id = %s AND s.pos_number = j.value ->> 0 AND s.label = j.value ->> 1",
        _NUMBER.format(low="(j.value ->> 1)", probe="json_each(%s) j CROSS JOIN sales_sale")
        + "ON r.organisation_id = %s AND r.store_id = %s AND r.series_id = j.value ->> 0 "
        "AND r.counter BETWEEN j.value ->> 1 AND j.value ->> 2",
        _HELD.format(probe="json_each(%s) j CROSS JOIN sales_quarantinedrecord")
        + "ON q.organisation_id = %s AND q.store_id = %s AND q.hash = j.value "
        "AND (q.accepted_at IS NULL OR q.is_booked_by_hand)",
    )
)
_SQLITE_EVENTS = _ID.format(probe="json_each(%s) j CROSS JOIN sales_deviceevent") + (
    "ON r.id = j.value AND r.organisation_id = %s AND r.store_id = %s"
)
_SQLITE_VERSIONS = (
    "SELECT v.number, v.version, v.price, v.vat_rate, v.unit FROM json_each(%s) j CROSS JOIN articles_articleversion v "
    "ON v.organisation_id = %s AND v.chain_id = %s AND v.number = j.value ->> 0 AND v.version = j.value ->> 1"
)

# LATERAL with OFFSET or LIMIT makes it look each up in the index, also before the tables have statistics: a join would
# read all that the store has.
_POSTGRESQL = " UNION ALL ".join(
    (
        _SERIES.format(probe="sales_series")
        + "WHERE s.id = ANY(%s::uuid[]) AND s.organisation_id = %s AND s.store_id = %s",
        _SERIES.format(
            probe="unnest(%s::text[]::int[], %s::text[]) j(pos, label) CROSS JOIN LATERAL (SELECT * FROM sales_series "
            "WHERE organisation_id = %s AND store_id = %s AND pos_number = j.pos AND label = j.label OFFSET 0)"
        ),
        _NUMBER.format(
            low="j.low",
            probe="unnest(%s::uuid[], %s::text[]::int[], %s::text[]::int[]) j(series, low, high) "
            "CROSS JOIN LATERAL (SELECT id, series_id, counter, hash, document FROM sales_sale "
            "WHERE organisation_id = %s AND store_id = %s AND series_id = j.series "
            "AND counter BETWEEN j.low AND j.high ORDER BY counter OFFSET 0)",
        ),
        _HELD.format(probe="sales_quarantinedrecord")
        + "WHERE q.organisation_id = %s AND q.store_id = %s AND q.hash = ANY(%s::text[]) "
        "AND (q.accepted_at IS NULL OR q.is_booked_by_hand)",
    )
)
# In one order, so that two batches with several series never wait for each other in a circle.
_LOCK = (
    "SELECT id FROM sales_series WHERE id = ANY(%s::uuid[]) AND organisation_id = %s AND store_id = %s "
    "ORDER BY id FOR UPDATE"
)
_POSTGRESQL_EVENTS = _ID.format(probe="sales_deviceevent") + (
    "WHERE r.id = ANY(%s::uuid[]) AND r.organisation_id = %s AND r.store_id = %s"
)
_POSTGRESQL_VERSIONS = (
    "SELECT v.number, v.version, v.price, v.vat_rate, v.unit "
    "FROM unnest(%s::text[], %s::text[]::bigint[]) j(number, version) "
    "CROSS JOIN LATERAL (SELECT number, version, price, vat_rate, unit FROM articles_articleversion "
    "WHERE organisation_id = %s AND chain_id = %s AND number = j.number AND version = j.version LIMIT 1) v"
)


class HeadMoved(Exception):
    """Somebody else has booked into the same series since it was read."""


class _Names:
    """The ids, numbers and hashes that a batch names."""

    def __init__(self, records: Iterable[Record]) -> None:
        self.hashes: list[str] = []
        self.series: set[UUID] = set()
        self.labels: set[tuple[int, str]] = set()
        self.events: list[UUID] = []
        self._counters: dict[UUID, set[int]] = defaultdict(set)
        self.versions: set[tuple[str, int]] = set()
        for record in records:
            self.hashes.append(record.hash)
            content = record.content
            if content is None:
                continue
            if isinstance(content, Event):
                self.events.append(content.id)
                continue
            self.series.add(content.series)
            self.labels.add((content.pos, content.label))
            if isinstance(content, Sale):
                self.versions.update((line.number, line.version) for line in content.lines)
                self._counters[content.series].add(content.counter)
            else:
                self._counters[content.series].add(0)

    def runs(self) -> Iterator[tuple[UUID, int, int]]:
        """Series, first and last of every run of counters, and the neighbours on both sides: what is in it matters.

        Whoever is there beyond the first may be the successor of one that comes now, so his document is read too.
        """
        for series, counters in self._counters.items():
            for _, run in groupby(enumerate(sorted(counters)), key=lambda pair: pair[1] - pair[0]):
                counted = [counter for _, counter in run]
                yield series, counted[0] - 1, counted[-1] + 1


def load_known(records: Sequence[Record], place: Place, *, lock: bool = False) -> Known:
    """`lock` keeps the heads from moving until the transaction ends; on SQLite its gate does."""
    names = _Names(records)
    answers = (
        _ask_postgresql(names, place, lock=lock) if connection.vendor == "postgresql" else _ask_sqlite(names, place)
    )
    known = Known()
    for number, version, price, rate, unit in answers.pop():
        known.versions[number, version] = (price, rate)
        known.units[number, version] = unit
    for answer in answers:
        for row in answer:
            _enter(row, known)
    return known


def _ask_sqlite(names: _Names, place: Place) -> list[list[Row]]:
    """The answers to all questions; the last is about prices."""
    with connection.cursor() as cursor:
        answers = []
        for statement, values in _questions(names, place):
            cursor.execute(statement, values)
            answers.append(cursor.fetchall())
    return answers


def _ask_postgresql(names: _Names, place: Place, *, lock: bool) -> list[list[Row]]:
    if lock or len(names.series) > 1:
        ask(_LOCK, [sorted(names.series), place.organisation_id, place.store_id])
    cursors = [ask(statement, values) for statement, values in _questions(names, place)]  # all are on their way
    return [fetch(cursor) for cursor in cursors]


def _questions(names: _Names, place: Place) -> list[tuple[str, list[Any]]]:
    on_postgresql = connection.vendor == "postgresql"
    questions = [
        (_POSTGRESQL, _for_postgresql(names, place)) if on_postgresql else (_SQLITE, _for_sqlite(names, place))
    ]
    if names.events:
        ids = [each.hex for each in names.events]
        if on_postgresql:
            questions.append((_POSTGRESQL_EVENTS, [ids, place.organisation_id, place.store_id]))
        else:
            here = [place.organisation_id.hex, place.store_id.hex]
            questions.append((_SQLITE_EVENTS, [json.dumps(ids), *here]))
    questions.append(_version_question(names, place))
    return questions


def _for_sqlite(names: _Names, place: Place) -> list[Any]:
    here = [place.organisation_id.hex, place.store_id.hex]
    return [
        json.dumps([each.hex for each in names.series]),
        *here,
        json.dumps(list(names.labels)),
        *here,
        json.dumps([(series.hex, low, high) for series, low, high in names.runs()]),
        *here,
        json.dumps(names.hashes),
        *here,
    ]


def _for_postgresql(names: _Names, place: Place) -> list[Any]:
    """Numbers go as texts: of numbers the driver would choose a type by their size, and each choice is another plan."""
    here: list[Any] = [place.organisation_id, place.store_id]
    runs = list(names.runs())
    return [
        list(names.series),
        *here,
        [str(pos) for pos, _ in names.labels],
        [label for _, label in names.labels],
        *here,
        [series for series, _, _ in runs],
        [str(low) for _, low, _ in runs],
        [str(high) for _, _, high in runs],
        *here,
        *here,
        names.hashes,
    ]


def _version_question(names: _Names, place: Place) -> tuple[str, list[Any]]:
    versions = list(names.versions)
    if connection.vendor == "postgresql":
        numbers, positions = [number for number, _ in versions], [str(version) for _, version in versions]
        return _POSTGRESQL_VERSIONS, [numbers, positions, place.organisation_id, place.chain_id]
    return _SQLITE_VERSIONS, [json.dumps(versions), place.organisation_id.hex, place.chain_id.hex]


def _enter(row: Row, known: Known) -> None:
    tag, row_id, other, *rest = row
    if tag == "series":
        pos, counter, sales, total, label, latest, opening, closing = rest
        head = Head(_uuid(row_id), _uuid(other), pos, label, counter, latest, sales, total, opening, closing)
        head.stored = (sales, opening, closing)
        known.series[head.id] = head
        known.labels[pos, label] = head.id
    elif tag == "id":
        known.hashes[_uuid(row_id)] = rest[4]
    elif tag == "number":
        place = (_uuid(other), rest[0])
        if rest[5] or place not in known.numbers:  # two runs may meet in one neighbour
            known.numbers[place] = Numbered(_uuid(row_id), rest[4], _prev(rest[5]))
        known.hashes[_uuid(row_id)] = rest[4]
    else:
        known.quarantined[rest[4]] = (QuarantinedRecord.Reason(rest[5]), rest[6])


class _Link(msgspec.Struct):
    prev: str


def _prev(document: str) -> str:
    return read_as(open_document(document).payload, _Link).prev if document else ""


def _uuid(value: UUID | str) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)
