"""What is answered where no view was found or none answered: a page to people, a problem document to machines."""

import sys
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.views import defaults

from butik.lib.machine_api import explain
from butik.lib.problems import Problem, problem_response
from butik.lib.storage import full_disk, is_full

MACHINES = "/api/"


def nothing_here(request: HttpRequest, exception: Exception | None = None) -> HttpResponseBase:
    if request.path.startswith(MACHINES):
        return problem_response(Problem("not-found", 404, "There is nothing at this address."))
    return defaults.page_not_found(request, exception or Exception())


nothing_here.csrf_exempt = True  # type: ignore[attr-defined]


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if request.path.startswith(MACHINES):
        return problem_response(Problem("bad-request", 400, "The request is not as it should be."))
    return defaults.bad_request(request, exception)


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if request.path.startswith(MACHINES):
        return problem_response(Problem("forbidden", 403, "That is not allowed."))
    return defaults.permission_denied(request, exception)


def failed(request: HttpRequest, *_: Any) -> HttpResponseBase:
    error = sys.exc_info()[1]
    if isinstance(error, Exception) and is_full(error):
        return _no_room(request, error)
    if request.path.startswith(MACHINES):
        return problem_response(Problem("failed", 500, "The service failed. It has been logged; try again."))
    return defaults.server_error(request)


def _no_room(request: HttpRequest, error: Exception) -> HttpResponseBase:
    """Said once a minute, not once a page: so Django shall not log it too."""
    full_disk.tell(f"{request.method} {request.path}", error)
    if request.path.startswith(MACHINES):
        response = problem_response(explain(error))
    else:
        response = HttpResponse(render_to_string("507.html"), status=507)
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response
