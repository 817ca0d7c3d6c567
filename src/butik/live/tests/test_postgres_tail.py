"""PostgreSQL's ids commit out of order: whatever the order, each event is told, and a cursor leaves nothing out."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection

from butik.lib.clock import now
from butik.live.postgres_tail import PostgresTail
from butik.organisation.actions import found_organisation

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def conninfo() -> dict[str, Any]:
    settings = connection.settings_dict
    return {
        "host": settings["HOST"],
        "port": settings["PORT"],
        "dbname": settings["NAME"],
        "user": settings["USER"],
        "autocommit": True,
    }


async def connect() -> psycopg.AsyncConnection[Any]:
    return await psycopg.AsyncConnection.connect(**conninfo())


def found(mark: str) -> UUID:
    company = found_organisation(name=mark, company=mark, vat_number=mark, actor="system", now=now())
    return company.organisation_id


@contextmanager
def writer(organisation: UUID, ref: str) -> Iterator[psycopg.Connection[Any]]:
    """Somebody in the middle of an act: announced, not yet committed."""
    with psycopg.connect(**(conninfo() | {"autocommit": False})) as other:
        other.execute(f"SET LOCAL butik.organisations = '{organisation}'")
        other.execute(
            "INSERT INTO live_liveevent (organisation_id, topic, ref, at) VALUES (%s, 'sales', %s, now())",
            [organisation, ref],
        )
        other.execute("NOTIFY butik_live, 'sales'")
        yield other


async def heard(tail: PostgresTail, *organisations: UUID, until: str) -> list[str]:
    refs: list[str] = []
    async with asyncio.timeout(20):
        while until not in refs:
            batch = await tail.follow(lambda: frozenset(organisations))
            refs += [event.ref for event in batch.events]
    return refs


def test_a_long_act_delays_nobody_and_is_told_when_it_ends() -> None:
    here = found("here")

    async def scenario() -> None:
        tail = PostgresTail(connect)
        await tail.follow(frozenset)
        with writer(here, "long") as long:
            with writer(here, "short") as short:
                short.commit()
            assert await heard(tail, here, until="short") == ["short"]
            cursor = await tail.now()
            long.commit()
        assert await heard(tail, here, until="long") == ["long"]
        # whoever was cut off between the two resumes from before the long one, and hears of it
        missed = await tail.replay(cursor, frozenset({here}))
        assert missed is not None
        assert [event.ref for event in missed.events] == ["long", "short"]
        latest = await tail.now()
        nothing = await tail.replay(latest, frozenset({here}))
        assert nothing is not None
        assert nothing.events == []
        await tail.close()

    asyncio.run(scenario())


def test_the_tail_sees_only_organisations_that_somebody_listens_for() -> None:
    here, elsewhere = found("here"), found("elsewhere")

    async def scenario() -> None:
        tail = PostgresTail(connect)
        start = await tail.now()
        await tail.follow(frozenset)
        for organisation, ref in ((elsewhere, "theirs"), (here, "ours")):
            with writer(organisation, ref) as act:
                act.commit()
        assert await heard(tail, here, until="ours") == ["ours"]
        # somebody comes who listens for them too: what was told to nobody there comes by replay
        theirs = await tail.replay(start, frozenset({elsewhere}))
        assert theirs is not None
        assert [event.ref for event in theirs.events] == ["theirs"]
        nobody = await tail.replay(start, frozenset())
        assert nobody is not None
        assert nobody.events == []
        await tail.close()

    asyncio.run(scenario())


def test_a_connection_that_broke_is_made_again_and_nothing_is_lost() -> None:
    here = found("here")

    async def scenario() -> None:
        tail = PostgresTail(connect)
        await tail.follow(frozenset)
        listener = tail._listener
        assert listener is not None
        await listener.close()
        with writer(here, "meanwhile") as act:
            act.commit()
        with pytest.raises(psycopg.Error):
            await tail.follow(lambda: frozenset({here}))
        assert await heard(tail, here, until="meanwhile") == ["meanwhile"]
        await tail.close()

    asyncio.run(scenario())
