"""Columns as arrays: PostgreSQL reads back what was meant."""

from typing import Any
from uuid import UUID

import pytest

from butik.sales.arrays import as_array, column_types
from butik.sales.pipeline import ask, fetch


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ([], "{}"),
        ([1, None, -3], "{1,null,-3}"),
        (["æble", "null", ""], '{"æble","null",""}'),
        (['a"b', None, 7, "c\\d", "e\nf"], '{"a\\"b",null,7,"c\\\\d","e\nf"}'),
        ([UUID(int=1)], '{"00000000-0000-0000-0000-000000000001"}'),
    ],
)
def test_an_array_is_written_as_postgresql_reads_it(values: list[Any], written: str) -> None:
    assert as_array(values) == written


@pytest.mark.django_db
@pytest.mark.postgres
def test_postgresql_reads_every_text_as_it_was() -> None:
    texts = [
        "",
        "null",
        "NULL",
        " a, {b} ",
        'quoted "',
        "back\\slash",
        "tab\tline\nbell\x07\x7f\x85",
        "\\u0041",
        "Æ😀",
        None,
    ]
    assert fetch(ask("SELECT unnest(%s::text[])", [as_array(texts)])) == [(each,) for each in texts]


@pytest.mark.django_db
def test_types_come_without_a_length() -> None:
    assert not [each for each in column_types("sales_sale").values() if "(" in each or not each]
