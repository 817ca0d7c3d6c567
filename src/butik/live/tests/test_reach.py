"""Who is told what."""

import pytest

from butik.lib.ids import new_id
from butik.live.reach import Event, Place, Reach, merge

ORGANISATION, FOREIGN, CHAIN, OTHER_CHAIN, STORE, OTHER_STORE = (new_id() for _ in range(6))


def event(**changes: object) -> Event:
    values = {"id": 1, "organisation": ORGANISATION, "chain": CHAIN, "store": STORE, "topic": "sales", "ref": ""}
    return Event(**(values | changes))  # type: ignore[arg-type]


ALL = [
    event(),
    event(store=OTHER_STORE),
    event(store=None),
    event(chain=OTHER_CHAIN, store=None),
    event(chain=None, store=None),
    event(organisation=FOREIGN),
]


@pytest.mark.parametrize(
    ("place", "heard"),
    [
        (Place(ORGANISATION), ALL[:5]),
        (Place(ORGANISATION, CHAIN), ALL[:3]),
        (Place(ORGANISATION, CHAIN, STORE), [ALL[0], ALL[2]]),
        (Place(FOREIGN), ALL[5:]),
    ],
)
def test_a_membership_hears_of_what_it_reaches(place: Place, heard: list[Event]) -> None:
    assert [each for each in ALL if Reach(frozenset({place})).covers(each)] == heard


def test_several_memberships_hear_of_all_that_any_of_them_reaches() -> None:
    reach = Reach(frozenset({Place(ORGANISATION, CHAIN, STORE), Place(FOREIGN)}))
    assert [each for each in ALL if reach.covers(each)] == [ALL[0], ALL[2], ALL[5]]
    assert reach.organisations == {ORGANISATION, FOREIGN}


def test_nobody_without_a_membership_hears_anything() -> None:
    assert not any(Reach(frozenset()).covers(each) for each in ALL)


def test_a_device_hears_of_others_only_what_concerns_all() -> None:
    reach = Reach(
        frozenset({Place(ORGANISATION, CHAIN, STORE)}),
        own_topics=frozenset({"revoked"}),
        own_refs=frozenset({"me"}),
        shared=False,
    )
    assert reach.covers(event(topic="revoked", ref="me"))
    assert reach.covers(event(topic="revoked"))
    assert not reach.covers(event(topic="revoked", ref="another"))
    assert reach.covers(event(topic="prices", ref="another"))
    assert not reach.covers(event(topic="prices", store=None))


def test_of_events_that_say_the_same_the_newest_is_left() -> None:
    events = [event(id=1), event(id=2, topic="prices"), event(id=3), event(id=4, store=OTHER_STORE)]
    assert [each.id for each in merge(events)] == [2, 3, 4]
