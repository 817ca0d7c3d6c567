"""The page: what each step says, who may take it, and that a difference blocks the last one."""

import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from butik.lib.ids import new_id
from butik.organisation.models import Chain
from butik.organisation.tenancy import tenant_scope
from butik.recovery.models import Recovery
from butik.recovery.standing import DONE, HERE, LATER, steps_of
from butik.recovery.tests.conftest import Home, now
from butik.recovery.tests.fake_cloud import KEY
from butik.recovery.work import work_recoveries
from butik.sales.commit import Bearer, book_records
from butik.sales.reading import Signer, open_record, read_record
from butik.sales.signers import place_of
from butik.staff.models import Membership, Person


def signed_in(home: Home, level: str = "STORE_MANAGER", store: UUID | None = None) -> Client:
    person = Person.objects.create_user(f"{level.lower()}@example.org", password="correct horse battery")
    chain = home.shop.chain
    with tenant_scope([chain.organisation_id]):
        Membership.objects.create(
            organisation_id=chain.organisation_id, person=person, chain=chain, store=home.shop.store, level=level
        )
    client = Client()
    client.force_login(person)
    return client


def address(home: Home, name: str = "recovery") -> str:
    return reverse(f"recovery:{name}", args=[home.shop.store.pk])


def read(client: Client, home: Home) -> str:
    response = client.get(address(home))
    assert response.status_code == 200
    return response.content.decode()


def step(client: Client, home: Home, name: str, **data: str) -> str:
    response = client.post(address(home, name), data, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def work(home: Home) -> None:
    work_recoveries([home.shop.store.organisation_id])


def test_from_the_key_to_the_codes(home: Home) -> None:
    client = signed_in(home)
    till = home.device()
    home.sell(till)
    assert "No recovery is going on" in read(client, home)
    assert "is wrong" in step(client, home, "claim", key="NOPE-0000")
    assert "Sales come down by themselves" in step(client, home, "claim", key=KEY)
    work(home)
    page = read(client, home)
    assert "4 of 4 records are home" in page
    assert "1 device sells in the emergency" in page
    assert "have not been stopped" not in page
    assert "not been stopped yet" in step(client, home, "mark")
    assert "1 device has not closed its series" in step(client, home, "release")
    home.fake.close(till)
    work(home)
    page = read(client, home)
    assert "All totals agree" in page
    assert "3 sales" in page
    page = step(client, home, "mark")
    assert "Recovered from emergency 1" in page
    assert reverse("store_management:code_issue", args=[home.shop.store.pk, home.shop.pos.pk]) in page
    assert "not yet" in page  # the first normal sale


def test_the_gap_ends_with_the_first_normal_sale(home: Home) -> None:
    client = signed_in(home)
    till = home.device()
    home.sell(till)
    home.release(home.claim())
    home.fake.close(till)
    home.all_the_way()
    normal = replace(till, series=new_id(), label="N2", now=now() + timedelta(minutes=7), counter=0)
    signer = Signer(till.device, till.key.kid, till.key.public, till.pos, is_revoked=False)
    place = place_of(home.shop.store)
    sale = read_record(open_record(normal.sale()), place=place, signers={till.key.kid: signer}, received_at=now())
    book_records([sale], place=place, bearer=Bearer(None, forward=True), now=now())
    assert "minutes without a sale" in read(client, home)


def test_a_difference_is_shown_line_by_line(home: Home) -> None:
    client = signed_in(home)
    till = home.device()
    home.sell(till)
    home.release(home.claim())
    home.fake.close(till)

    def spoil(call: str, answer: bytes) -> bytes:
        said = json.loads(answer)
        if call == "totals":
            said["sums"][0]["by_tender"][0]["amount"] += 1
        return json.dumps(said).encode()

    home.fake.spoil = spoil
    work(home)
    page = read(client, home)
    assert "1 figure differs" in page
    assert "Paid by card" in page
    assert "disabled" in page.split("5. Mark as recovered")[1].split("</form>")[0]
    assert "The totals differ" in step(client, home, "mark")


def test_trouble_is_said(home: Home) -> None:
    home.claim()
    home.fake.spoil = lambda call, answer: b"?"
    work(home)
    assert "is not understood" in read(signed_in(home), home)


def test_who_may(home: Home) -> None:
    assert Client().get(address(home)).status_code == 302
    stranger = Client()
    person = Person.objects.create_user("stranger@example.org", password="correct horse battery")
    stranger.force_login(person)
    assert stranger.get(address(home)).status_code in {403, 404}
    assert signed_in(home).get(address(home, "claim")).status_code == 405
    assert signed_in(home, "STORE_OWNER").post(address(home, "release")).status_code == 404  # nothing was claimed


def test_the_store_s_emergency_page_leads_to_it_when_the_chain_is_paired(home: Home) -> None:
    client = signed_in(home)
    link = f'href="{address(home)}"'
    emergency = reverse("backups:overview", args=[home.shop.store.pk])
    assert link in client.get(emergency).content.decode()
    with tenant_scope([home.shop.store.organisation_id]):
        Chain.objects.update(emergency="")
    assert link not in client.get(emergency).content.decode()
    assert "no emergency cloud" in read(client, home)


@pytest.mark.parametrize(
    ("state", "released", "waiting", "expected"),
    [
        ("CLAIMED", False, [], {"fetch": HERE}),
        ("FETCHING", False, [], {"fetch": DONE, "stop": HERE}),
        ("RELEASED", True, [{"pos": 3}], {"stop": HERE}),
        ("RELEASED", True, [], {"stop": DONE, "agree": HERE}),
        ("AGREED", True, [], {"agree": DONE, "mark": HERE, "enrol": LATER}),
        ("RECOVERED", True, [], {"mark": DONE, "enrol": HERE}),
    ],
)
def test_the_steps(state: str, released: bool, waiting: list[object], expected: dict[str, str]) -> None:
    moment = now()
    recovery = Recovery(state=state, waiting=waiting, released_at=moment if released else None, position=4, head=4)
    recovery.fetched_at = None if state == "CLAIMED" else moment
    assert steps_of(recovery).items() >= expected.items()


def test_the_first_step() -> None:
    assert steps_of(None)["key"] == HERE
