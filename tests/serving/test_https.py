"""A service with a name and a certificate of its own."""

import ssl
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.serving.service import make_service
from tests.support.ports import free_port

NAME = "localhost"


@pytest.fixture
def pem(tmp_path: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = tmp_path / "certificate.pem", tmp_path / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


def test_it_answers_under_its_certificate_and_keeps_cookies_to_https(tmp_path: Path, pem: tuple[Path, Path]) -> None:
    port = free_port()
    service = make_service(
        tmp_path,
        BUTIK_URL=f"https://{NAME}:{port}",
        BUTIK_PORT=str(port),
        BUTIK_TLS=str(pem[0]),
        BUTIK_TLS_KEY=str(pem[1]),
    )
    child = service.start()
    try:
        _wait_for_line(child.log, "store service ready at")
        trust = ssl.create_default_context(cafile=str(pem[0]))
        with httpx.Client(base_url=f"https://{NAME}:{port}", verify=trust, trust_env=False) as client:
            page = client.get("/accounts/login/")
            assert page.status_code == 200
            assert "max-age" in page.headers["Strict-Transport-Security"]
            cookie = page.headers["Set-Cookie"]
            assert cookie.startswith("__Host-butik-store-")
            assert "; Secure" in cookie
            assert client.get("/live/health").status_code == 200
        plain = httpx.get(f"http://{NAME}:{port}/accounts/login/", trust_env=False)
        assert plain.status_code == 400
    finally:
        child.stop()


def _wait_for_line(log: Path, line: str) -> None:
    deadline = time.monotonic() + 30
    while line not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
