"""The whole way of a backup: uploaded, proven in the real jail, kept for an emergency, and told in the next answer."""

from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from butik.articles.models import ArticleVersion
from butik.lib.clock import now
from butik.live.models import LiveEvent
from butik.organisation.keys import emergency_root
from butik.organisation.models import Device, Pos
from butik.organisation.tenancy import tenant_scope
from butik.snapshot.manifest import read_proven
from butik.vault.actions import staff_of
from butik.vault.examine import examine
from butik.vault.models import StoredPrices
from butik.vault.storage import object_path
from butik.vault.tests.depot import POSITION, Depot, make_article, make_content, midday, price_file_of
from butik.vault.work import prove_backups


def test_a_backup_is_received_and_proven_and_the_next_answer_says_so(depot: Depot) -> None:
    first = depot.backup()
    answer = depot.post(first)
    assert answer.status_code == 200, answer.content
    said = msgspec.json.decode(answer.content)
    assert (said["outcome"], said["proof"]) == ("RECEIVED", None)
    prove_backups([depot.org])
    stored = depot.stored(first)
    assert (stored.state, stored.refusal) == ("PROVEN", "")
    assert object_path(stored.object).read_bytes() == first.body
    again = msgspec.json.decode(depot.post(first).content)
    assert (again["outcome"], again["proof"]) == ("KNOWN", stored.proof)
    proven = read_proven(stored.proof, emergency_root(depot.chain).public)
    assert (proven.backup, proven.sha256) == (first.manifest.id, first.manifest.sha256)
    assert (proven.articles, proven.look_ups, proven.baskets) == (60, 50, 10)


def test_what_an_emergency_needs_is_kept(depot: Depot) -> None:
    sealed = depot.backup()
    depot.upload(sealed)
    prove_backups([depot.org])
    stored = depot.stored(sealed)
    (assistant,) = staff_of(stored)
    assert (assistant["number"], assistant["name"], assistant["pin"]["alg"]) == ("101", "Maja", "PBKDF2-SHA256")
    assert b"Maja" not in bytes(stored.staff)
    with tenant_scope([depot.org]):
        prices = StoredPrices.objects.get(store_id=depot.store_id)
        assert prices.sha256 == stored.price_sha256 == sealed.manifest.price_file
        assert ArticleVersion.objects.filter(chain_id=depot.chain).count() == 60
        device = Device.objects.get(store_id=depot.store_id)
        assert (device.state, device.pos.number) == ("ACTIVE", 3)
        assert Pos.objects.get(store_id=depot.store_id, number=3).latest_series == 2
        assert LiveEvent.objects.filter(topic="vault").count() == 2
    store = depot.store
    assert (store.number, store.name, store.key_version) == (12, "Nordly 12", 1)
    assert bytes(store.key or b"") == depot.key.public
    assert now() >= stored.received_at


def test_a_night_brings_only_the_versions_that_are_new_and_a_feed_that_went_back_all(depot: Depot) -> None:
    good = depot.backup(at=midday(20))
    order = msgspec.structs.replace(depot.order(good.manifest), since=POSITION)
    with TemporaryDirectory() as folder:
        sealed = Path(folder) / "sealed"
        sealed.write_bytes(good.body)
        newer = examine(order, sealed, Path(folder) / "plain")
        went_back = examine(msgspec.structs.replace(order, since=POSITION + 1), sealed, Path(folder) / "again")
    assert [each.version for each in newer.versions] == list(range(POSITION + 1, 63))
    assert (newer.articles, len(went_back.versions)) == (60, 60)


def test_a_changed_price_is_known_after_the_next_night(depot: Depot) -> None:
    depot.upload(depot.backup())
    prove_backups([depot.org])
    at = now()
    rows = [make_article(number) for number in range(60)]
    rows[3] = rows[3]._replace(price=1, version=POSITION + 100)
    meta = {"position": str(POSITION + 100)}
    prices = price_file_of(rows, POSITION + 100)
    content = make_content(depot, at, rows, meta=meta, price_file=prices)
    second = depot.backup(content=content, at=at)
    depot.upload(second)
    prove_backups([depot.org])
    assert depot.stored(second).refusal == ""
    with tenant_scope([depot.org]):
        versions = ArticleVersion.objects.filter(chain_id=depot.chain, number="1004").order_by("version")
        assert list(versions.values_list("version", "price")) == [(6, 1003), (POSITION + 100, 1)]
