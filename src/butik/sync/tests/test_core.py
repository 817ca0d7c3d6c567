from dataclasses import dataclass
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butik.sync.core import (
    Cursor,
    Effect,
    FeedAnswer,
    PushAnswer,
    Reader,
    Receiver,
    Sender,
    answer_push,
    begin_pull,
    begin_push,
    position_covered,
    take_feed,
    take_push,
    take_push_answer,
    where_to_read,
)

OUTBOX, OTHER, EPOCH, NEXT_EPOCH, MARK = (UUID(int=n) for n in range(1, 6))


@dataclass(frozen=True)
class Item:
    seq: int
    uid: UUID


def item(seq: int, history: int = 0) -> Item:
    return Item(seq, UUID(int=1000 * (history + 1) + seq))


def answer(acked: int, *, exchange: int = 7, epoch: UUID = EPOCH, history: int = 0) -> PushAnswer:
    return PushAnswer(exchange, epoch, OUTBOX, acked, item(acked, history).uid if acked else None)


def take(sender: Sender, answer: PushAnswer, own: UUID | None) -> tuple[Sender, tuple[Effect, ...]]:
    return take_push_answer(begin_push(sender, 7), answer, own_uid=own, new_outbox=OTHER)


def test_it_moves_on_when_the_chain_has_the_item() -> None:
    sender, effects = take(Sender(OUTBOX), answer(3), item(3).uid)
    assert (sender.acked, sender.chain_epoch, effects) == (3, EPOCH, ())
    assert sender.exchange == 0


def test_it_stays_where_it_is_when_the_chain_has_nothing_new() -> None:
    sender, effects = take(Sender(OUTBOX, 3, EPOCH), answer(3), item(3).uid)
    assert (sender, effects) == (Sender(OUTBOX, 3, EPOCH), ())


def test_it_does_not_hear_an_answer_about_an_earlier_outbox() -> None:
    sender = begin_push(Sender(OTHER, acked=5), 7)
    assert take_push_answer(sender, answer(2), own_uid=item(2).uid, new_outbox=MARK) == (sender, ())


def test_it_takes_an_answer_once() -> None:
    sender, _ = take(Sender(OUTBOX), answer(3), item(3).uid)
    assert take_push_answer(sender, answer(1), own_uid=item(1).uid, new_outbox=OTHER) == (sender, ())


def test_it_does_not_hear_an_answer_to_an_earlier_exchange() -> None:
    sender = begin_push(Sender(OUTBOX, acked=5), 7)
    assert take_push_answer(sender, answer(2, exchange=6), own_uid=item(2).uid, new_outbox=OTHER) == (sender, ())


def test_it_sends_again_what_a_restored_chain_has_lost() -> None:
    sender, effects = take(Sender(OUTBOX, 9, EPOCH), answer(4, epoch=NEXT_EPOCH), item(4).uid)
    assert (sender.acked, sender.chain_epoch, effects) == (4, NEXT_EPOCH, (Effect.SEND_AGAIN,))


def test_it_notices_a_chain_that_went_back_without_saying_so() -> None:
    sender, effects = take(Sender(OUTBOX, 9, EPOCH), answer(0), None)
    assert (sender.acked, effects) == (0, (Effect.SEND_AGAIN,))


def test_it_renews_its_outbox_when_the_chain_has_more_than_was_ever_sent() -> None:
    sender, effects = take(Sender(OUTBOX, 5), answer(80), None)
    assert (sender, effects) == (Sender(OTHER, 0, EPOCH), (Effect.RENEW_OUTBOX,))


def test_it_renews_its_outbox_when_the_chain_has_another_item_of_that_number() -> None:
    sender, effects = take(Sender(OUTBOX, 5), answer(8, history=1), item(8).uid)
    assert (sender.outbox, effects) == (OTHER, (Effect.RENEW_OUTBOX,))


def test_it_applies_nothing_behind_a_gap() -> None:
    receiver, fresh = take_push(Receiver(OUTBOX, 2, item(2).uid), [item(4)], follows=item(3).uid)
    assert (receiver.applied, fresh) == (2, [])


def test_it_does_not_weave_two_histories_into_one() -> None:
    receiver, fresh = take_push(Receiver(OUTBOX, 2, item(2, 1).uid), [item(3)], follows=item(2).uid)
    assert (receiver.applied, receiver.uid, fresh) == (2, item(2, 1).uid, [])


def test_it_answers_with_what_it_has_of_this_outbox() -> None:
    assert answer_push(Receiver(OUTBOX), exchange=7, epoch=EPOCH) == answer(0)
    receiver, _ = take_push(Receiver(OUTBOX), [item(1), item(2)], follows=None)
    assert answer_push(receiver, exchange=7, epoch=EPOCH) == answer(2)


def test_it_takes_what_is_new_behind_what_it_has() -> None:
    receiver, fresh = take_push(Receiver(OUTBOX, 2, item(2).uid), [item(1), item(2), item(3)], follows=None)
    assert (receiver, fresh) == (Receiver(OUTBOX, 3, item(3).uid), [item(3)])


