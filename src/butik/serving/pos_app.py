"""The POS app's own host: static files only, by Caddy alone. No service of a chain stands behind it (truth 12)."""

import argparse
import tempfile
from pathlib import Path

from butik.serving.address import answers
from butik.serving.front_door import LENT, front_door, global_options
from butik.serving.ports import PortTaken, claim_port
from butik.serving.supervisor import Supervisor, say

FILES = Path(__file__).resolve().parent.parent / "pos_app"

# Stores and emergency clouds are called wherever the signed enrolment says they are: https, or this machine in a demo.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "connect-src 'self' https: http://localhost:* http://127.0.0.1:*",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "style-src 'self'",
        "script-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
PERMISSIONS = ", ".join(
    (
        "camera=(self)",  # enrolment's QR, barcodes
        "local-network-access=(self)",  # a store service at a private address
        "geolocation=()",
        "microphone=()",
        "payment=()",
        "usb=()",
    )
)


def site_config(*, files: Path, storage: Path) -> str:
    """Hashed assets are kept for ever; the page and its worker are asked for again each time."""
    return f"""{global_options(storage, https=False)}
http:// {{
	bind fd/{LENT}
	root "{files}"
	encode zstd gzip
	header {{
		Content-Security-Policy "{POLICY}"
		Permissions-Policy "{PERMISSIONS}"
		Cross-Origin-Opener-Policy same-origin
		Cross-Origin-Resource-Policy same-origin
		Referrer-Policy no-referrer
		X-Content-Type-Options nosniff
		X-Frame-Options DENY
		-Server
	}}
	@worker path /sw.js
	header @worker Service-Worker-Allowed /
	handle /health {{
		respond "ok"
	}}
	@hashed {{
		path /assets/*.*
		file
	}}
	handle @hashed {{
		header Cache-Control "public, max-age=31536000, immutable"
		file_server
	}}
	@page not path *.* /assets/*
	handle @page {{
		header Cache-Control no-cache
		rewrite * /index.html
		file_server
	}}
	handle {{
		header Cache-Control no-cache
		file_server
	}}
}}
"""


def serve_pos_app(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="butik serve_pos_app", description="Serve the POS app's files, nothing else.")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--bind", default="127.0.0.1", help="address to listen on (:: is all)")
    parser.add_argument("--files", type=Path, default=FILES, help="folder of the built app")
    options = parser.parse_args(arguments)
    if not (options.files / "index.html").exists():
        say(f"there is no built POS app in {options.files}; `make` builds it")
        return 1
    try:
        listener = claim_port(options.bind, options.port)
    except PortTaken as taken:
        say(str(taken))
        return 1
    with listener, tempfile.TemporaryDirectory(prefix="butik-pos-app-") as folder:
        config = site_config(files=options.files.resolve(), storage=Path(folder))
        child = front_door(config, Path(folder), listener.fileno())
        address = f"http://localhost:{options.port}"
        return Supervisor(
            [child], is_ready=lambda: answers(options.bind, options.port, "/health"), when_ready=f"POS app at {address}"
        ).run()
