"""What the interfaces for machines share: bodies read by msgspec within limits, and every error a problem document."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import msgspec
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.http.request import UnreadablePostError
from django.urls import URLPattern, path, re_path
from ninja import NinjaAPI
from ninja.errors import ValidationError

from butik.lib.outside import BadDocument, read_json
from butik.lib.problems import Problem, problem_response
from butik.lib.storage import full_disk, is_full

logger = logging.getLogger(__name__)
View = Callable[..., HttpResponseBase]
T = TypeVar("T")


def make_api(title: str, namespace: str) -> NinjaAPI:
    """A router whose errors are all problem documents; its schema is exported by a command, not served."""
    api = NinjaAPI(title=title, version="1", urls_namespace=namespace, docs_url=None, openapi_url=None)
    api.exception_handler(Exception)(_answer)
    api.exception_handler(ValidationError)(_refuse)
    api.exception_handler(Problem)(lambda request, problem: problem_response(problem))
    return api


def machine_urls(api: NinjaAPI) -> list[URLPattern]:
    """The API's addresses, and one for everything that is not there."""
    patterns = [
        path(str(each.pattern), _explain_method(each.callback), name=each.name)
        for each in api.urls[0]
        if isinstance(each, URLPattern) and each.name != "api-root"
    ]
    return [*patterns, re_path(r"", _not_found)]


def read_body(request: HttpRequest, limit: int) -> bytes:
    """The body, at most `limit` bytes of it; what is longer is not even read."""
    too_large = Problem("too-large", 413, "The body is too large.", f"The limit is {limit} bytes.", limit=limit)
    if int(request.META.get("CONTENT_LENGTH") or 0) > limit:
        raise too_large
    try:
        body = request.body
    except RequestDataTooBig as error:
        raise too_large from error
    if len(body) > limit:
        raise too_large
    return body


def decode_body(body: bytes, decoder: "msgspec.json.Decoder[T]") -> T:
    """`read_body` has seen to its size."""
    try:
        return read_json(body, decoder, limit=len(body))
    except BadDocument as error:
        raise Problem("bad-request", 422, "The body does not fit the schema.", str(error)[:300]) from error


def answer(body: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(body), status=status, content_type="application/json")


def explain(error: Exception) -> Problem:
    """What a caller is told when something failed that is not his fault."""
    if is_full(error):
        return Problem("disk-full", 507, "The service has no space left. Nothing was stored: try again later.")
    if isinstance(error, MemoryError):
        return Problem("busy", 503, "The service has no memory left at the moment. Try again.")
    if isinstance(error, OperationalError | InterfaceError):
        return Problem("busy", 503, "The service's database does not answer. Try again.")
    return Problem("failed", 500, "The service failed. It has been logged; try again.")


def _answer(request: HttpRequest, error: Exception) -> HttpResponse:
    if isinstance(error, UnreadablePostError):
        return problem_response(Problem("bad-request", 400, "The body did not arrive whole."))
    if is_full(error):
        full_disk.tell(f"{request.method} {request.path}", error)
    else:
        logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return problem_response(explain(error))


def _refuse(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return problem_response(
        Problem("bad-request", 422, "The request does not fit the schema.", str(error.errors)[:300])
    )


def _explain_method(view: View) -> View:
    @wraps(view)
    def explained(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if response.status_code != 405:
            return response
        allowed = response.headers.get("Allow", "")
        refused = problem_response(Problem("bad-method", 405, "This address takes other methods.", allowed))
        refused.headers["Allow"] = allowed
        return refused

    return explained


def _not_found(request: HttpRequest) -> HttpResponse:
    return problem_response(Problem("not-found", 404, "There is nothing at this address."))


_not_found.csrf_exempt = True  # type: ignore[attr-defined]
