"""Long lists by keyset: the ten thousandth row is as fast as the first, and its address can be sent to a colleague."""

import json
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models import Q
from django.http import HttpRequest

from butik.lib.bounds import MAX_SMALL_BODY
from butik.lib.outside import read_as
from butik.lib.signing import BadDocument, decode, encode

Row = TypeVar("Row", bound=models.Model)
SIZE = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    rows: list[Row]
    older_address: str = ""
    newest_address: str = ""

    def __len__(self) -> int:
        return len(self.rows)


def newest_first(request: HttpRequest, rows: "models.QuerySet[Row]", *by: str, size: int = SIZE) -> Page[Row]:
    """The page of `rows` that the address asks for. The fields `by` are an order together: the last one is unique."""
    ordered = rows.order_by(*(f"-{name}" for name in by))
    place = _read_place(rows.model, by, request.GET.get("before", ""))
    if place is not None:
        ordered = ordered.filter(_older_than(by, place))
    found = list(ordered[: size + 1])
    older = _address(request, _place(found[size - 1], by)) if len(found) > size else ""
    return Page(found[:size], older, _address(request, "") if place is not None else "")


def _older_than(by: tuple[str, ...], place: list[Any]) -> Q:
    older = Q()
    for depth, name in enumerate(by):
        same = Q(**dict(zip(by[:depth], place[:depth], strict=True)))
        older |= same & Q(**{f"{name}__lt": place[depth]})
    # said besides, because a database uses its index for this and not for the alternatives above
    return Q(**{f"{by[0]}__lte": place[0]}) & older


def _place(row: models.Model, by: tuple[str, ...]) -> str:
    values = [_column(type(row), name).value_to_string(row) for name in by]
    return encode(json.dumps(values).encode())


def _read_place(model: type[models.Model], by: tuple[str, ...], text: str) -> list[Any] | None:
    """Undo `_place`; None for the first page, which also answers an address that was broken on its way."""
    if not text:
        return None
    try:
        values = read_as(decode(text), list[Any], limit=MAX_SMALL_BODY)
        return [_column(model, name).to_python(value) for name, value in zip(by, values, strict=True)]
    except (BadDocument, FieldDoesNotExist, TypeError, UnicodeError, ValidationError, ValueError):
        return None


def _column(model: type[models.Model], name: str) -> "models.Field[Any, Any]":
    field = model._meta.get_field(name)
    assert isinstance(field, models.Field)  # noqa: S101 - lists are ordered by columns of their own
    return field


def _address(request: HttpRequest, before: str) -> str:
    query = request.GET.copy()
    query.pop("before", None)
    if before:
        query["before"] = before
    return f"{request.path}?{query.urlencode()}"
