"""What stores call (docs/formats/sync.md)."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from butik.lib.clock import now
from butik.lib.machine_api import answer, decode_body, make_api, read_body
from butik.lib.openapi import describe
from butik.lib.problems import Problem
from butik.organisation.actions import expect_code
from butik.organisation.guesses import address_of, allow_guess, note_wrong_guess
from butik.organisation.models import Store
from butik.sync.authentication import identify_store
from butik.sync.core import Cursor
from butik.sync.enrolment import enrol_store, renew_certificate
from butik.sync.feed import read_feed
from butik.sync.inbox import take_push
from butik.sync.wire import (
    PACKED_LIMIT,
    PAGE_LIMIT,
    Enrol,
    Enrolled,
    FeedPage,
    Push,
    Pushed,
    Renewed,
    StoreBody,
    decode_enrol,
    decode_push,
    pack,
    unpack,
)

SMALL = 16 * 1024
STRUCTS = (Enrol, Enrolled, FeedPage, Push, Pushed, Renewed, StoreBody)
api = make_api("Store and chain", "sync")


@api.post("/enrol", openapi_extra=describe(Enrolled, Enrol, proof=False))
def enrol(request: HttpRequest) -> HttpResponse:
    """A one-time code is exchanged for a certificate of the store's key."""
    wish = decode_body(read_body(request, SMALL), decode_enrol)
    moment, caller = now(), address_of(request)
    allow_guess(door="store-code", caller=caller, now=moment)
    try:
        expect_code(code=wish.code, for_device=False, now=moment)
        return answer(enrol_store(wish=wish, now=moment))
    except Problem as problem:
        if problem.type == "bad-code":
            note_wrong_guess(door="store-code", caller=caller, now=moment)
        raise


@api.get("/certificate", openapi_extra=describe(Renewed))
def certificate(request: HttpRequest) -> HttpResponse:
    """A new certificate for the key that signed this call."""
    store, _ = _caller(request)
    return answer(Renewed(renew_certificate(store=store, now=now())))


@api.post("/push", openapi_extra=describe(Pushed, Push))
def push(request: HttpRequest) -> HttpResponse:
    """Items of the store's outbox, and what it says about itself."""
    store, body = _caller(request, PACKED_LIMIT)
    said = decode_body(unpack(body, request.headers.get("Content-Encoding", "")), decode_push)
    return answer(take_push(store=store, push=said, now=now()))


@api.get("/feed", openapi_extra=describe(FeedPage, query=("epoch", "after", "head", "mark", "limit")))
def feed(request: HttpRequest) -> HttpResponse:
    """What has changed at the chain, from a position on."""
    store, _ = _caller(request)
    page = read_feed(
        store=store,
        cursor=Cursor(
            _uuid(request.GET.get("epoch", "")),
            _number(request.GET.get("after", "0")),
            _number(request.GET.get("head", "0")),
            _uuid(request.GET.get("mark", "")),
        ),
        limit=_number(request.GET.get("limit", str(PAGE_LIMIT))),
    )
    response = answer(page)
    response.content, headers = pack(response.content)
    for name, value in headers.items():
        response.headers[name] = value
    return response


def _caller(request: HttpRequest, limit: int = SMALL) -> tuple[Store, bytes]:
    body = read_body(request, limit)
    return identify_store(request, body), body


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise Problem("bad-request", 422, "Epochs and marks are UUIDs.") from error


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise Problem("bad-request", 422, "Positions and limits are whole numbers.")
    return int(text)
