"""RT-16: what an attacker puts into a backup holds it back until a person has looked; ordinary nights pass."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from butik.articles.models import ArticleVersion
from butik.error_log.models import ErrorEntry
from butik.lib.clock import now
from butik.lib.ids import new_id
from butik.lib.signing import SigningKey, encode
from butik.organisation.keys import emergency_root
from butik.organisation.models import Device
from butik.organisation.tenancy import tenant_scope
from butik.snapshot.format import Assistant
from butik.snapshot.format import Device as Tablet
from butik.snapshot.manifest import read_quarantined
from butik.snapshot.write import Content
from butik.vault import differences
from butik.vault.actions import CannotAccept, accept_backup, freeze, lift, staff_of, trust_again
from butik.vault.differences import Contents, DeviceHead, Head, Side, compare, is_poisoned
from butik.vault.evidence import Priced
from butik.vault.judging import read_differences
from butik.vault.models import StoredBackup, StoredPrices
from butik.vault.standing import standing_of
from butik.vault.tests.depot import PIN, POSITION, Depot, Sealed, make_article, make_content, price_file_of
from butik.vault.work import prove_backups

OTHER_PIN = PIN.replace("AAAA", "BBBB")
ARTICLES = 200

# --- the rules, pure ---


def person(number: int, **changes: Any) -> dict[str, Any]:
    said = {"id": f"id-{number}", "number": str(number), "name": f"N{number}", "role": "SALESPERSON"}
    return said | {"pin": {"hash": f"h{number}"}, "pin_version": 3} | changes


def good(number: int, price: int = 1000, vat: int = 2500, is_sold: bool = True) -> Priced:
    return Priced(f"A{number}", price + number, vat, is_sold)


STAFF = [person(number) for number in range(101, 109)]
SHELF = [good(number) for number in range(ARTICLES)]
DEVICES = [DeviceHead(f"d{number}", f"k{number}", number, "ACTIVE") for number in range(1, 5)]
SERIES = [Head(f"s{number}", number, "N2", 40, 40) for number in range(1, 5)]
BOOKS = Contents("DK12345678", 7, DEVICES, SERIES)
BEFORE = Side(BOOKS, STAFF, SHELF)


def with_books(**changes: Any) -> Side:
    return BEFORE._replace(
        contents=Contents(**{name: getattr(BOOKS, name) for name in BOOKS.__struct_fields__} | changes)
    )


def with_shelf(count: int, change: Callable[[Priced], Priced | None]) -> Side:
    changed = [change(each) for each in SHELF[:count]]
    return BEFORE._replace(shelf=[*filter(None, changed), *SHELF[count:]])


def priced(factor: float) -> Callable[[Priced], Priced]:
    return lambda each: structs.replace(each, price=round(each.price * factor))


def with_staff(*changed: dict[str, Any], kept: int = 8) -> Side:
    by_id = {each["id"]: each for each in STAFF[:kept]} | {each["id"]: each for each in changed}
    return BEFORE._replace(staff=list(by_id.values()))


POISON: dict[str, tuple[str, Side]] = {
    "one PIN verifier": ("PIN", with_staff(person(101, pin={"hash": "ours"}))),
    "only the salt of one": ("PIN", with_staff(person(101, pin={"hash": "h101", "salt": "ours"}))),
    "every PIN verifier": ("PIN", BEFORE._replace(staff=[each | {"pin": {"hash": "ours"}} for each in STAFF])),
    "the PIN of last year": ("PIN", with_staff(person(101, pin={"hash": "old"}, pin_version=2))),
    "the version alone falls": ("PIN", with_staff(person(101, pin_version=2))),
    "a number with another person behind it": ("NUMBER", with_staff(person(101, id="mallory"), kept=8)),
    "an operator overnight": ("RIGHTS", with_staff(person(102, role="OPERATOR"))),
    "a role that nobody knows": ("RIGHTS", with_staff(person(102, role="MANAGER"))),
    "a newcomer with such a role": ("RIGHTS", with_staff(person(999, role="ADMIN"))),
    "half of the staff gone": ("STAFF_GONE", with_staff(kept=4)),
    "another key of a tablet": (
        "DEVICE_KEY",
        with_books(devices=[DeviceHead("d1", "ours", 1, "ACTIVE"), *DEVICES[1:]]),
    ),
    "a tablet at another POS": ("DEVICE_KEY", with_books(devices=[DeviceHead("d1", "k1", 4, "ACTIVE"), *DEVICES[1:]])),
    "four tills nobody has seen": (
        "DEVICES_NEW",
        with_books(devices=[*DEVICES, *(DeviceHead(f"e{n}", f"q{n}", n, "ACTIVE") for n in range(4))]),
    ),
    "another company is paid": ("COMPANY", with_books(vat_number="DK66666666")),
    "a counter that falls": ("COUNTER", with_books(series=[Head("s1", 1, "N2", 39, 39), *SERIES[1:]])),
    "sales that are fewer": ("COUNTER", with_books(series=[Head("s1", 1, "N2", 40, 39), *SERIES[1:]])),
    "a series that is another's": ("COUNTER", with_books(series=[Head("s1", 2, "N9", 40, 40), *SERIES[1:]])),
    "a series that is gone": ("SERIES_GONE", with_books(series=SERIES[1:])),
    "everything for nothing": ("ZERO", with_shelf(ARTICLES, lambda each: structs.replace(each, price=0))),
    "five things for nothing": ("ZERO", with_shelf(5, lambda each: structs.replace(each, price=0))),
    "below nothing": ("ZERO", with_shelf(5, lambda each: structs.replace(each, price=-1))),
    "all at ten times": ("TENFOLD", with_shelf(ARTICLES, priced(10))),
    "all at a tenth": ("TENFOLD", with_shelf(ARTICLES, priced(0.1))),
    "a third of the goods gone": ("GONE", with_shelf(60, lambda each: None)),
    "a third of the goods barred": ("GONE", with_shelf(60, lambda each: structs.replace(each, is_sold=False))),
    "no VAT any more": ("VAT", with_shelf(ARTICLES, lambda each: structs.replace(each, vat_rate=0))),
    "another VAT rate of a few": ("VAT", with_shelf(5, lambda each: structs.replace(each, vat_rate=0))),
}  # fmt: skip

ORDINARY: dict[str, Side] = {
    "nothing at all": BEFORE,
    "a campaign of a tenth": with_shelf(ARTICLES, priced(0.9)),
    "a sale at a fifth": with_shelf(ARTICLES, priced(0.2)),
    "dearer by a half": with_shelf(ARTICLES, priced(1.5)),
    "a seasonal catalogue": BEFORE._replace(shelf=[*SHELF[40:], *(good(n) for n in range(1000, 1050))]),
    "four prices set to nothing": with_shelf(4, lambda each: structs.replace(each, price=0)),
    "four VAT rates put right": with_shelf(4, lambda each: structs.replace(each, vat_rate=0)),
    "ten new cashiers": with_staff(*(person(number) for number in range(200, 210))),
    "three have left": with_staff(kept=5),
    "a new PIN with its version": with_staff(person(101, pin={"hash": "new"}, pin_version=4)),
    "a new name": with_staff(person(101, name="Maja Berg")),
    "a replaced tablet": with_books(
        devices=[DeviceHead("d1", "k1", 1, "REVOKED"), *DEVICES[1:], DeviceHead("e1", "q1", 1, "ACTIVE")]
    ),
    "more sales": with_books(series=[Head("s1", 1, "N2", 90, 90), *SERIES[1:], Head("t1", 1, "N3", 1, 1)]),
    "a rebuilt controller without its old series": with_books(series=[], key_version=2),
}  # fmt: skip


@pytest.mark.parametrize("name", POISON)
def test_each_kind_of_poison_is_found_and_named(name: str) -> None:
    rule, after = POISON[name]
    found = compare(BEFORE, after)
    assert [each.rule for each in found if each.is_suspect] == [rule], found


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_night_passes(name: str) -> None:
    assert not is_poisoned(compare(BEFORE, ORDINARY[name]))


def test_devices_that_have_shown_themselves_here_are_not_new() -> None:
    after = POISON["four tills nobody has seen"][1]
    assert not is_poisoned(compare(BEFORE, after, known_kids=["q0", "q1", "q2", "q3"]))


@given(st.data())
def test_a_night_within_the_bounds_passes_and_one_verifier_more_does_not(data: st.DataObject) -> None:
    """Whatever else happens in the same night."""
    factor = st.floats(min_value=0.2, max_value=5)
    shelf = [structs.replace(each, price=max(1, round(each.price * data.draw(factor)))) for each in SHELF[:40]] + SHELF[
        40:
    ]
    left = data.draw(st.integers(0, 3))
    fresh = [person(number) for number in data.draw(st.sets(st.integers(200, 999), max_size=10))]
    renewed = [person(101, pin={"hash": "new"}, pin_version=data.draw(st.integers(4, 90)))]
    staff = [*renewed, *STAFF[1 : 8 - left], *fresh]
    more = data.draw(st.integers(0, 500))
    series = [Head(each.id, each.pos_number, each.label, each.counter + more, each.sales + more) for each in SERIES]
    night = Side(with_books(series=series).contents, staff, shelf[data.draw(st.integers(0, 50)) :])
    assert not is_poisoned(compare(BEFORE, night))
    victim = data.draw(st.integers(1, 7 - left))
    spoilt = [each | {"pin": {"hash": "ours"}} if place == victim else each for place, each in enumerate(staff)]
    assert [each.rule for each in compare(BEFORE, night._replace(staff=spoilt)) if each.is_suspect] == ["PIN"]


@pytest.mark.parametrize("rule", ["_has_another_pin", "_is_behind", "_is_tenfold"])
def test_a_rule_that_sleeps_is_found(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault."""
    monkeypatch.setattr(differences, rule, lambda *sides: False)
    missed = [name for name, (_, after) in POISON.items() if not is_poisoned(compare(BEFORE, after))]
    assert missed


