"""The POS app's own host, as `butik serve_pos_app` runs it."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.serving.service import BUTIK, family, left_over
from tests.support.ports import free_port, is_port_free
from tests.support.processes import Child, running


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("app")
    (folder / "assets").mkdir()
    (folder / "index.html").write_text("<title>POS</title>")
    (folder / "sw.js").write_text("self")
    (folder / "assets" / "index-1a2b3c.js").write_text("0;" * 2000)
    return folder


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def host(files: Path, port: int) -> Iterator[Child]:
    command: list[str | Path] = [BUTIK, "serve_pos_app", "--port", str(port), "--files", files]
    # it needs no role, no data folder, no database
    environment = {"PATH": os.environ["PATH"]}
    with running(
        command, log=files.with_suffix(".log"), environment=environment, answers_at=f"http://localhost:{port}/"
    ) as child:
        yield child


@pytest.fixture
def app(host: Child, port: int) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://localhost:{port}", trust_env=False) as client:
        yield client


def test_a_page_is_asked_for_each_time_and_may_do_little(app: httpx.Client) -> None:
    for path in ("/", "/receipts/17", "/index.html"):
        page = app.get(path, follow_redirects=True)
        assert page.text == "<title>POS</title>"
        assert page.headers["Cache-Control"] == "no-cache"
        policy = page.headers["Content-Security-Policy"]
        for part in ("default-src 'self'", "script-src 'self'", "worker-src 'self'", "frame-ancestors 'none'"):
            assert part in policy.split("; ")
        assert "camera=(self)" in page.headers["Permissions-Policy"]
        assert "local-network-access=(self)" in page.headers["Permissions-Policy"]
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["Server"] == "nginx"  # and no version


def test_an_asset_is_kept_for_ever_and_sent_small(app: httpx.Client) -> None:
    asset = app.get("/assets/index-1a2b3c.js")
    assert "immutable" in asset.headers["Cache-Control"]
    assert asset.headers["Content-Encoding"] in {"zstd", "gzip"}
    assert "immutable" not in app.get("/assets/gone.js").headers.get("Cache-Control", "")


def test_the_service_worker_is_asked_for_each_time_and_serves_the_whole_origin(app: httpx.Client) -> None:
    worker = app.get("/sw.js")
    assert worker.headers["Cache-Control"] == "no-cache"
    assert worker.headers["Service-Worker-Allowed"] == "/"


@pytest.mark.parametrize("path", ["/assets/gone.js", "/gone.webmanifest", "/../etc/passwd.x", "/assets/"])
def test_a_file_that_is_not_there_is_not_found(app: httpx.Client, path: str) -> None:
    """Least of all as the page: a browser would take it for a script."""
    assert app.get(path).status_code == 404


def test_there_is_nothing_to_call(app: httpx.Client) -> None:
    assert app.post("/", content=b"x").status_code == 405


def test_it_leaves_nothing_behind(files: Path, tmp_path: Path) -> None:
    port = free_port()
    command: list[str | Path] = [BUTIK, "serve_pos_app", "--port", str(port), "--files", files]
    for number in (signal.SIGKILL, signal.SIGTERM):
        with running(command, log=tmp_path / "log", answers_at=f"http://localhost:{port}/") as child:
            everyone = family(child)
            everyone[0].send_signal(number)
            assert left_over(everyone) == []
    assert is_port_free(port)


def test_an_app_that_was_not_built_is_said(tmp_path: Path) -> None:
    answer = subprocess.run([BUTIK, "serve_pos_app", "--files", tmp_path], capture_output=True, text=True, timeout=60)
    assert answer.returncode == 1
    assert "there is no built POS app" in answer.stderr
