"""A store whose chain is gone comes back from its backup; and no series is ever opened twice, however it came back."""

import hashlib
import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.core.management import CommandError, call_command
from tests.support.till import Shop, Till, enrol

from butik.articles.models import Article, ArticleVersion, Barcode
from butik.articles.rows import ArticleRow
from butik.lib.clock import to_wire
from butik.lib.ids import new_id
from butik.lib.signing import SigningKey, encode
from butik.organisation.installation import forget_installation, this_installation
from butik.organisation.models import Device, EnrolmentCode, Installation, Pos, Store
from butik.organisation.tenancy import tenant_scope
from butik.pricing.models import PriceFile as PublishedPrices
from butik.pricing.price_file import pack_prices
from butik.recovery.models import Recovery
from butik.recovery.tests.conftest import Home, now
from butik.recovery.tests.fake_cloud import KEY, FakeCloud, running_cloud
from butik.recovery.work import work_recoveries
from butik.sales.enrolment import learn_series, register_device
from butik.sales.models import QuarantinedRecord, Sale, SaleException, Series
from butik.snapshot.format import Article as SnapshotArticle
from butik.snapshot.format import Assistant, PriceFile, SeriesHead
from butik.snapshot.format import Barcode as SnapshotBarcode
from butik.snapshot.format import Device as SnapshotDevice
from butik.snapshot.format import Pos as SnapshotPos
from butik.snapshot.seal import seal
from butik.snapshot.write import Content, write_snapshot
from butik.staff.models import ShopAssistant
from butik.sync.store_bodies import describe_store, keep_tree

OLD, SOLD = 400, 412  # article versions: of the article now, and of the price file that was sold from
POS_3 = new_id()


