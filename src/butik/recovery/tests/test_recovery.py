"""Truth 13: finished sales are imported; repeating changes nothing; it ends when in = booked."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.support.till import MILK, Shop, Till

from butik.changes.models import OutboxItem
from butik.lib.ids import new_id
from butik.lib.signing import SigningKey, document_hash
from butik.organisation.models import Device
from butik.organisation.tenancy import tenant_scope
from butik.recovery.cloud import CloudTrouble
from butik.recovery.models import RecoveredRecord, Recovery
from butik.recovery.tests.books import books_of
from butik.recovery.tests.conftest import Home, now
from butik.recovery.work import work_recoveries
from butik.sales.actions import accept_quarantined
from butik.sales.commit import Bearer, book_records
from butik.sales.models import QuarantinedRecord, Sale, SaleException, Series
from butik.sales.reading import Signer, open_record, read_record
from butik.sales.signers import place_of


def mine(home: Home, model: Any, **lookup: Any) -> list[Any]:
    with tenant_scope([home.shop.store.organisation_id]):
        return list(model.objects.filter(organisation_id=home.shop.store.organisation_id, **lookup))


def stand(shop: Shop, device: UUID, key: SigningKey, state: str = "ACTIVE") -> None:
    """A device that was enrolled at this store nine days ago."""
    Device.objects.create(
        id=device,
        organisation_id=shop.store.organisation_id,
        chain=shop.chain,
        store=shop.store,
        pos=shop.pos,
        name="Tablet",
        key=key.public,
        kid=key.kid,
        state=state,
        enrolment="-",
        enrolled_at=now() - timedelta(days=9),
    )


def close_all(home: Home, *tills: Till) -> None:
    for till in tills:
        home.fake.close(till)


def test_the_whole_way_home(home: Home) -> None:
    home.fake.page = 3
    one, two = home.device("E1"), home.device("E2")
    documents = [*home.sell(one, 5), *home.sell(two, 4)]
    recovery = home.fetch(home.claim())
    assert (recovery.state, recovery.position, recovery.head) == ("FETCHING", 11, 11)
    recovery = home.release(recovery)
    late = home.sell(one, 2)  # the sale that was in progress
    close_all(home, one, two)
    recovery = home.compare(home.fetch(recovery))
    assert (recovery.state, recovery.differences, recovery.waiting) == ("AGREED", [], [])
    assert [(row["label"], row["cloud_sales"], row["store_sales"]) for row in recovery.rows] == [
        ("E1", 7, 7),
        ("E2", 4, 4),
    ]
    recovery = home.mark(recovery)
    assert recovery.state == "RECOVERED"
    assert recovery.gap_from is not None
    assert recovery.gap_until is not None
    assert recovery.gap_from < recovery.gap_until
    sold = [each for each in (*documents, *late) if "sale" in open_record(each).envelope.typ]  # type: ignore[union-attr]
    assert {sale.document for sale in mine(home, Sale)} == set(sold)
    assert mine(home, SaleException) == []
    assert mine(home, QuarantinedRecord) == []
    assert {(each.label, each.state, each.sales) for each in mine(home, Series)} == {
        ("E1", "CLOSED", 7),
        ("E2", "CLOSED", 4),
    }
    kinds = [item.kind for item in mine(home, OutboxItem)]
    assert (kinds.count("device"), kinds.count("record")) == (2, 11 + 2 + 2)  # the chain gets all of it
    assert {each.state for each in mine(home, Device)} == {"UNPAIRED"}


def test_repeating_it_wholly_changes_nothing(home: Home) -> None:
    till = home.device()
    home.sell(till)
    home.release(home.claim())
    close_all(home, till)
    home.all_the_way()
    before = books_of(home.shop, way=True)
    for _ in range(2):
        recovery = home.all_the_way()
        recovery = home.compare(home.fetch(recovery))
        assert recovery.state == "RECOVERED"
    assert books_of(home.shop, way=True) == before
    # from the first record again, as a controller would that had forgotten how far it was
    with tenant_scope([home.shop.store.organisation_id]):
        RecoveredRecord.objects.all().delete()
        Recovery.objects.all().delete()
    again = home.all_the_way()
    assert (again.booked, again.known) == (0, 5)
    assert books_of(home.shop, way=True) == before


def test_the_worker_does_it_all_but_what_a_person_must_say(home: Home) -> None:
    till = home.device()
    home.sell(till)
    organisations = [home.shop.store.organisation_id]
    recovery = home.claim()
    work_recoveries(organisations)
    home.reload(recovery)
    assert (recovery.state, recovery.position) == ("FETCHING", 4)
    home.release(recovery)
    close_all(home, till)
    work_recoveries(organisations)
    home.reload(recovery)
    assert recovery.state == "AGREED"
    assert home.mark(recovery).state == "RECOVERED"


def test_trouble_is_told_on_the_page_and_goes_away(home: Home) -> None:
    recovery = home.claim()
    home.sell(home.device())
    home.fake.spoil = lambda call, answer: b"{}" if call == "records" else answer
    work_recoveries([home.shop.store.organisation_id])
    home.reload(recovery)
    assert "not understood" in recovery.trouble
    home.fake.spoil = None
    work_recoveries([home.shop.store.organisation_id])
    home.reload(recovery)
    assert (recovery.trouble, recovery.position) == ("", 4)


def test_a_wrong_key_keeps_nothing(home: Home) -> None:
    with pytest.raises(CloudTrouble, match="wrong"):
        home.claim("ZZZZ-0000")
    assert mine(home, Recovery) == []


def test_a_sale_that_the_store_has_is_known(home: Home) -> None:
    till = home.device()
    documents = home.sell(till)
    shop = home.shop
    place, signer = place_of(shop.store), Signer(till.device, till.key.kid, till.key.public, till.pos, is_revoked=False)
    records = [
        read_record(open_record(each), place=place, signers={till.key.kid: signer}, received_at=now())
        for each in documents[:2]
    ]
    book_records(records, place=place, bearer=Bearer(None, forward=True), now=now())
    recovery = home.release(home.claim())
    close_all(home, till)
    recovery = home.compare(home.fetch(recovery))
    assert (recovery.booked, recovery.known, recovery.state) == (3, 2, "AGREED")


def test_one_oere_is_shown_and_blocks(home: Home) -> None:
    """The planted fault: the cloud's sum is one higher than its sales."""
    till = home.device()
    home.sell(till)
    recovery = home.release(home.claim())
    close_all(home, till)

    def spoil(call: str, answer: bytes) -> bytes:
        if call != "totals":
            return answer
        said = json.loads(answer)
        said["sums"][0]["total"] += 1
        return json.dumps(said).encode()

    home.fake.spoil = spoil
    recovery = home.compare(home.fetch(recovery))
    assert recovery.state == "RELEASED"
    (difference,) = recovery.differences
    assert (difference["what"], difference["cloud"] - difference["store"]) == ("TOTAL", 1)
    with pytest.raises(CloudTrouble, match="differ"):
        home.mark(recovery)
    assert "recovered" not in home.fake.log
    home.fake.spoil = None
    assert home.mark(recovery).state == "RECOVERED"


