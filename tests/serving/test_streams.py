"""Live events through the real processes, on both engines."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from butik.live.hub import EACH
from tests.serving.service import Hand, Service, make_service
from tests.serving.streams import listening
from tests.support.postgres import OWNER, Postgres

MANY = 200


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    settings = {}
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        server.create_database("streams")
        settings = {
            "BUTIK_DATABASE_URL": server.url("streams"),
            "BUTIK_OWNER_DATABASE_URL": server.url("streams", OWNER),
        }
    service = make_service(tmp_path_factory.mktemp("streams"), **settings)
    with service.running():
        yield service


@pytest.fixture(scope="module")
def hand(service: Service) -> Iterator[Hand]:
    with service.hand() as hand:
        yield hand


@pytest.fixture(scope="module")
def here(hand: Hand) -> dict[str, str]:
    tenant: dict[str, str] = hand("found", mark="Here")
    hand("install", organisation=tenant["organisation"], store=tenant["store"])
    return tenant


@pytest.fixture(scope="module")
def elsewhere(hand: Hand) -> dict[str, str]:
    """A tenant that nobody here may hear of."""
    tenant: dict[str, str] = hand("found", mark="Elsewhere")
    return tenant


@pytest.fixture(scope="module")
def alice(hand: Hand, here: dict[str, str]) -> str:
    """Chain administrator."""
    return str(hand("sign_in", organisation=here["organisation"], level="CHAIN_ADMINISTRATOR", chain=here["chain"]))


@pytest.fixture(scope="module")
def bob(hand: Hand, here: dict[str, str]) -> str:
    """Manager of the first store."""
    return str(hand("sign_in", organisation=here["organisation"], level="STORE_MANAGER", store=here["store"]))


@pytest.fixture(autouse=True)
def quiet(service: Service, hand: Hand, here: dict[str, str], bob: str) -> None:
    """What an earlier test has told has been heard: a stream that is opened now begins after it."""
    with listening(service, bob) as stream:
        hand("tell", topic="sales", ref="quiet", **at(here))
        stream.until("sales", "quiet")


def at(tenant: dict[str, str], store: str | None = "store") -> dict[str, Any]:
    where = {"organisation": tenant["organisation"], "chain": tenant["chain"]}
    return where | ({"store": tenant[store]} if store else {})


def test_nobody_listens_without_signing_in(service: Service, here: dict[str, str]) -> None:
    for cookies in ({}, {service.session_cookie: "x" * 32}):
        answer = httpx.get(f"{service.url}/live/events", cookies=cookies, trust_env=False)
        assert (answer.status_code, answer.json()["type"]) == (401, "no-proof")


def test_each_event_comes_while_the_stream_goes_on(
    service: Service, hand: Hand, here: dict[str, str], bob: str
) -> None:
    with listening(service, bob) as stream:
        for number in range(3):
            hand("tell", topic="sales", ref=f"sale {number}", **at(here))
            stream.until("sales", f"sale {number}")
        # before the first there may be a straggler of another test's
        assert stream.heard[-3:] == [("sales", f"sale {number}") for number in range(3)]


def test_each_hears_what_the_memberships_reach_and_no_more(
    service: Service, hand: Hand, here: dict[str, str], elsewhere: dict[str, str], alice: str, bob: str
) -> None:
    with listening(service, alice) as chain, listening(service, bob) as store:
        hand("tell", topic="sales", ref="foreign", **at(elsewhere))
        hand("tell", topic="sales", ref="foreign chain", **at(elsewhere, None))
        hand("tell", topic="sales", ref="other store", **at(here, "other_store"))
        hand("tell", topic="prices", ref="chain", **at(here, None))
        hand("tell", topic="sales", ref="own", **at(here))
        assert store.until("sales", "own") == [("prices", "chain"), ("sales", "own")]
        assert chain.until("sales", "own") == [("sales", "other store"), ("prices", "chain"), ("sales", "own")]


def test_a_page_may_ask_for_topics(service: Service, hand: Hand, here: dict[str, str], bob: str) -> None:
    with listening(service, bob, path="/live/events?topics=prices,staff") as stream:
        hand("tell", topic="sales", ref="1", **at(here))
        hand("tell", topic="prices", ref="2", **at(here))
        assert stream.until("prices", "2") == [("prices", "2")]


def test_a_cut_line_loses_nothing(service: Service, hand: Hand, here: dict[str, str], bob: str) -> None:
    """Old state and events are the fresh state: whatever was announced since the cursor is heard, cut after cut."""
    told = 60
    cursor = hand("cursor")
    state: set[str] = set()
    with ThreadPoolExecutor(1) as telling:
        done = telling.submit(hand, "tell_many", count=told, **at(here))
        for cut_after in (1, 5, 2, 9, 1, 17):
            with listening(service, bob, after=cursor) as stream:
                for _ in range(cut_after):
                    state.add(stream.next()[1])
                cursor = stream.cursor
        done.result(60)
    hand("tell", topic="sales", ref="last", **at(here))
    with listening(service, bob, after=cursor) as stream:
        state |= {ref for _, ref in stream.until("sales", "last")}
    assert state == {str(number) for number in range(told)} | {"last"}


def test_events_that_say_the_same_are_told_once(service: Service, hand: Hand, here: dict[str, str], bob: str) -> None:
    cursor = hand("cursor")
    for _ in range(5):
        hand("tell", topic="sales", ref="same", **at(here))
    hand("tell", topic="prices", ref="then", **at(here))
    with listening(service, bob, after=cursor) as stream:
        assert stream.until("prices", "then") == [("sales", "same"), ("prices", "then")]


@pytest.mark.parametrize("cursor", ["nonsense", "00000000-1", "{epoch}-99999999999"])
def test_a_cursor_that_means_nothing_here_begins_afresh(service: Service, hand: Hand, bob: str, cursor: str) -> None:
    epoch = str(hand("cursor")).partition("-")[0]
    with listening(service, bob, after=cursor.format(epoch=epoch)) as stream:
        assert stream.next() == ("reset", "")
        assert stream.cursor.partition("-")[0] == epoch


def test_a_cursor_older_than_what_is_kept_begins_afresh(
    service: Service, hand: Hand, here: dict[str, str], bob: str
) -> None:
    cursor = hand("cursor")
    hand("tell", topic="sales", ref="swept", **at(here))
    assert hand("sweep_everything", organisation=here["organisation"]) > 0
    with listening(service, bob, after=cursor) as stream:
        assert stream.next() == ("reset", "")
        fresh = stream.cursor
    hand("tell", topic="sales", ref="kept", **at(here))
    with listening(service, bob, after=fresh) as stream:
        assert stream.next() == ("sales", "kept")


def test_who_is_dismissed_hears_no_more(service: Service, hand: Hand, here: dict[str, str]) -> None:
    session = hand("sign_in", organisation=here["organisation"], level="SUPPORTER")
    with listening(service, session) as stream:
        hand("dismiss", organisation=here["organisation"], session=session)
        hand("tell", topic="sales", ref="secret", **at(here))
        assert stream.next() == ("closed", "")
        assert stream.next() == ("end", "")
    refused = httpx.get(f"{service.url}/live/events", cookies={service.session_cookie: session}, trust_env=False)
    assert refused.status_code == 401


def as_device(hand: Hand, tenant: dict[str, str], **changes: str) -> dict[str, str]:
    claims = {name: tenant[name] for name in ("organisation", "device", "store")} | changes
    return {"Authorization": hand("proof", **claims), "Origin": "http://localhost:8000"}


def test_a_device_hears_of_its_own_store_and_of_itself(
    service: Service, hand: Hand, here: dict[str, str], elsewhere: dict[str, str]
) -> None:
    with listening(service, path="/live/pos", headers=as_device(hand, here)) as stream:
        hand("tell", topic="prices", ref="foreign", **at(elsewhere))
        hand("tell", topic="prices", ref="other store", **at(here, "other_store"))
        hand("tell", topic="sales", ref="sale", **at(here))
        hand("tell", topic="revoked", ref="another device", **at(here))
        hand("tell", topic="staff", ref="", **at(here))
        hand("tell", topic="prices", ref="own", **at(here))
        assert stream.until("prices", "own") == [("staff", ""), ("prices", "own")]


def test_a_revoked_device_is_told_and_shut_out(service: Service, hand: Hand, elsewhere: dict[str, str]) -> None:
    tenant = hand("found", mark="Third")
    headers = as_device(hand, tenant, store=_installed_store(hand))
    with listening(service, path="/live/pos", headers=headers) as stream:
        hand("revoke", organisation=tenant["organisation"], device=tenant["device"])
        assert stream.next() == ("closed", "")
    answer = httpx.get(f"{service.url}/live/pos", headers=headers, trust_env=False)
    assert (answer.status_code, answer.json()["type"]) == (403, "device-revoked")


def _installed_store(hand: Hand) -> str:
    return str(hand("installed_store"))


def test_a_device_must_prove_itself(
    service: Service, hand: Hand, here: dict[str, str], elsewhere: dict[str, str]
) -> None:
    wrong = {
        "no-proof": {},
        "bad-proof": as_device(hand, here, target="/live/events"),
        "unknown-device": as_device(hand, here, organisation=elsewhere["organisation"]),
    }
    for problem, headers in wrong.items():
        answer = httpx.get(f"{service.url}/live/pos", headers=headers, trust_env=False)
        assert (answer.status_code, answer.json()["type"]) == (401, problem)


def test_only_the_pos_apps_origin_may_call(service: Service) -> None:
    asks = {
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
        "Access-Control-Request-Private-Network": "true",
    }
    ours = httpx.options(
        f"{service.url}/live/pos", headers={"Origin": "http://localhost:8000", **asks}, trust_env=False
    )
    assert ours.status_code == 200
    assert ours.headers["Access-Control-Allow-Origin"] == "http://localhost:8000"
    assert ours.headers["Access-Control-Allow-Private-Network"] == "true"
    assert "Access-Control-Allow-Credentials" not in ours.headers
    theirs = httpx.options(
        f"{service.url}/live/pos", headers={"Origin": "http://evil.example", **asks}, trust_env=False
    )
    assert "Access-Control-Allow-Origin" not in theirs.headers
    pages = httpx.get(f"{service.url}/live/events", headers={"Origin": "http://localhost:8000"}, trust_env=False)
    assert "Access-Control-Allow-Origin" not in pages.headers


def test_many_streams_hold_and_all_hear(service: Service, hand: Hand, here: dict[str, str], bob: str) -> None:
    sessions = [str(each) for each in hand("sign_in_again", session=bob, count=MANY // EACH)] * EACH

    async def one(client: httpx.AsyncClient, session: str, ready: asyncio.Semaphore) -> str:
        cookie = {"Cookie": f"{service.session_cookie}={session}"}
        async with client.stream("GET", f"{service.url}/live/events", headers=cookie) as answer:
            async for line in answer.aiter_lines():
                if line == ": connected":
                    ready.release()
                if line.startswith("event: ") and line != "event: ping":
                    return line
        return "nothing"

    async def all_of_them() -> list[str]:
        limits = httpx.Limits(max_connections=MANY)
        ready = asyncio.Semaphore(0)
        async with httpx.AsyncClient(trust_env=False, timeout=60, limits=limits) as client:
            streams = [asyncio.create_task(one(client, each, ready)) for each in sessions]
            for _ in range(MANY):
                await ready.acquire()
            await asyncio.to_thread(hand, "tell", topic="sales", ref="all", **at(here))
            return await asyncio.gather(*streams)

    assert asyncio.run(all_of_them()) == ["event: sales"] * MANY


def test_of_many_streams_of_one_session_the_newest_two_go_on(
    service: Service, hand: Hand, here: dict[str, str], bob: str
) -> None:
    with listening(service, bob) as first, listening(service, bob) as second, listening(service, bob) as third:
        assert first.next() == ("elsewhere", "")
        assert first.next() == ("end", "")
        hand("tell", topic="sales", ref="both", **at(here))
        assert second.until("sales", "both")
        assert third.until("sales", "both")