class Gone:
    """A chain of which nothing is left but its root key, its pairing, and what the emergency cloud keeps."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.root = folder, SigningKey.generate()
        self.fake = FakeCloud(new_id(), new_id(), new_id(), self.root.public)
        self.fake.seal_for, self.fake.backup = self.sealed, {"id": str(new_id())}
        self.device_key, self.device = SigningKey.generate(), new_id()
        self.assistant, self.made_at = new_id(), to_wire(now())

    def sealed(self, recipient: str) -> bytes:
        plain, sealed = self.folder / f"{new_id()}", self.folder / f"{new_id()}.age"
        write_snapshot(plain, self.content())
        seal(plain, sealed, recipient)
        return sealed.read_bytes()

    def content(self) -> Content:
        fake, org = self.fake, str(self.fake.org)
        tree = {
            "organisation": {"id": org, "name": "Nordly"},
            "company": {"id": str(fake.org), "name": "Nordly ApS", "vat_number": "DK12345678"},
            "chain": {"id": str(fake.chain), "number": 1, "name": "Nordly", "currency": "DKK", "cash_rounding": 50},
            "store": {"id": str(fake.store), "number": 12, "name": "Nordly 12", "address": "Havnegade 1",
                      "timezone": "Europe/Copenhagen", "language": "da", "key_version": 1},
        }  # fmt: skip
        row = ArticleRow("MINIMÆLK 1L", "", "Mejeri", "PCS", 1295, 2500, None, "", False, (("5701234567899", 1000),))  # noqa: FBT003
        packed = pack_prices({"1001": (row, SOLD)})
        enrolment = {"series": {"label": "N2"}, "issued_at": to_wire(now())}
        article = SnapshotArticle(
            "1001", "MINIMÆLK 1L", "", "Mejeri", "PCS", 1395, 2500, None, "", blocked=False, version=OLD + 100
        )
        return Content(
            meta={
                "format": "butik-snapshot/1", "org": org, "chain": str(fake.chain), "store": str(fake.store),
                "made_at": self.made_at, "position": "4711", "app": "0.1.0", "tree": json.dumps(tree),
            },
            articles=[article],
            barcodes=[SnapshotBarcode("5701234567899", "1001", 1000)],
            price_file=PriceFile(7, 4711, hashlib.sha256(packed.content).hexdigest(), "a.b.c", packed.content),
            assistants=[Assistant(str(self.assistant), "101", "Maja", "OPERATOR", '{"alg":"PBKDF2-SHA256"}', 3)],
            poss=[SnapshotPos(str(POS_3), 3, "Till 3")],
            devices=[SnapshotDevice(str(self.device), 3, "Tablet", encode(self.device_key.public), self.device_key.kid,
                                    "ACTIVE", f"e.{encode(msgspec.json.encode(enrolment))}.s")],
            series=[SeriesHead(str(new_id()), 3, str(self.device), "N1", 7, "ab" * 32, 7, 45000)],
        )  # fmt: skip

    def papers(self, key: str, version: int = 2) -> Path:
        secret, pairing, papers = (self.folder / name for name in ("root.key", "pairing", "papers"))
        secret.write_text(encode(self.root.private.private_bytes_raw()))
        pairing.write_text(self.fake.pairing(self.root))
        out = StringIO()
        call_command("certify_store", "--root-file", str(secret), "--pairing", str(pairing), "--store",
                     str(self.fake.store), f"--key={key}", "--key-version", str(version), stdout=out)  # fmt: skip
        papers.write_text(out.getvalue())
        return papers


@pytest.fixture
def gone(db: None, tmp_path: Path) -> Iterator[Gone]:
    chain = Gone(tmp_path)
    with running_cloud(chain.fake):
        yield chain


def rebuild(gone: Gone, **changes: str) -> str:
    out = StringIO()
    call_command("rebuild_store", stdout=out)
    papers = gone.papers(out.getvalue().strip())
    named = {"--root": gone.root.kid, "--key": KEY, "--papers": str(papers)} | changes
    call_command("rebuild_store", *(f"{name}={value}" for name, value in named.items()), stdout=out)
    return out.getvalue()


def rows(gone: Gone, model: Any, **lookup: Any) -> list[Any]:
    with tenant_scope([gone.fake.org]):
        return list(model.objects.filter(organisation_id=gone.fake.org, **lookup))


def test_all_is_there_again(gone: Gone) -> None:
    assert "is store 12 Nordly 12 again" in rebuild(gone)
    assert this_installation().store_id == gone.fake.store
    (article,) = rows(gone, Article)
    assert (article.number, article.price, article.version) == ("1001", 1395, OLD + 100)
    assert [code.code for code in rows(gone, Barcode)] == ["5701234567899"]
    (assistant,) = rows(gone, ShopAssistant)
    assert (assistant.pk, assistant.number, assistant.pin, assistant.pin_version) == (
        gone.assistant, "101", {"alg": "PBKDF2-SHA256"}, 3,
    )  # fmt: skip
    (pos,) = rows(gone, Pos)
    assert (pos.pk, pos.number, pos.latest_series) == (POS_3, 3, 2)
    (device,) = rows(gone, Device)
    assert (device.pk, device.state) == (gone.device, "UNPAIRED")
    assert len(rows(gone, PublishedPrices)) == 1
    assert {each.version for each in rows(gone, ArticleVersion)} == {OLD + 100, SOLD}
    (recovery,) = rows(gone, Recovery)
    assert recovery.state == "CLAIMED"


def test_again_changes_nothing(gone: Gone) -> None:
    rebuild(gone)
    before = [rows(gone, model) for model in (Article, Barcode, ShopAssistant, Pos, Device, ArticleVersion, Recovery)]
    rebuild(gone)
    after = [rows(gone, model) for model in (Article, Barcode, ShopAssistant, Pos, Device, ArticleVersion, Recovery)]
    assert before == after


def test_its_emergency_sales_come_home_at_the_prices_they_were_sold_at(gone: Gone) -> None:
    rebuild(gone)
    till = gone.fake.assign(gone.device_key, gone.device, 3)
    gone.fake.receive(till.opening(), till.sale())
    work_recoveries([gone.fake.org])
    assert len(rows(gone, Sale)) == 1
    assert rows(gone, SaleException) == rows(gone, QuarantinedRecord) == []


def test_the_last_sales_of_a_device_that_never_entered(gone: Gone) -> None:
    """Nobody assigned it a place; the backup knows its key."""
    rebuild(gone)
    till = Till(gone.device_key, gone.fake.org, gone.fake.store, 3, gone.device, new_id(), "N2", now=now(), counter=7)
    till.prev = "ab" * 32
    gone.fake.receive(till.sale())
    work_recoveries([gone.fake.org])
    assert [sale.label for sale in rows(gone, Sale)] == ["N2"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"--root": "A" * 22}, "not the one that was named"),
        ({"--key": "ZZZZ-9999"}, "is wrong"),
        ({"--papers": "/nowhere"}, "No such file"),
    ],
)
def test_what_does_not_hold_leaves_nothing(gone: Gone, changes: dict[str, str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        rebuild(gone, **changes)
    assert rows(gone, Store) == []


def test_another_stores_backup_is_refused(gone: Gone) -> None:
    honest = gone.fake.store
    build = gone.content

    def foreign() -> Content:
        gone.fake.store = new_id()
        try:
            return build()
        finally:
            gone.fake.store = honest

    gone.content = foreign  # type: ignore[method-assign]
    with pytest.raises(CommandError, match="another store's"):
        rebuild(gone)
    assert rows(gone, Store) == []


# --- a label is never used twice ---


def label_of_next(shop: Shop) -> str:
    """What an enrolment at the store's POS opens now."""

    def call(path: str, body: dict[str, Any]) -> dict[str, Any]:
        from django.test import Client

        told: dict[str, Any] = Client().post(path, msgspec.json.encode(body), content_type="application/json").json()
        return told

    return enrol(shop, call, now=now()).label


