"""Typed errors for machines: RFC 9457 problem documents (docs/formats/signed-documents.md lists the types)."""

from typing import Any

import msgspec
from django.http import HttpResponse


class Problem(Exception):
    """Something that a caller must be told. `type` is for machines, `title` and `detail` for the person behind it."""

    # `type` is the standard's own name of the member
    def __init__(self, type: str, status: int, title: str, detail: str = "", **members: Any) -> None:  # noqa: A002
        super().__init__(f"{type}: {detail or title}")
        self.type = type
        self.status = status
        self.title = title
        self.detail = detail
        self.members = members


def problem_response(problem: Problem) -> HttpResponse:
    body = {"type": problem.type, "title": problem.title, "status": problem.status}
    if problem.detail:
        body["detail"] = problem.detail
    response = HttpResponse(
        msgspec.json.encode(body | problem.members), status=problem.status, content_type="application/problem+json"
    )
    if problem.status == 503:
        response.headers["Retry-After"] = "1"
    return response
