"""What `butik demo` refuses, and what it never touches. That it runs is proven by the journey and by hand."""

import base64
import io
import socket
from pathlib import Path

import pytest
from rich.console import Console

from butik.simulator.demo import show
from butik.simulator.demo.command import demo
from butik.simulator.demo.folder import (
    MARKER,
    NotOursError,
    delete_folder,
    make_secrets,
    prepared_folder,
    read_secrets,
    write_secrets,
)
from butik.simulator.demo.people import ADMINISTRATOR, APPROVERS, ASSISTANTS, managers
from butik.simulator.demo.plan import CHAIN, EMERGENCY, SHOPS, Plan
from butik.simulator.demo.second_factor import code_at
from butik.staff.pin_rules import check_pin_choice


def test_it_deletes_nothing_that_is_no_demo(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("ten years of work")
    with pytest.raises(NotOursError):
        delete_folder(tmp_path)
    for reset in (True, False):
        with pytest.raises(NotOursError), prepared_folder(tmp_path, reset=reset):
            pass
    assert (tmp_path / "thesis.txt").exists()


def test_it_deletes_nothing_behind_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    with prepared_folder(real, reset=False):
        pass
    link.symlink_to(real)
    with pytest.raises(NotOursError):
        delete_folder(link)
    assert (real / MARKER).exists()


def test_a_reset_begins_anew(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with prepared_folder(folder, reset=False):
        (folder / "chain").mkdir()
    with prepared_folder(folder, reset=True):
        assert [each.name for each in folder.iterdir()] == [MARKER]


def test_a_start_that_did_not_end_is_begun_anew_and_one_that_did_is_kept(tmp_path: Path) -> None:
    secrets = make_secrets([], [])
    for is_ready in (False, True):
        with prepared_folder(tmp_path, reset=False):
            secrets.is_ready = is_ready
            write_secrets(tmp_path, secrets)
        with prepared_folder(tmp_path, reset=False):
            assert (read_secrets(tmp_path) is not None) == is_ready


def test_a_demo_that_runs_is_left_alone(tmp_path: Path) -> None:
    with prepared_folder(tmp_path, reset=False):
        (tmp_path / "chain").mkdir()
        for reset in (True, False):
            with pytest.raises(NotOursError, match="Another demo runs"), prepared_folder(tmp_path, reset=reset):
                pass
        assert (tmp_path / "chain").exists()


def test_its_secrets_are_its_own_and_for_nobody_else(tmp_path: Path) -> None:
    secrets = make_secrets(["alice@demo.example"], ["101"])
    assert secrets != make_secrets(["alice@demo.example"], ["101"])
    write_secrets(tmp_path, secrets)
    assert read_secrets(tmp_path) == secrets
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_its_pins_are_none_that_a_manager_would_be_refused() -> None:
    for _ in range(300):
        check_pin_choice(make_secrets([], ["101"]).pins["101"])


def test_its_code_is_the_one_of_the_standard() -> None:
    """RFC 6238, appendix B, the last six of its eight digits."""
    secret = base64.b32encode(b"12345678901234567890").decode()
    assert [code_at(secret, moment) for moment in (59, 1111111109, 20000000000)] == ["287082", "081804", "353130"]


def test_a_taken_port_is_said_before_anything_starts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        folder = tmp_path / "demo"
        assert demo(["--port-base", str(port), "--folder", str(folder)]) == 2
    said = capsys.readouterr().out
    assert f"Port {port} is taken" in said.replace("\n", " ")
    assert "--port-base" in said
    assert not folder.exists()


def test_a_missing_file_is_said_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert demo(["--articles", str(tmp_path / "none.csv"), "--folder", str(tmp_path / "demo")]) == 2
    assert "There is no file" in capsys.readouterr().out


def test_each_service_has_a_folder_and_a_port_of_its_own(tmp_path: Path) -> None:
    plan = Plan(tmp_path)
    environments = [plan.environment(key) for key in (CHAIN, EMERGENCY, *(shop.key for shop in SHOPS))]
    assert len({each["BUTIK_DATA"] for each in environments}) == len(environments)
    assert len({each["BUTIK_URL"] for each in environments}) == len(environments)
    assert [each["BUTIK_ROLE"] for each in environments] == ["chain", "emergency", *("store" for _ in SHOPS)]
    assert len(plan.ports) == len(environments) + 2
    assert all(name.startswith("BUTIK_") for each in environments for name in each)


@pytest.mark.parametrize("width", [None, 40, 80])
def test_nothing_that_one_must_copy_is_cut(width: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a narrow terminal, and in a file, which has no width at all."""
    shown = io.StringIO()
    monkeypatch.setattr(show, "console", Console(file=shown, width=width, highlight=False))
    people = [ADMINISTRATOR, *APPROVERS, *managers()]
    plan = Plan(tmp_path, 9000)
    approvers = [each.email for each in APPROVERS]
    secrets = make_secrets([each.email for each in people], [ASSISTANTS[0].number], approvers)
    invitation = f"{plan.app_url}/#enrol={'x' * 200}"
    show.show_addresses(plan, secrets, invitation)
    addresses = [plan.chain_url, plan.app_url, plan.terminal_url, plan.emergency_url, *map(plan.shop_url, SHOPS)]
    sign_ins = [f"{each.email}  {secrets.people[each.email]}" for each in people]
    for value in (*addresses, *sign_ins, *secrets.pins.values(), invitation, *secrets.second_factors.values()):
        assert value in shown.getvalue()
    assert "…" not in shown.getvalue()
