"""The POS app's own host: static files only, by nginx alone. No service of a chain stands behind it (truth 12)."""

import tempfile
from pathlib import Path

from butik.environment import text
from butik.lib.command_line import Parser
from butik.serving.address import answers
from butik.serving.front_door import frame, front_door
from butik.serving.nginx import find_nginx
from butik.serving.ports import PortTaken, claim_port, listener_address
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

HEADERS = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": PERMISSIONS,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def site_config(*, address: str, files: Path) -> str:
    """Hashed assets are kept for ever; the page and its worker are asked for again each time."""
    always = "".join(f'        add_header {name} "{value}" always;\n' for name, value in HEADERS.items())
    return frame(f"""    gzip on;
    server {{
        listen {address};
        root "{files}";
        location = /health {{
            return 200 "ok";
        }}
        location ^~ /assets/ {{
            try_files $uri =404;
{always}            add_header Cache-Control "public, max-age=31536000, immutable";
        }}
        # a file that is not there is no page: a browser would take it for a script
        location ~ "[.][a-z0-9]+$" {{
            try_files $uri =404;
{always}            add_header Cache-Control no-cache always;
            add_header Service-Worker-Allowed /;
        }}
        location / {{
            rewrite ^ /index.html break;
{always}            add_header Cache-Control no-cache always;
        }}
    }}
""")


def serve_pos_app(arguments: list[str]) -> int:
    parser = Parser(prog="butik serve_pos_app", description="Serve the POS app's files, nothing else.")
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
    try:
        nginx = find_nginx(text("BUTIK_NGINX"))
    except FileNotFoundError as problem:
        say(str(problem))
        return 1
    with listener, tempfile.TemporaryDirectory(prefix="butik-pos-app-") as folder:
        config = site_config(address=listener_address(listener), files=options.files.resolve())
        child = front_door(config, Path(folder), listener.fileno(), nginx)
        address = f"http://localhost:{options.port}"
        return Supervisor(
            [child], is_ready=lambda: answers(options.bind, options.port, "/health"), when_ready=f"POS app at {address}"
        ).run()
