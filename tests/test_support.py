"""The ground that other tests stand on: databases, processes and the browser do what they promise."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import psutil
import psycopg
import pytest
from django.contrib.sessions.models import Session
from django.db import connection

from tests.support.chromium import browser_context, running_chromium
from tests.support.ports import LOOPBACK, free_port, free_row, is_port_free, require_free_ports
from tests.support.postgres import APP, OWNER, Postgres
from tests.support.processes import running, start

ROOT = Path(__file__).resolve().parent.parent


class TestPostgres:
    @pytest.fixture
    def database(self, postgres: Postgres) -> str:
        postgres.create_database("support")
        with psycopg.connect(postgres.url("support", OWNER)) as owner:
            owner.execute("CREATE TABLE receipt (id bigint GENERATED ALWAYS AS IDENTITY, shop text)")
            owner.execute("ALTER TABLE receipt ENABLE ROW LEVEL SECURITY")
            owner.execute("CREATE POLICY shop ON receipt USING (shop = current_setting('butik.shop', true))")
        return "support"

    @pytest.fixture(autouse=True)
    def dropped(self, postgres: Postgres) -> Iterator[None]:
        yield
        postgres.drop_database("support")

    def test_it_lets_the_app_write_rows_but_own_nothing(self, postgres: Postgres, database: str) -> None:
        with psycopg.connect(postgres.url(database, APP), autocommit=True) as app:
            app.execute("SET butik.shop = 'Aarhus'")
            app.execute("INSERT INTO receipt (shop) VALUES ('Aarhus')")
            for forbidden in ("DROP TABLE receipt", "TRUNCATE receipt", "CREATE TABLE mine (id int)"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    app.execute(forbidden)

    def test_it_holds_the_app_to_row_level_security(self, postgres: Postgres, database: str) -> None:
        with psycopg.connect(postgres.url(database, APP), autocommit=True) as app:
            app.execute("SET butik.shop = 'Aarhus'")
            app.execute("INSERT INTO receipt (shop) VALUES ('Aarhus')")
            app.execute("SET butik.shop = 'Odense'")
            assert app.execute("SELECT count(*) FROM receipt").fetchone() == (0,)

    def test_it_is_durable_as_in_a_shop(self, postgres: Postgres, database: str) -> None:
        with psycopg.connect(postgres.url(database, APP)) as app:
            assert app.execute("SHOW fsync").fetchone() == ("on",)
            assert app.execute("SHOW synchronous_commit").fetchone() == ("on",)

    def test_it_does_not_outlive_a_killed_test_run(self) -> None:
        program = (
            "import time; from tests.support.postgres import running_postgres\n"
            "with running_postgres() as server: print(server.port, server.folder, flush=True); time.sleep(60)"
        )
        with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True) as run:
            assert run.stdout is not None
            number, folder = run.stdout.readline().split()
            port = int(number)
            assert not is_port_free(port)
            run.kill()
        assert _soon(lambda: is_port_free(port))
        shutil.rmtree(folder)


class TestPorts:
    def test_they_are_none_that_the_system_hands_out(self) -> None:
        lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
        assert all(1024 < port < lowest for port in (free_port(), free_row() + 99))

    def test_another_process_is_given_others(self) -> None:
        program = "from tests.support.ports import free_port, free_row; print(free_port(), free_row())"
        said = [
            subprocess.run(
                [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
            ).stdout.split()
            for _ in range(5)
        ]
        theirs = {int(port) // 100 for ports in said for port in ports}
        assert free_port() // 100 not in theirs
        assert free_row() // 100 != free_port() // 100

    def test_a_port_in_use_is_not_given(self) -> None:
        first = free_port()
        with socket.socket() as listener:
            listener.bind((LOOPBACK, (first // 100) * 100 + (first + 1) % 100))
            listener.listen()
            assert listener.getsockname()[1] not in {free_port() for _ in range(99)}


class TestProcesses:
    def test_it_ends_the_whole_group(self, tmp_path: Path) -> None:
        child = start(["/bin/sh", "-c", "sleep 60 & sleep 60"], log=tmp_path / "log")
        assert _soon(lambda: len(psutil.Process(child.process.pid).children()) == 2)
        family = psutil.Process(child.process.pid).children()
        child.stop()
        assert _soon(lambda: not any(member.is_running() for member in family))

    def test_it_waits_until_a_server_answers(self, tmp_path: Path) -> None:
        port = free_port()
        server = [sys.executable, "-m", "http.server", str(port), "--bind", LOOPBACK]
        with running(server, log=tmp_path / "log", folder=tmp_path, answers_at=f"http://{LOOPBACK}:{port}/"):
            with pytest.raises(RuntimeError, match=f"already listens on port {port}"):
                require_free_ports(port)
        require_free_ports(port)

    def test_it_shows_why_a_server_never_came(self, tmp_path: Path) -> None:
        with (
            pytest.raises(RuntimeError, match="no such shop"),
            running(
                ["/bin/sh", "-c", "echo no such shop; exit 3"],
                log=tmp_path / "log",
                answers_at=f"http://{LOOPBACK}:{free_port()}/",
            ),
        ):
            pass

    def test_it_signals_children_of_a_killed_parent(self, tmp_path: Path) -> None:
        program = (
            "import time; from pathlib import Path; from tests.support.processes import start\n"
            "child = start(['/bin/sleep', '60'], log=Path('log')); print(child.process.pid, flush=True); time.sleep(60)"
        )
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        with subprocess.Popen(
            [sys.executable, "-c", program], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
        ) as parent:
            assert parent.stdout is not None
            child = psutil.Process(int(parent.stdout.readline()))
            assert _soon(lambda: child.name() == "sleep")
            parent.send_signal(signal.SIGKILL)
        assert _soon(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


@pytest.mark.postgres
class TestDjangoOnPostgres:
    @pytest.mark.django_db
    def test_it_runs_as_the_app(self) -> None:
        assert _signed_in_as() == APP

    @pytest.mark.parametrize("time", ["first", "second"])
    @pytest.mark.django_db(transaction=True)
    def test_it_begins_with_empty_tables_each_time(self, time: str) -> None:
        assert _signed_in_as() == APP
        assert not Session.objects.exists()
        Session.objects.create(session_key=time, session_data="", expire_date=datetime.now(tz=UTC))


def _signed_in_as() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return str(cursor.fetchone()[0])


@pytest.mark.browser
class TestChromium:
    @pytest.fixture
    def address(self) -> Iterator[str]:
        server = ThreadingHTTPServer((LOOPBACK, 0), Page)
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()
        server.server_close()

    def test_it_opens_a_page(self, address: str) -> None:
        with running_chromium() as browser:
            page = browser.new_page()
            page.goto(address)
            assert page.get_by_role("heading").inner_text() == "Open"

    def test_it_is_the_same_device_again_with_the_same_profile(self, address: str, tmp_path: Path) -> None:
        for expected in (None, "yes"):
            with browser_context(
                profile=tmp_path, arguments=["--host-resolver-rules=MAP shop.test 127.0.0.1"]
            ) as context:
                page = context.new_page()
                page.goto(address.replace("localhost", "shop.test"))
                assert page.evaluate("localStorage.getItem('enrolled')") == expected
                page.evaluate("localStorage.setItem('enrolled', 'yes')")


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<h1>Open</h1>")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class named it
        pass


def _soon(condition: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False
