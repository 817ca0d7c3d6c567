"""What stores call (docs/formats/sync.md)."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from butik.lib.clock import now
from butik.lib.machine_api import answer, decode_body, make_api, read_body
from butik.lib.problems import Problem
from butik.organisation.models import Store
from butik.sync.authentication import identify_store
from butik.sync.enrolment import enrol_store, renew_certificate
from butik.sync.feed import read_feed
from butik.sync.inbox import take_push
from butik.sync.wire import PACKED_LIMIT, PAGE_LIMIT, decode_enrol, decode_push, pack, unpack

SMALL = 16 * 1024
api = make_api("Store and chain", "sync")


@api.post("/enrol")
def enrol(request: HttpRequest) -> HttpResponse:
    wish = decode_body(read_body(request, SMALL), decode_enrol)
    return answer(enrol_store(wish=wish, now=now()))


@api.get("/certificate")
def certificate(request: HttpRequest) -> HttpResponse:
    store, _ = _caller(request)
    return answer({"certificate": renew_certificate(store=store, now=now())})


@api.post("/push")
def push(request: HttpRequest) -> HttpResponse:
    store, body = _caller(request, PACKED_LIMIT)
    said = decode_body(unpack(body, request.headers.get("Content-Encoding", "")), decode_push)
    return answer(take_push(store=store, push=said, now=now()))


@api.get("/feed")
def feed(request: HttpRequest) -> HttpResponse:
    store, _ = _caller(request)
    page = read_feed(
        store=store,
        asked_epoch=_epoch(request.GET.get("epoch", "")),
        after=_number(request.GET.get("after", "0")),
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


def _epoch(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise Problem("bad-request", 422, "The epoch is no UUID.") from error


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise Problem("bad-request", 422, "Positions and limits are whole numbers.")
    return int(text)
