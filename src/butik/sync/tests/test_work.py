"""The store's two jobs against a line that does as it is told."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from tests.support.till import Shop

from butik.changes.models import OutboxItem
from butik.lib.signing import SigningKey
from butik.organisation.installation import forget_installation, this_installation
from butik.organisation.keys import issue_certificate, service_key
from butik.organisation.models import Installation
from butik.organisation.tenancy import tenant_scope
from butik.pricing.models import PriceFile
from butik.sync import uplink as db
from butik.sync.certificate import RENEW_BEFORE, renew_in_time
from butik.sync.core import Cursor
from butik.sync.joining import CannotJoin, join_chain
from butik.sync.line import Line, LineTrouble
from butik.sync.tests.conftest import now
from butik.sync.tests.test_uplink import EPOCH, article, page, put
from butik.sync.wire import FeedPage, Push, Pushed
from butik.sync.work import Link, Pauses, open_link

pytestmark = pytest.mark.django_db


@dataclass
class ObedientLine:
    """Acknowledges everything, unless `trouble` is set."""

    trouble: Exception | None = None
    pushes: list[Push] = field(default_factory=list)
    page: FeedPage = field(default_factory=page)
    make_certificate: Callable[[], str] = str

    def push(self, push: Push) -> Pushed:
        if self.trouble:
            raise self.trouble
        self.pushes.append(push)
        last = push.items[-1] if push.items else None
        uid, acked = (last.uid, last.seq) if last else (push.follows, db.read_uplink().acked)
        return Pushed(EPOCH, push.outbox, acked, uid, 1, now().timestamp())

    def pull(self, cursor: Cursor) -> FeedPage:
        if self.trouble:
            raise self.trouble
        return self.page

    def certificate(self) -> str:
        return self.make_certificate()


@pytest.fixture
def line() -> ObedientLine:
    return ObedientLine()


@pytest.fixture
def link(shop: Shop, line: ObedientLine) -> Link:
    given: Any = line
    return Link(shop.store, given)


def without_pause(link: Link) -> None:
    link.send_pauses.until = link.read_pauses.until = float("-inf")


def test_it_sends_all_there_is_with_a_status(shop: Shop, link: Link, line: ObedientLine) -> None:
    put(shop, *["{}"] * 3)
    link.send()
    assert not db.has_unsent(shop.store.organisation_id)
    assert bytes(line.pushes[0].status) != b"null"
    assert {"at", "version", "devices", "price_file", "unsent"} <= msgspec.json.decode(line.pushes[0].status).keys()
    assert msgspec.json.decode(line.pushes[0].status)["unsent"] == 0  # all there is goes with it
    assert db.read_uplink().contact_at is not None


def test_it_tells_of_a_new_device_at_once(shop: Shop, link: Link, line: ObedientLine) -> None:
    link.send()
    put(shop, "{}")
    link.send()
    assert bytes(line.pushes[-1].status) == b"null"
    put(shop, "{}", kind="device")
    link.send()
    assert bytes(line.pushes[-1].status) != b"null"


def test_it_is_quiet_between_two_heartbeats(shop: Shop, link: Link, line: ObedientLine) -> None:
    link.send()
    calls = len(line.pushes)
    link.send()
    assert len(line.pushes) == calls
    put(shop, "{}")
    link.send()
    assert len(line.pushes) == calls + 1


def test_it_tells_of_trouble_once_and_when_it_is_over(
    shop: Shop, link: Link, line: ObedientLine, caplog: pytest.LogCaptureFixture
) -> None:
    line.trouble = LineTrouble("The chain was not reached: ConnectError")
    with caplog.at_level(logging.INFO, "butik.sync"):
        for _ in range(5):
            link.send()
            without_pause(link)
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        assert db.read_uplink().trouble == "The chain was not reached: ConnectError"
        line.trouble = LineTrouble("The chain answered: unknown store", "unknown-store")
        link.send()
        assert len(caplog.records) == 2
        line.trouble = None
        without_pause(link)
        link.send()
    assert (caplog.records[-1].levelname, db.read_uplink().trouble) == ("INFO", "")


def test_it_waits_after_trouble(shop: Shop, link: Link, line: ObedientLine) -> None:
    put(shop, "{}")
    line.trouble = LineTrouble("gone")
    link.send()
    line.trouble = None
    assert link.send_pauses.lasts
    link.send()
    assert line.pushes == []


def test_pauses_grow_and_end() -> None:
    pauses = Pauses()
    for _ in range(30):
        pauses.grow()
    assert pauses.failures == 9
    pauses.end()
    assert not pauses.lasts


def test_it_reads_when_there_is_news_and_makes_the_price_file_at_the_head(
    shop: Shop, link: Link, line: ObedientLine
) -> None:
    line.page = page(article(1, "A", 100))
    link.read()
    with tenant_scope([shop.store.organisation_id]):
        assert PriceFile.objects.get().position == 1
    line.page = page(article(2, "B", 100), after=1)
    link.read()
    assert db.read_uplink().position == 1  # not due, and nobody said that there is news
    link.has_news = True
    link.read()
    assert db.read_uplink().position == 2


def test_it_makes_no_price_file_when_the_head_has_moved_for_others(shop: Shop, link: Link, line: ObedientLine) -> None:
    line.page = page(article(1, "A", 100))
    link.read()
    line.page, link.has_news = page(after=1, position=9, head=9), True
    link.read()
    assert db.read_uplink().position == 9
    with tenant_scope([shop.store.organisation_id]):
        assert PriceFile.objects.get().position == 1


def test_it_makes_no_price_file_of_half_an_import(shop: Shop, link: Link, line: ObedientLine) -> None:
    line.page = page(article(1, "A", 100), head=5)
    assert not link.read_once()
    with tenant_scope([shop.store.organisation_id]):
        assert not PriceFile.objects.exists()


def test_it_tries_again_what_could_not_be_applied_and_says_so_once(
    shop: Shop, link: Link, line: ObedientLine, caplog: pytest.LogCaptureFixture
) -> None:
    line.trouble = ValueError("no room")
    for _ in range(3):
        link.read()
        without_pause(link)
    assert len(caplog.records) == 1
    line.trouble, line.page = None, page(article(1, "A", 100))
    link.read()
    assert db.read_uplink().position == 1


def test_a_service_without_a_chain_has_no_link(shop: Shop) -> None:
    assert open_link() is None
    Installation.objects.update(chain_url="http://localhost:1")
    forget_installation()
    link = open_link()
    assert link is not None
    assert link is open_link()


def test_nobody_answers() -> None:
    line = Line("http://127.0.0.1:1", EPOCH, EPOCH, EPOCH, SigningKey.generate())
    with pytest.raises(LineTrouble, match="was not reached"):
        line.pull(Cursor())
    line.close()


def certify(shop: Shop, days: int) -> None:
    early = now() - timedelta(days=730 - days)
    Installation.objects.update(certificate=issue_certificate(store=shop.store, key=service_key().public, now=early))
    forget_installation()


def test_it_renews_a_certificate_in_time(shop: Shop, line: ObedientLine) -> None:
    given: Any = line
    line.make_certificate = lambda: issue_certificate(store=shop.store, key=service_key().public, now=now())
    certify(shop, RENEW_BEFORE.days + 2)
    assert not renew_in_time(line=given, now=now())
    certify(shop, RENEW_BEFORE.days - 2)
    before = this_installation().certificate
    assert renew_in_time(line=given, now=now())
    assert this_installation().certificate != before
    assert not renew_in_time(line=given, now=now())


@pytest.mark.parametrize("wrong", ["another's", "garbage"])
def test_it_keeps_its_certificate_when_the_new_one_does_not_hold(shop: Shop, line: ObedientLine, wrong: str) -> None:
    given: Any = line
    key = SigningKey.generate().public
    line.make_certificate = lambda: (
        issue_certificate(store=shop.store, key=key, now=now()) if wrong == "another's" else "a.b.c"
    )
    certify(shop, 10)
    before = this_installation().certificate
    with pytest.raises(LineTrouble):
        renew_in_time(line=given, now=now())
    assert this_installation().certificate == before


def test_joining_says_when_nobody_answers(db: None) -> None:
    with pytest.raises(CannotJoin, match="was not reached"):
        join_chain(chain_url="http://127.0.0.1:1", code="AAAA-AAAA", now=now())


def test_items_stay_after_they_were_acknowledged(shop: Shop, link: Link) -> None:
    put(shop, "{}")
    link.send()
    with tenant_scope([shop.store.organisation_id]):
        assert OutboxItem.objects.exists()