# --- at the vault's door ---


def poisoned(depot: Depot, at: datetime) -> Content:
    content = depot.content(at=at)
    return replace(content, assistants=[Assistant(depot.assistant_id, "101", "Maja", "OPERATOR", OTHER_PIN, 1)])


def make(depot: Depot, fill: Callable[[Depot, datetime], Content] | None = None) -> Sealed:
    at = now()
    return depot.backup(content=fill(depot, at) if fill else None, at=at)


def send(depot: Depot, fill: Callable[[Depot, datetime], Content] | None = None) -> StoredBackup:
    sealed = make(depot, fill)
    depot.upload(sealed)
    prove_backups([depot.org])
    return depot.stored(sealed)


def test_a_poisoned_backup_waits_for_a_person_and_the_one_before_stays_the_newest(depot: Depot) -> None:
    clean = send(depot)
    bad = send(depot, poisoned)
    assert (clean.state, bad.state) == ("PROVEN", "QUARANTINED")
    assert bad.compared_with == clean.pk
    assert [(each.rule, each.examples) for each in read_differences(bad)] == [("PIN", ["101"])]
    with tenant_scope([depot.org]):
        assert StoredBackup.objects.newest_proven(depot.store) == clean
        assert standing_of([depot.store], now())[depot.store_id].proven == clean
        assert StoredPrices.objects.count() == 1
        entry = ErrorEntry.objects.get(source="butik.vault.judging")
        assert (entry.level, "PIN" in entry.message) == ("ERROR", True)
    assert bytes(bad.staff) == b""


