"""A service is founded by a command, once. What is missing or damaged afterwards is a sentence, never a new service."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from butik.serving.founding import NotFounded, need_files
from tests.serving.service import BUTIK, Service, make_service
from tests.support.postgres import OWNER, Postgres

pytestmark = pytest.mark.xdist_group("founding")


def butik(service: Service, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", 'umask 0022; exec "$@"', "sh", BUTIK, *arguments],
        env=service.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Service:
    service = make_service(tmp_path_factory.mktemp("founded"))
    done = butik(service, "found_service")
    assert done.returncode == 0, done.stderr
    return service


@pytest.fixture
def service(founded: Service, tmp_path: Path) -> Service:
    """A copy, to be damaged."""
    shutil.copytree(founded.data, tmp_path / "store")
    return replace(
        founded, data=tmp_path / "store", environment=founded.environment | {"BUTIK_DATA": str(tmp_path / "store")}
    )


def test_what_is_founded_is_the_service_s_alone(founded: Service) -> None:
    """Whatever umask the shell has; the database holds PIN verifiers and sessions."""
    there = [founded.data, *founded.data.rglob("*")]
    assert {"butik.sqlite3", "service.key", "django.key", "founding"} <= {path.name for path in there}
    assert [path for path in there if path.stat().st_mode & 0o077] == []


def test_nothing_is_founded_over_a_service(service: Service) -> None:
    refused = butik(service, "found_service")
    assert (refused.returncode, "Nothing is founded over a service" in refused.stderr) == (2, True)


def test_a_founding_that_was_cut_goes_on(service: Service, tmp_path: Path) -> None:
    (service.data / "secrets" / "founding").rename(service.data / "founding.unfinished")
    refused = butik(service, "serve")
    assert (refused.returncode, "found_service` again" in refused.stderr) == (2, True)
    assert butik(service, "found_service").returncode == 0
    assert butik(service, "shell", "-c", "pass").returncode == 0


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def unmount(data: Path) -> None:
    shutil.rmtree(data)
    data.mkdir()


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "the disk is not mounted": (unmount, "not mounted"),
    "the folder is gone": (shutil.rmtree, "not mounted"),
    "no database": (lambda data: (data / "butik.sqlite3").unlink(), "butik.sqlite3 is missing"),
    "an empty database": (lambda data: empty(data / "butik.sqlite3"), "butik.sqlite3 is empty"),
    "no database but zeros": (lambda data: (data / "butik.sqlite3").write_bytes(bytes(4096)), "is damaged"),
    "no secrets": (lambda data: shutil.rmtree(data / "secrets"), "founding is missing"),
    "no mark": (lambda data: (data / "secrets" / "founding").unlink(), "founding is missing"),
    "an empty mark": (lambda data: empty(data / "secrets" / "founding"), "damaged or empty"),
    "half a mark": (lambda data: cut(data / "secrets" / "founding"), "damaged or empty"),
}


def make_other_database(path: Path) -> None:
    from pysqlite3 import dbapi2

    for each in path.parent.glob("butik.sqlite3*"):
        each.unlink()
    other = dbapi2.connect(path)
    other.execute("PRAGMA journal_mode=WAL")
    other.execute("CREATE TABLE t (x)")
    other.close()


def state(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and "-gate" not in path.name
            and not path.name.endswith((".lock", "-wal", "-shm"))}  # fmt: skip


@pytest.mark.parametrize("what", DAMAGE)
def test_what_is_missing_is_a_sentence(service: Service, what: str) -> None:
    damage, said = DAMAGE[what]
    damage(service.data)
    with pytest.raises(NotFounded, match=said):
        need_files(service.data, "store", on_sqlite=True)


INSIDE: dict[str, tuple[Callable[[Path], object], str]] = {
    "not mounted": DAMAGE["the disk is not mounted"],
    "another database": (lambda data: make_other_database(data / "butik.sqlite3"), "founded before"),
    "half a key": (lambda data: cut(data / "secrets" / "service.key"), "service.key is damaged"),
    "an empty key": (lambda data: empty(data / "secrets" / "django.key"), "django.key is empty"),
}


@pytest.mark.parametrize("what", INSIDE)
def test_it_is_said_at_the_start_and_nothing_is_made_anew(service: Service, what: str) -> None:
    damage, said = INSIDE[what]
    damage(service.data)
    before = state(service.data)
    refused = butik(service, "serve")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr
    assert state(service.data) == before


@pytest.mark.parametrize("command", [["create_person", "x@example.com"], ["migrate"], ["shell", "-c", "pass"]])
def test_no_command_makes_one_either(command: list[str], tmp_path: Path) -> None:
    nowhere = make_service(tmp_path)
    refused = butik(nowhere, *command)
    assert refused.returncode == 2
    assert "There is no store service" in refused.stderr
    assert not nowhere.data.exists()


def test_a_folder_of_another_role_is_named(service: Service) -> None:
    chain = replace(service, environment=service.environment | {"BUTIK_ROLE": "chain"})
    refused = butik(chain, "serve")
    assert (refused.returncode, "folder of a store service" in refused.stderr) == (2, True)


@pytest.fixture
def on_postgres(postgres: Postgres, tmp_path: Path) -> Iterator[Service]:
    for name in ("founded", "other"):
        postgres.drop_database(name)
        postgres.create_database(name)
    named = {"BUTIK_DATABASE_URL": postgres.url("founded"), "BUTIK_OWNER_DATABASE_URL": postgres.url("founded", OWNER)}
    yield make_service(tmp_path, **named)
    for name in ("founded", "other"):
        postgres.drop_database(name)


@pytest.mark.postgres
def test_folder_and_database_must_be_each_other_s(on_postgres: Service, postgres: Postgres) -> None:
    assert butik(on_postgres, "found_service").returncode == 0
    named = {"BUTIK_DATABASE_URL": postgres.url("other"), "BUTIK_OWNER_DATABASE_URL": postgres.url("other", OWNER)}
    elsewhere = replace(on_postgres, environment=on_postgres.environment | named)
    assert "is empty, but its service was founded before" in butik(elsewhere, "serve").stderr
    with psycopg.connect(postgres.url("other", OWNER)) as connection:
        [tables] = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() or [1]
    assert tables == 0
    new = on_postgres.environment | {"BUTIK_DATA": f"{on_postgres.data}-new"}
    refused = butik(replace(on_postgres, environment=new), "serve")
    assert (refused.returncode, "There is no store service" in refused.stderr) == (2, True)
    refused = butik(replace(on_postgres, environment=new), "found_service")
    assert (refused.returncode, "database is not empty" in refused.stderr) == (2, True)
    gone = on_postgres.environment | {"BUTIK_DATABASE_URL": postgres.url("nowhere")}
    refused = butik(replace(on_postgres, environment=gone), "serve")
    assert (refused.returncode, "cannot be read" in refused.stderr, "Traceback" in refused.stderr) == (2, True, False)
    with psycopg.connect(postgres.url("founded", OWNER)) as connection:
        connection.execute("UPDATE organisation_secretfile SET sha256 = 'x' WHERE name = 'founding'")
    refused = butik(on_postgres, "serve")
    assert (refused.returncode, "another service's" in refused.stderr) == (2, True)
