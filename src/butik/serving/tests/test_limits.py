"""One table says how much may be handed in: the front door, the reverse proxy's example and the calls agree with it."""

import re
from pathlib import Path

import pytest

from butik.emergency import device_calls as emergency_calls
from butik.pos_api import journal_call
from butik.roles import ROLES
from butik.serving import limits
from butik.serving.data_folder import Sockets
from butik.serving.front_door import Tls, service_config
from butik.serving.limits import EVERYWHERE, LARGE, MB, large_places, spool_folder, spool_needed
from butik.serving.nginx import Nginx
from butik.sync import wire as sync_wire
from butik.vault import slot

DEPLOY = Path(__file__).resolve().parents[4] / "deploy" / "nginx"
SERVICES = ["store", "chain", "emergency"]
LOCATION = re.compile(r"location ([^{]+?) \{(.*?)\n\s*\}", re.DOTALL)
SIZE = re.compile(r"client_max_body_size (\d+)([km]);")


def apps_of(role: str) -> list[str]:
    return [app for _, app in ROLES[role].urls]


def front_door(role: str) -> str:
    sockets = Sockets(Path("/p"), (Path("/c"),), Path("/l"))
    return service_config(
        address="127.0.0.1:1",
        sockets=sockets,
        package=Path("/package"),
        tls=Tls("http"),
        nginx=Nginx("nginx", (1, 25, 1), is_wheel=False),
        apps=apps_of(role),
        spool=Path("/spool"),
        proxies=[],
    )


def sizes_in(text: str) -> dict[str, int]:
    """By location; "" is everywhere else."""
    found = {match: sizes[0] for match, block in LOCATION.findall(text) if (sizes := _sizes(block))}
    [everywhere] = _sizes(LOCATION.sub("", text))
    return found | {"": everywhere}


def _sizes(text: str) -> list[int]:
    return [int(number) * {"k": 1024, "m": MB}[unit] for number, unit in SIZE.findall(text)]


@pytest.mark.parametrize("role", SERVICES)
def test_a_role_takes_large_bodies_where_it_has_the_address_and_nowhere_else(role: str) -> None:
    wanted = {each.match: each.size for each in LARGE if each.app in apps_of(role)}
    assert sizes_in(front_door(role)) == wanted | {"": EVERYWHERE}


def test_the_reverse_proxy_takes_the_same() -> None:
    said = (DEPLOY / "butik.conf").read_text()
    assert sizes_in(said) == {each.match: each.size for each in LARGE} | {"": EVERYWHERE}
    assert f"limit_conn butik_caller {limits.EACH};" in said
    assert said.count(f"_timeout {limits.PATIENCE}s;") == 2
    assert "proxy_request_buffering off;" in said


def test_only_an_emergency_cloud_takes_backups() -> None:
    assert [role for role in SERVICES if any(each.size > 200 * MB for each in large_places(apps_of(role)))] == [
        "emergency"
    ]


def test_what_a_call_reads_the_front_door_lets_through() -> None:
    sizes = {each.match: each.size for each in LARGE}
    assert sizes["= /api/pos/v1/journal"] == journal_call.LIMIT
    assert sizes["= /api/emergency/v1/journal"] == emergency_calls.JOURNAL_LIMIT
    assert sizes["= /api/sync/v1/push"] == sync_wire.PACKED_LIMIT
    assert sizes["/api/vault/"] >= slot.LARGEST


@pytest.mark.parametrize("role", SERVICES)
def test_every_place_is_counted_for_each_caller_and_for_all(role: str) -> None:
    text = front_door(role)
    for match, block in LOCATION.findall(text):
        if "proxy_pass" in block:
            assert re.search(r"limit_conn caller \d+; limit_conn \w+ \d+;", block), match
    zones = set(re.findall(r"zone=(\w+):", text))
    assert set(re.findall(r"limit_conn (\w+) \d+;", text)) <= zones


def test_pages_and_streams_leave_room_for_calls() -> None:
    left = limits.CONNECTIONS - 2 * (limits.PAGES_AT_ONCE + limits.STREAMS_AT_ONCE)
    assert left >= 2 * limits.CALLS_AT_ONCE > 1000


def test_the_longest_bodies_have_a_bounded_place_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    data = tmp_path / "data"
    folder = spool_folder(data, str(tmp_path / "spool"))
    assert data not in folder.parents
    assert folder != spool_folder(tmp_path / "other", str(tmp_path / "spool"))
    assert data not in spool_folder(data, "").parents
    gigabytes = {role: spool_needed(apps_of(role)) / 2**30 for role in SERVICES}
    assert gigabytes == pytest.approx({"store": 1.06, "chain": 0.81, "emergency": 2.8}, abs=0.1)