def test_it_takes_nothing_that_follows_another_item_of_the_same_number() -> None:
    receiver = Receiver(OUTBOX, 2, item(2).uid)
    assert take_push(receiver, [item(2, 1), item(3, 1), item(4, 1)], follows=item(1).uid) == (receiver, [])


@given(st.lists(st.tuples(st.integers(0, 20), st.permutations(range(1, 8)), st.integers(0, 7)), max_size=30))
def test_it_applies_each_item_once_and_in_order_however_batches_come(
    batches: list[tuple[int, list[int], int]],
) -> None:
    """RT-07: doubled, split, permuted and overlapping batches lead to the same end."""
    receiver, applied = Receiver(OUTBOX), []
    for first, order, count in batches:
        push = [item(first + n) for n in order[:count]]
        follows = item(push[0].seq - 1).uid if push and push[0].seq > 1 else None
        receiver, fresh = take_push(receiver, push, follows=follows)
        applied += fresh
    receiver, fresh = take_push(receiver, [item(n) for n in range(1, 31)], follows=None)
    assert [each.seq for each in applied + fresh] == list(range(1, 31))
    assert (receiver.applied, receiver.uid) == (30, item(30).uid)


def page(after: int, position: int, head: int, epoch: UUID = EPOCH, exchange: int = 7) -> FeedAnswer:
    return FeedAnswer(exchange, epoch, after, position, head, MARK)


def test_it_reads_on_to_the_head_and_makes_prices_only_there() -> None:
    reader, effects = take_feed(begin_pull(Reader(), 7), page(0, 5, 8))
    assert (reader, effects) == (Reader(EPOCH, 5, 8, MARK), (Effect.APPLY,))
    reader, effects = take_feed(begin_pull(reader, 7), page(5, 8, 8))
    assert (reader, effects) == (Reader(EPOCH, 8, 8, MARK), (Effect.APPLY, Effect.AT_HEAD))


def test_it_is_at_the_head_when_it_has_more_than_the_chain_had_when_asked() -> None:
    _, effects = take_feed(begin_pull(Reader(), 7), page(0, 9, 8))
    assert effects == (Effect.APPLY, Effect.AT_HEAD)


def test_it_leaves_an_answer_that_does_not_go_on_where_it_stands() -> None:
    reader = begin_pull(Reader(EPOCH, 5, 8), 7)
    assert take_feed(reader, page(3, 8, 8)) == (reader, ())
    assert take_feed(reader, page(5, 8, 8, exchange=6)) == (reader, ())


@pytest.mark.parametrize("epoch", [EPOCH, NEXT_EPOCH], ids=["silently", "told"])
def test_it_reads_a_restored_chain_from_the_start_and_sweeps_at_its_head(epoch: UUID) -> None:
    reader, effects = take_feed(begin_pull(Reader(EPOCH, 9, 9, MARK), 7), page(0, 3, 6, epoch))
    assert (reader.sweeping, effects) == (True, (Effect.FORGET_SEEN, Effect.APPLY))
    reader, effects = take_feed(begin_pull(reader, 7), page(3, 6, 6, epoch))
    assert (reader.sweeping, effects) == (False, (Effect.APPLY, Effect.SWEEP, Effect.AT_HEAD))


def test_it_goes_on_sweeping_when_the_reading_begins_once_more() -> None:
    reader, effects = take_feed(begin_pull(Reader(EPOCH, 3, 6, MARK, sweeping=True), 7), page(0, 2, 6, NEXT_EPOCH))
    assert (reader, effects) == (Reader(NEXT_EPOCH, 2, 6, MARK, sweeping=True), (Effect.FORGET_SEEN, Effect.APPLY))


def test_it_sweeps_though_it_had_come_no_further_than_the_first_entry() -> None:
    _, effects = take_feed(begin_pull(Reader(EPOCH, 1, 6, MARK), 7), page(0, 6, 6, NEXT_EPOCH))
    assert effects == (Effect.FORGET_SEEN, Effect.APPLY, Effect.SWEEP, Effect.AT_HEAD)


def test_it_goes_on_only_for_a_reader_of_this_very_history() -> None:
    def start(asked: UUID | None, mark: UUID | None) -> int:
        return where_to_read(Cursor(asked, 4, 9, mark), epoch=EPOCH, mark=MARK)

    assert [start(EPOCH, MARK), start(EPOCH, OTHER), start(NEXT_EPOCH, MARK), start(None, None)] == [4, 0, 0, 0]


def test_it_covers_the_head_only_when_there_is_no_more_to_come() -> None:
    assert position_covered(after=0, positions=[1, 2], limit=2, head=9) == 2
    assert position_covered(after=0, positions=[1, 2], limit=3, head=9) == 9
    assert position_covered(after=3, positions=[], limit=3, head=9) == 9
    assert position_covered(after=3, positions=[10], limit=3, head=9) == 10  # committed since the head was read
