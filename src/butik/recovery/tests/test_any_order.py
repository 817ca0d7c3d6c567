"""However records are cut into pages, doubled or mixed, the books are the same."""

from collections.abc import Sequence

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.till import MILK, open_shop

from butik.lib.ids import new_id
from butik.lib.signing import SigningKey
from butik.organisation.pairing import pairing_of
from butik.organisation.tenancy import tenant_scope
from butik.recovery import actions
from butik.recovery.booking import prepare_page
from butik.recovery.models import Recovery
from butik.recovery.tests.books import books_of
from butik.recovery.tests.conftest import now, pair
from butik.recovery.tests.fake_cloud import FakeCloud, cloud_of_shop
from butik.recovery.wire import RecordDown, RecordPage


class _UndoneError(Exception):
    pass


def _documents(fake: FakeCloud) -> list[str]:
    """Two devices' series, one with an odd price, and the rest of a normal series."""
    one = fake.assign(SigningKey.generate(), new_id(), 3, "E1")
    two = fake.assign(SigningKey.generate(), new_id(), 3, "E2")
    rest = fake.assign(SigningKey.generate(), new_id(), 3, "N7")
    rest.counter, rest.prev = 11, "b" * 64
    number, text, price = MILK
    made = [one.opening(), *(one.sale() for _ in range(4)), one.sale((number, text, price + 5)), one.closing()]
    made += [two.opening(), two.sale(), two.sale(), two.event("PIN_BLOCKED"), two.closing()]
    return [*made, rest.sale(), rest.sale()]


def test_the_same_books(db: None) -> None:
    """One shop and one set of records; each way of bringing them is undone, so that the next begins anew."""
    shop = open_shop(now=now())
    fake = cloud_of_shop(shop)
    fake.port = 9
    pair(shop, fake)
    pairing = pairing_of(shop.store.chain)
    assert pairing is not None
    documents, came = _documents(fake), now()

    def books(order: Sequence[int], cuts: Sequence[int], doubled: Sequence[int]) -> dict[str, list[object]]:
        listed = [documents[place] for place in order]
        taken: dict[str, list[object]] = {}
        try:
            with tenant_scope([shop.store.organisation_id]), transaction.atomic():
                recovery = Recovery.objects.create(
                    organisation_id=shop.store.organisation_id,
                    chain=shop.chain,
                    store=shop.store,
                    emergency_id=new_id(),
                    emergency_number=1,
                    claimed_at=came,
                    expires_at=came,
                )
                ends = sorted({*cuts, len(listed)})
                pages = [(after, ends[n]) for n, after in enumerate([0, *ends[:-1]]) if after < ends[n]]
                for n in [*range(len(pages)), *(each % len(pages) for each in doubled)]:
                    after, end = pages[n]
                    records = [
                        RecordDown(position, came, document)
                        for position, document in enumerate(listed[after:end], after + 1)
                    ]
                    page = RecordPage(records, fake.assignments, end, len(listed))
                    prepared = prepare_page(page, after=after, store=shop.store, pairing=pairing, known={})
                    recovery = actions.take_page(recovery=recovery, store=shop.store, prepared=prepared, now=came)
                    for early in doubled:  # an older page again in between
                        if early < n:
                            first, last = pages[early]
                            again = [RecordDown(first + 1 + m, came, each) for m, each in enumerate(listed[first:last])]
                            stale = prepare_page(
                                RecordPage(again, fake.assignments, last, len(listed)),
                                after=first, store=shop.store, pairing=pairing,
                                known={},
                            )  # fmt: skip
                            actions.take_page(recovery=recovery, store=shop.store, prepared=stale, now=came)
                taken.update(books_of(shop))  # type: ignore[arg-type]
                raise _UndoneError
        except _UndoneError:
            return taken

    straight = books(range(len(documents)), [], [])
    assert len(straight["Sale"]) == 9

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.permutations(range(len(documents))),
        st.lists(st.integers(1, len(documents) - 1), max_size=6),
        st.lists(st.integers(0, 5), max_size=3),
    )
    def same(order: Sequence[int], cuts: Sequence[int], doubled: Sequence[int]) -> None:
        assert books(order, cuts, doubled) == straight

    same()