def test_an_open_device_blocks(home: Home) -> None:
    till = home.device()
    home.sell(till)
    recovery = home.fetch(home.release(home.claim()))
    with pytest.raises(CloudTrouble, match="have not closed"):
        home.mark(recovery)
    home.reload(recovery)
    assert [each["label"] for each in recovery.waiting] == ["E1"]


def test_before_the_devices_are_stopped_nothing_ends(home: Home) -> None:
    recovery = home.fetch(home.claim())
    with pytest.raises(CloudTrouble, match="not been stopped"):
        home.mark(recovery)


def test_a_sale_after_agreement_is_counted_anew(home: Home) -> None:
    till = home.device()
    home.sell(till)
    recovery = home.release(home.claim())
    close_all(home, till)
    recovery = home.compare(home.fetch(recovery))
    assert recovery.state == "AGREED"
    home.sell(till, 1)
    recovery = home.fetch(recovery)
    assert recovery.state == "RELEASED"
    assert home.compare(recovery).state == "AGREED"


def test_records_that_are_left_out_stop_it(home: Home) -> None:
    home.sell(home.device())

    def spoil(call: str, answer: bytes) -> bytes:
        said = json.loads(answer)
        if call == "records":
            del said["records"][1]
        return json.dumps(said).encode()

    recovery = home.claim()
    home.fake.spoil = spoil
    with pytest.raises(CloudTrouble, match="leaves out"):
        home.fetch(recovery)
    assert mine(home, Sale) == []