def test_the_store_is_told_that_it_waits_and_not_why(depot: Depot) -> None:
    clean = send(depot)
    sealed = make(depot, poisoned)
    depot.upload(sealed)
    prove_backups([depot.org])
    said = json.loads(depot.post(sealed).content)
    assert said["proof"] == clean.proof
    root = emergency_root(depot.chain).public
    assert read_quarantined(said["quarantined"], root).backup == sealed.manifest.id
    assert "101" not in said["quarantined"]
    again = send(depot)  # an honest one afterwards: what waits is older than what is proven
    assert again.state == "PROVEN"
    assert json.loads(depot.post(sealed).content)["quarantined"] is None


def test_what_it_says_of_its_store_is_not_taken_in(depot: Depot) -> None:
    send(depot)
    keys = [SigningKey.generate() for _ in range(5)]
    tills = [Tablet(str(new_id()), 4, "Ours", encode(each.public), each.kid, "ACTIVE", "a.b.c") for each in keys]
    dear = [each._replace(price=each.price * 10, version=POSITION + 50) for each in map(make_article, range(60))]

    def fill(depot: Depot, at: datetime) -> Content:
        content = make_content(depot, at, dear, price_file=price_file_of(dear))
        return replace(content, devices=[*content.devices, *tills])

    bad = send(depot, fill)
    assert {each.rule for each in read_differences(bad) if each.is_suspect} == {"DEVICES_NEW", "TENFOLD"}
    with tenant_scope([depot.org]):
        assert not Device.objects.filter(kid=keys[0].kid).exists()
        assert not ArticleVersion.objects.filter(version=POSITION + 50).exists()


def test_a_person_may_accept_it_and_the_next_night_is_compared_with_it(depot: Depot) -> None:
    send(depot)
    bad = send(depot, poisoned)
    assert accept_backup(backup=bad, reason="Maja has a new PIN", actor="person:vera", now=now())
    assert not accept_backup(backup=bad, reason="again", actor="person:alice", now=now())
    prove_backups([depot.org])
    with tenant_scope([depot.org]):
        bad.refresh_from_db()
    assert (bad.state, bad.accepted_by, bad.accept_reason) == ("PROVEN", "person:vera", "Maja has a new PIN")
    assert [each.is_suspect for each in read_differences(bad)] == [False]
    assert staff_of(bad)[0]["pin"]["hash"] == "BBBB"
    assert send(depot, poisoned).state == "PROVEN"
    assert send(depot).state == "QUARANTINED"  # the old verifier is now the odd one


def test_the_first_backup_has_nothing_to_differ_from(depot: Depot) -> None:
    assert send(depot, poisoned).state == "PROVEN"


def test_what_comes_during_an_emergency_waits_until_its_store_has_recovered(depot: Depot) -> None:
    """Truth 16, also for an honest one: nobody can tell the two apart."""
    send(depot)
    with tenant_scope([depot.org]):
        chain = depot.store.chain
    freeze(chain=chain, actor="person:alice", now=now())
    bad = send(depot)
    assert (bad.state, [each.rule for each in read_differences(bad)]) == ("QUARANTINED", ["EMERGENCY"])
    with pytest.raises(CannotAccept):
        accept_backup(backup=bad, reason="it looks good", actor="person:alice", now=now())
    with tenant_scope([depot.org]):
        trust_again(store=depot.store, now=now())
    assert send(depot).state == "PROVEN"
    lift(chain=chain, actor="person:alice", now=now())
    freeze(chain=chain, actor="person:alice", now=now())  # the next emergency trusts nobody again
    assert send(depot).state == "QUARANTINED"
