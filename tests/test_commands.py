"""Every command of the project takes what another one printed, and makes files that are its user's alone."""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, get_commands, load_command_class

from butik import cli
from butik.lib.command_line import Parser, join_values

SOURCE = Path(__file__).resolve().parents[1] / "src" / "butik"
AWKWARD = ("-AbC", "-h0", "-vxyz", "--AbC", "---", "-", "-1", "-key", "--=x")  # base64url may begin like any of these
OURS = sorted(name for name, app in get_commands().items() if app.startswith("butik."))


def options() -> Iterator[tuple[str, str]]:
    for name in OURS:
        for action in parser_of(name)._actions:
            if action.nargs is None and action.option_strings:
                yield name, action.option_strings[-1]


def parser_of(command: str) -> argparse.ArgumentParser:
    return load_command_class(get_commands()[command], command).create_parser("butik", command)


@pytest.mark.parametrize(("command", "option"), list(options()))
def test_every_option_takes_a_value_that_begins_with_a_dash(command: str, option: str) -> None:
    parser = parser_of(command)
    action = parser._option_string_actions[option]
    action.type = action.choices = None  # what a value means is the command's own affair
    for each in parser._actions:
        each.required = False
    for value in AWKWARD:
        if value in parser._option_string_actions:
            continue
        words = cli.with_values(["butik", command, option, value])
        given, left = parser.parse_known_args(words[2:])
        assert (getattr(given, action.dest), left) in ((value, []), ([value], [])), words


def test_the_commands_are_those_of_the_project() -> None:
    assert {"certify_store", "rebuild_store", "join_chain", "create_person"} <= set(OURS)
    assert len(list(options())) > 40


def test_no_command_reads_its_arguments_otherwise() -> None:
    found = [path for path in SOURCE.rglob("*.py") if "argparse.ArgumentParser(" in path.read_text()]
    assert [path.name for path in found if path.name != "command_line.py"] == []


def test_the_name_of_an_option_is_no_value(capsys: pytest.CaptureFixture[str]) -> None:
    parser = Parser(prog="butik x")
    parser.add_argument("--key")
    parser.add_argument("--papers")
    parser.add_argument("rest", nargs="*")
    assert join_values(parser, ["--key", "--papers", "x"]) == ["--key", "--papers", "x"]
    with pytest.raises(SystemExit):
        parser.parse_args(["--key", "--papers", "x"])
    assert "argument --key: expected one argument" in capsys.readouterr().err
    given = parser.parse_args(["--key", "-a", "--papers=-b", "--", "--key", "-c"])
    assert (given.key, given.papers, given.rest) == ("-a", "-b", ["--key", "-c"])


def test_the_words_reach_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["butik", "certify_store", "--root-file", "/nowhere", "--pairing", "x",
                                      "--store", "0" * 32, "--key", "-" + "A" * 42, "--key-version", "2"])  # fmt: skip
    before = os.umask(0o077)
    try:
        with pytest.raises((CommandError, SystemExit)) as refused:
            cli.main()
    finally:
        os.umask(before)
    assert "expected one argument" not in str(refused.value)


@pytest.mark.parametrize("command", [["generate_articles", "made.csv", "--size=60"], ["backup_key", "made.csv"]])
def test_what_a_command_makes_is_its_users_alone(command: list[str], tmp_path: Path) -> None:
    """Whatever umask the shell has: it is set at the entrance, for all of them."""
    done = subprocess.run(
        ["/bin/sh", "-c", 'umask 0022; exec "$@"', "sh", sys.executable, "-m", "butik", *command],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "made.csv").stat().st_mode & 0o077 == 0
