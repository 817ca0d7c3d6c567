"""Columns as arrays of PostgreSQL: of all ways in, the one that it unfolds with the least work (decision 0006)."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from django.apps import apps
from django.db import connection


def as_array(values: Sequence[Any]) -> str:
    """The text of an array. A list in JSON is written the same but for its brackets, unless characters are escaped."""
    packed = msgspec.json.encode(values).decode()
    if "\\" in packed:
        return "{" + ",".join(_element(each) for each in values) + "}"
    return "{" + packed[1:-1] + "}"


def _element(value: Any) -> str:
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return msgspec.json.encode(value).decode()


@cache
def column_types(table: str) -> Mapping[str, str]:
    """Type of each column, without its length: a cast would cut off what is too long, where the table refuses it."""
    model = next(each for each in apps.get_models() if each._meta.db_table == table)
    types = {str(field.column): field.db_type(connection) or "" for field in model._meta.concrete_fields}
    return {column: kind.partition("(")[0] for column, kind in types.items()}