@pytest.mark.parametrize("fault", ["another root", "another store"])
def test_an_assignment_that_does_not_hold_stops_it(home: Home, fault: str) -> None:
    """Better nothing than a device's sales in quarantine."""
    if fault == "another root":
        honest, home.fake.root = home.fake.root, SigningKey.generate()
        till = home.device()
        home.fake.root = honest
    else:
        till = home.fake.assign(SigningKey.generate(), new_id(), 3, store=str(new_id()))
    home.sell(till)
    with pytest.raises(CloudTrouble, match="does not hold"):
        home.fetch(home.claim())
    assert mine(home, Sale) == mine(home, QuarantinedRecord) == mine(home, Device) == []


def test_the_last_sales_of_a_normal_series_come_home_too(home: Home) -> None:
    """Kept by a device when it switched; the rebuilt store knows its key from its assignment alone."""
    emergency = home.device()
    normal = replace(emergency, series=new_id(), label="N1", counter=40, prev="a" * 64)
    home.fake.receive(normal.sale(), normal.sale())
    home.sell(emergency)
    recovery = home.release(home.claim())
    close_all(home, emergency)
    recovery = home.mark(home.fetch(recovery))
    assert recovery.state == "RECOVERED"
    assert {(sale.label, sale.counter) for sale in mine(home, Sale, label="N1")} == {("N1", 41), ("N1", 42)}
    assert [each.kind for each in mine(home, SaleException)] == ["GAP"]  # the forty before are the chain's


def test_sales_that_came_before_their_device_was_introduced(home: Home) -> None:
    till = home.device()
    assignment = home.fake.assignments.pop()
    home.sell(till)
    recovery = home.release(home.fetch(home.claim()))
    assert {each.reason for each in mine(home, QuarantinedRecord)} == {"UNKNOWN_KEY"}
    assert recovery.quarantined == 4
    home.fake.assignments.append(assignment)
    close_all(home, till)
    recovery = home.compare(home.fetch(recovery))
    assert recovery.state == "AGREED"
    assert {each.accepted_by for each in mine(home, QuarantinedRecord)} == {"system"}


def test_each_sale_is_priced_again(home: Home) -> None:
    till = home.device()
    home.sell(till, 1)
    number, text, price = MILK
    home.fake.receive(till.sale((number, text, price - 100)))
    home.fetch(home.claim())
    (odd,) = mine(home, SaleException)
    assert odd.kind == "PRICE"


def test_a_revoked_device_stays_out_until_a_person_accepts_it(home: Home) -> None:
    till = home.device()
    shop = home.shop
    with tenant_scope([shop.store.organisation_id]):
        stand(shop, till.device, till.key, state="REVOKED")
    home.sell(till, 1)
    recovery = home.release(home.claim())
    close_all(home, till)
    recovery = home.compare(home.fetch(recovery))
    assert (recovery.state, recovery.quarantined) == ("RELEASED", 3)
    assert {each["what"] for each in recovery.differences} == {"SALES", "TOTAL", "GROSS 25.00", "VAT 25.00", "CARD"}
    for held in mine(home, QuarantinedRecord):
        accept_quarantined(
            record=held, store=shop.store, reason="it was ours", actor="person:1", forward=True, now=now()
        )
    assert home.mark(recovery).state == "RECOVERED"


def test_a_device_of_a_store_that_was_never_lost_must_be_enrolled_again(home: Home) -> None:
    shop, key, device = home.shop, SigningKey.generate(), new_id()
    with tenant_scope([shop.store.organisation_id]):
        stand(shop, device, key)
    till = home.fake.assign(key, device, shop.pos.number)
    home.sell(till)
    recovery = home.release(home.claim())
    close_all(home, till)
    assert [each.state for each in mine(home, Device)] == ["ACTIVE"]
    home.mark(home.fetch(recovery))
    assert [each.state for each in mine(home, Device)] == ["UNPAIRED"]


def test_a_clock_that_is_off_is_measured(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.cloud._offset = 4000.0
    refused: list[str] = []

    honest = home.fake.answer

    def strict(*arguments: Any) -> bytes:
        from butik.lib.problems import Problem

        try:
            return honest(*arguments)
        except Problem as problem:
            refused.append(problem.type)
            raise

    monkeypatch.setattr(home.fake, "answer", strict)
    assert home.claim().state == "CLAIMED"
    assert refused == ["clock-skew"]


def test_hashes_are_what_was_sent(home: Home) -> None:
    till = home.device()
    documents = home.sell(till)
    home.fetch(home.claim())
    assert [each.hash for each in sorted(mine(home, RecoveredRecord), key=lambda each: each.position)] == [
        document_hash(each) for each in documents
    ]
