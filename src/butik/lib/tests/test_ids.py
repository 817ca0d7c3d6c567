"""Identity made at the edge."""

import time
import uuid

from butik.lib.ids import new_hex_ids, new_id


def test_an_id_is_a_uuid_of_version_7_and_of_now() -> None:
    before = time.time_ns() // 1_000_000
    made = new_id()
    after = time.time_ns() // 1_000_000
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert before <= made.int >> 80 <= after


def test_no_two_are_the_same() -> None:
    assert len({new_id() for _ in range(10_000)}) == 10_000


def test_many_at_once_are_as_good_as_single_ones() -> None:
    many = [uuid.UUID(each) for each in new_hex_ids(1000)]
    assert len(set(many)) == 1000
    assert {each.version for each in many} == {7}
    assert {each.variant for each in many} == {uuid.RFC_4122}