def test_learned_from_the_backup(gone: Gone) -> None:
    rebuild(gone)
    (pos,), (store,) = rows(gone, Pos), rows(gone, Store)
    with tenant_scope([gone.fake.org]):
        store = Store.objects.select_related("chain").get(pk=store.pk)
    assert label_of_next(Shop(store.chain, store, pos)) == "N3"
    assert label_of_next(Shop(store.chain, store, pos)) == "N4"


def test_learned_from_the_chain(shop: Shop) -> None:
    """The chain knows N1 by its device's enrolment alone: not a record of it has come."""
    assert label_of_next(shop) == "N1"
    with tenant_scope([shop.store.organisation_id]):
        device = Device.objects.get(organisation_id=shop.store.organisation_id)
        shop.store.refresh_from_db()
        register_device(
            store=shop.store, enrolment=device.enrolment, key=encode(bytes(device.key)), state="ACTIVE", now=now()
        )
        told = describe_store(shop.store)
        assert [pos.series for pos in told.poss] == [1]
        # a fresh data folder: no series, no devices, the POS as the chain tells of it
        for model in (Series, Device, EnrolmentCode, Pos):
            model.objects.filter(organisation_id=shop.store.organisation_id).delete()
        keep_tree(told, root_key=bytes(shop.chain.root_key or b""))
        pos = Pos.objects.get(organisation_id=shop.store.organisation_id)
        assert pos.pk == shop.pos.pk
    assert label_of_next(Shop(shop.chain, shop.store, pos)) == "N2"


def test_learned_from_the_emergency(home: Home) -> None:
    home.fake.series = {str(home.shop.pos.number): 4}
    home.claim()
    assert label_of_next(home.shop) == "N5"


def test_learned_from_what_comes_down(home: Home) -> None:
    rest = home.fake.assign(SigningKey.generate(), new_id(), home.shop.pos.number, "N6")
    rest.counter, rest.prev = 11, "b" * 64
    home.fake.receive(rest.sale())
    home.fetch(home.claim())
    assert label_of_next(home.shop) == "N7"


def test_what_is_known_never_goes_back(shop: Shop) -> None:
    with tenant_scope([shop.store.organisation_id]):
        learn_series(shop.pos, 5)
        learn_series(shop.pos, 2)
    assert label_of_next(shop) == "N6"


@pytest.fixture(autouse=True)
def _nobody_is_installed(db: None) -> Iterator[None]:
    yield
    Installation.objects.all().delete()
    forget_installation()
