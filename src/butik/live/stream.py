"""`/live/`: the stream of events over HTTP, in its own small process beside the pages."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol

import msgspec
from django.db import DatabaseError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from butik.lib.problems import Problem
from butik.live.cursors import read_cursor
from butik.live.hub import Hub, Subscription
from butik.live.reach import Event, Reach
from butik.live.tail import Tail

PING = 15.0  # seconds of silence at most
PAGE_PING = 5.0  # a page says that it is live: so it must notice within seconds when it is not
BLIND = 10.0  # seconds without a look at the events: from then on nobody is told that all is well
LOOK_AGAIN = 45.0  # with a ping's length on top still within a minute
MOST = 3900  # streams; granian would let one more than it may hold wait without a word


class Viewer(Protocol):
    """Somebody at the other end: knows what may be told, now and again later."""

    @property
    def owner(self) -> str:
        """Whose streams are counted together."""

    async def look(self) -> Reach | None:
        """The reach as it is now; None when there is no longer any. May raise Problem."""


GetViewer = Callable[[Request], Awaitable[Viewer]]


def make_application(
    *, tail: Callable[[], Awaitable[Tail]], people: GetViewer, devices: GetViewer | None, device_origin: str
) -> Starlette:
    hubs: list[Hub] = []

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        followed = await tail()
        hubs[:] = [Hub(followed)]
        task = asyncio.create_task(hubs[0].run())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await followed.close()

    def stream_for(get_viewer: GetViewer, ping: float) -> Callable[[Request], Awaitable[Response]]:
        async def stream(request: Request) -> Response:
            hub = hubs[0]
            if hub.listeners >= MOST:
                raise Problem("busy", 503, "Too many streams are open.")
            viewer = await get_viewer(request)
            reach = await viewer.look()
            if reach is None:
                raise Problem("no-proof", 401, "Sign in first.")
            after = request.headers.get("last-event-id") or request.query_params.get("after", "")
            return StreamingResponse(
                _tell(hub, viewer, reach, after, ping),
                media_type="text/event-stream",
                # servers in front of us are asked to pass each event on at once (nginx, and what follows its custom)
                headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"},
            )

        return stream

    return Starlette(
        routes=[
            Route("/live/health", _health),
            Route("/live/events", stream_for(people, PAGE_PING)),
            *_device_routes(devices and stream_for(devices, PING), device_origin),
        ],
        exception_handlers={Problem: _answer_problem},
        lifespan=lifespan,
    )


def _device_routes(stream: Any, origin: str) -> Sequence[Route]:
    """The POS app calls from its own origin, and from a public address to a private one."""
    if stream is None:
        return []
    cors = Middleware(
        CORSMiddleware,
        allow_origins=[origin],
        allow_methods=["GET"],
        allow_headers=["authorization", "last-event-id"],
        allow_private_network=True,
        max_age=7200,
    )
    return [Route("/live/pos", stream, methods=["GET", "OPTIONS"], middleware=[cors])]


async def _tell(hub: Hub, viewer: Viewer, reach: Reach, after: str, ping: float) -> AsyncIterator[bytes]:
    with hub.listening(reach, viewer.owner) as subscription:
        cursor = read_cursor(after)
        if after and cursor is None:
            subscription.lose()
        await hub.resume(subscription, cursor)
        yield b"retry: 1000\n: connected\n" + _ping(subscription)
        looked = time.monotonic()
        while True:
            there_is_something = await subscription.wait(ping)
            if subscription.is_retired:
                yield b"event: elsewhere\ndata: {}\n\n"
                return
            if subscription.reach_is_old or time.monotonic() - looked > LOOK_AGAIN:
                try:
                    now = await viewer.look()
                except DatabaseError:
                    return  # it will knock again
                if now is None:
                    yield b"event: closed\ndata: {}\n\n"
                    return
                if now != subscription.reach:
                    subscription.reach = now
                    subscription.lose()
                subscription.reach_is_old, looked = False, time.monotonic()
            if there_is_something or subscription.is_lost:
                yield _take(subscription)
            elif hub.unseen_for < BLIND:
                yield _ping(subscription)


def _ping(subscription: Subscription) -> bytes:
    """A sign of life, which a page can hear, with the newest cursor."""
    return b": ping\nevent: ping\n" + _place(subscription) + b"data: {}\n\n"


def _take(subscription: Subscription) -> bytes:
    """One chunk; the cursor stands in its last event, so one that arrives half is told again."""
    events = subscription.take()
    if subscription.is_lost:
        subscription.is_lost = False
        return b"event: reset\n" + _place(subscription) + b"data: {}\n\n"
    if not events:
        return b": \n\n"
    *others, last = (_event(each) for each in events)
    return b"\n".join([*others, _place(subscription) + last]) + b"\n"


def _event(event: Event) -> bytes:
    data = {"organisation": event.organisation, "chain": event.chain, "store": event.store, "ref": event.ref}
    return b"event: %s\ndata: %s\n" % (event.topic.encode(), msgspec.json.encode(data))


def _place(subscription: Subscription) -> bytes:
    """A cursor only when nothing before it is left to tell: it is where a cut listener begins again."""
    return b"id: %s\n" % str(subscription.settled).encode() if subscription.settled else b""


async def _health(_: Request) -> Response:
    return JSONResponse({"live": "ok"})


async def _answer_problem(_: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)  # noqa: S101 - Starlette's table of handlers is not typed
    body = {"type": problem.type, "title": problem.title, "status": problem.status, "detail": problem.detail}
    return Response(
        msgspec.json.encode(body | problem.members),
        problem.status,
        {"Retry-After": "1"} if problem.status == 503 else None,
        "application/problem+json",
    )
