"""A simulated device in an emergency: whom it obeys, what it sends where, and that it wakes up where it was."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from butik.lib.clock import now, to_wire
from butik.lib.ids import new_id
from butik.lib.signing import BadDocument, SigningKey, decode
from butik.simulator.device import Device, Memory, NotSellingError
from butik.simulator.sale_documents import BasketItem, pay_cash
from butik.simulator.switch import check_ready, enrol_again, look, obey
from butik.simulator.tests.cloud import World

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def sell(device: Device) -> str:
    """One carton of milk; the label and counter that it got."""
    assert device.prices is not None
    basket = [BasketItem(next(iter(device.prices.articles)))]
    sale = device.sell(basket, device.staff[0], lambda total: pay_cash(new_id(), total, 50))
    return f"{sale.label}-{sale.counter}"


def sent(world: World) -> list[dict[str, Any]]:
    """What the emergency cloud has got, by what it says."""
    return [msgspec.json.decode(decode(each.split(".")[1])) for each in world.cloud.records]


def woken(world: World) -> Device:
    """The same device after its power was off."""
    memory = msgspec.json.decode((world.folder / "device.json").read_bytes(), type=Memory)
    return world.plug_in(Device(world.folder, memory))


def activate(world: World, version: int = 1, **entering: Any) -> Device:
    world.lets_enter(**entering)
    world.told(world.order("ACTIVATE", version))
    assert look(world.device) == "EMERGENCY"
    return world.device


def test_its_days_are_the_service_s_whatever_its_own_clock_says(world: World) -> None:
    device = activate(world)
    assert device.prices is not None
    basket = [BasketItem(next(iter(device.prices.articles)))]
    device.line.offset = 2 * 86_400.0
    sale = device.sell(basket, device.staff[0], lambda total: pay_cash(new_id(), total, 50), NOON)
    assert (sale.completed_at, sale.offset_ms, sale.business_date) == (to_wire(NOON), 2 * 86_400_000, "2026-11-23")


def test_it_leaves_its_store_and_sells_in_its_emergency_series(world: World) -> None:
    device = activate(world)
    assert [sell(device), sell(device)] == ["E1-1", "E1-2"]
    device.push()
    assert [(each["label"], each.get("reason")) for each in sent(world)] == [
        ("N1", "ENROLMENT"),
        ("N1", "EMERGENCY"),
        ("E1", "EMERGENCY"),
        ("E1", None),
        ("E1", None),
    ]
    assert world.store_line.is_closed
    assert world.store_line.calls == []


def test_it_fetches_the_price_file_only_if_it_lacks_it(world: World) -> None:
    world.lets_enter()
    world.told(None)
    assert check_ready(world.device)
    assert f"/prices/{world.sha256}" in world.cloud.calls
    world.cloud.calls.clear()
    device = activate(world)
    assert not [call for call in world.cloud.calls if call.startswith("/prices")]
    assert sell(device) == "E1-1"


def test_a_store_without_a_backup_switches_and_cannot_sell(world: World) -> None:
    device = activate(world, has_backup=False)
    assert device.memory.place == "EMERGENCY"
    with pytest.raises(NotSellingError, match="no price file"):
        device.sell([], None, lambda total: None)  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda world: world.order("ACTIVATE", 1, signer=world.store_key),
        lambda world: world.order("ACTIVATE", 1, signer=world.root),
        lambda world: world.order("ACTIVATE", 1, chain=str(new_id())),
        lambda world: world.order("ACTIVATE", 1, expires_at=to_wire(now() - timedelta(days=2))),
        lambda world: world.order("RELEASE", 1, store=str(new_id())),
        lambda world: world.order("DANCE", 1),
        lambda world: world.prices(),
    ],
)
def test_it_obeys_nobody_else(spoilt: Callable[[World], str], world: World) -> None:
    world.lets_enter()
    with pytest.raises(BadDocument):
        obey(world.device, spoilt(world))
    assert world.device.memory.place == "STORE"
    assert not world.store_line.is_closed


@pytest.mark.parametrize(
    "changes",
    [
        {"device": str(new_id())},
        {"store": str(new_id())},
        {"pos": 4},
        {"key": "A" * 43},
        {"emergency": {"id": str(new_id()), "number": 1}},
    ],
)
def test_it_takes_no_other_place(changes: dict[str, Any], world: World) -> None:
    world.lets_enter(**changes)
    with pytest.raises(BadDocument):
        obey(world.device, world.order("ACTIVATE", 1))
    assert world.device.memory.place == "STORE"


@pytest.mark.parametrize(
    ("name", "spoilt"),
    [
        ("prices", lambda world: world.prices(signer=world.store_key)),
        ("prices", lambda world: world.prices(backup=str(new_id()))),
        ("prices", lambda world: world.prices(store=str(new_id()))),
        ("prices", lambda world: world.prices(expires_at=to_wire(now() - timedelta(days=2)))),
        ("staff", lambda world: world.staff(signer=world.store_key)),
    ],
)
def test_it_sells_from_nothing_that_the_emergency_cloud_has_not_signed(
    name: str, spoilt: Callable[[World], str], world: World
) -> None:
    world.lets_enter()
    world.cloud.answers["/enter"][name] = spoilt(world)
    with pytest.raises(BadDocument):
        obey(world.device, world.order("ACTIVATE", 1))
    assert world.device.prices is None


def test_an_older_order_is_refused_and_the_same_again_does_nothing(world: World) -> None:
    device = activate(world, version=5)
    sell(device)
    assert look(device) == "EMERGENCY"
    assert sell(device) == "E1-2"
    with pytest.raises(BadDocument, match="older"):
        obey(device, world.order("RELEASE", 4))


def test_it_is_released_closes_its_series_and_sells_no_more(world: World) -> None:
    device = activate(world)
    sell(device)
    sell(device)
    world.told(world.order("RELEASE", 2))
    assert [look(device), look(device)] == ["RELEASED", "RELEASED"]
    with pytest.raises(NotSellingError, match="over"):
        sell(device)
    device.push()
    closing = sent(world)[-1]
    assert (closing["kind"], closing["reason"], closing["label"]) == ("CLOSE", "RELEASED", "E1")
    assert (closing["sales"], closing["last_counter"], closing["total"]) == (2, 2, 2590)
    assert closing["by_vat"] == [{"rate": 2500, "gross": 2590, "vat": 518}]
    assert closing["by_tender"] == [{"tender": "CASH", "amount": 2600}]


@pytest.mark.parametrize("pushes", [False, True])
def test_it_wakes_up_where_it_was(pushes: bool, world: World) -> None:
    device = activate(world)
    sell(device)
    if pushes:
        device.push()
    device = woken(world)
    assert (device.memory.place, device.series.label) == ("EMERGENCY", "E1")
    assert look(device) == "EMERGENCY"
    assert sell(device) == "E1-2"
    world.told(world.order("RELEASE", 2))
    look(device)
    device.push()
    assert sent(world)[-1]["sales"] == 2
    ended_and_begun = [each.get("reason") for each in sent(world)].count("EMERGENCY")
    assert ended_and_begun == 2  # the store's series and the emergency's, once each, wherever it was cut


def test_one_that_was_enrolled_while_its_store_came_home_only_waits(world: World) -> None:
    for kind, place in (("RELEASE", "RELEASED"), ("RECOVERED", "STORE")):
        world.told(world.order(kind, 2 + (kind == "RECOVERED")))
        assert look(world.device) == place
    assert world.device.memory.assignment == ""


def test_one_that_slept_through_it_all_only_sends_what_it_has(world: World) -> None:
    world.told(None)
    assert look(world.device) == "STORE"
    world.told(world.order("RECOVERED", 3))
    assert look(world.device) == "RECOVERED"
    world.device.push()
    assert [each["label"] for each in sent(world)] == ["N1"]


def test_a_second_emergency_opens_a_second_series(world: World) -> None:
    device = activate(world)
    sell(device)
    world.lets_enter(series=2)
    obey(device, world.order("ACTIVATE", 7))
    assert sell(device) == "E2-1"


def test_it_asks_to_be_enrolled_again_only_when_recovered_and_empty(world: World) -> None:
    device = activate(world)
    sell(device)
    with pytest.raises(BadDocument):
        enrol_again(device, "http://store.example", "AAAA-BBBB", "Till")
    world.told(world.order("RECOVERED", 3))
    look(device)
    with pytest.raises(BadDocument):
        enrol_again(device, "http://store.example", "AAAA-BBBB", "Till")


def test_the_pinned_root_stays_pinned(world: World) -> None:
    trust, other = world.device.trust, SigningKey.generate()
    assert not trust.pin(world.pairing)
    assert not trust.pin("")
    with pytest.raises(BadDocument):
        trust.pin(world.pair(other, version=2))
    with pytest.raises(BadDocument):
        trust.pin(world.pair(world.cloud_key, version=2, signer=other))
    assert trust.pin(world.pair(world.cloud_key, version=3))
    assert not trust.pin(world.pair(world.cloud_key, version=2))
    assert trust.pairing is not None
    assert trust.pairing.version == 3


def test_a_renewed_enrolment_brings_the_emergency_cloud(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.device.trust.document = ""
    world.store_line.answers |= {
        "/state": {"staff": {"version": 0}, "prices": None, "enrolment": {"version": 2}},
        "/enrolment": {"enrolment": world.enrolment(version=2), "certificate": world.certificate},
    }
    world.device.refresh()
    assert world.device.trust.document == world.pairing
    assert woken(world).trust.pairing is not None
