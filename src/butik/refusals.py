"""What is answered where no view was found or none answered: a page to people, a problem document to machines."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.views import defaults

from butik.lib.problems import Problem, problem_response

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
    if request.path.startswith(MACHINES):
        return problem_response(Problem("failed", 500, "The service failed. It has been logged; try again."))
    return defaults.server_error(request)
