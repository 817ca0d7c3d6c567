"""The front door: nginx joins pages, calls and streams into one origin (docs/decisions/0002)."""

import json
import os
import resource
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from butik.serving import limits
from butik.serving.data_folder import Sockets
from butik.serving.limits import Large
from butik.serving.nginx import HTTP2_BY_ITSELF, Nginx
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

# Every call may be made twice: what it writes has an identity. A refusal is told to machines as they are told all.
# A 500 of nginx's own (a service's passes through) is a body that found no room in the spool folder.
CALLS = """proxy_next_upstream error timeout non_idempotent;
            error_page 413 @too_large;
            error_page 429 @too_many;
            error_page 500 =507 @no_room;
            proxy_pass http://calls;"""

COMPRESSED = "text/css text/plain text/javascript application/json application/manifest+json image/svg+xml"


@dataclass(frozen=True, slots=True)
class Tls:
    """What the outside sees, and the certificate when it is ours to show."""

    scheme: str
    certificate: str = ""
    key: str = ""


def frame(site: str, spool: str = "spool") -> str:
    """One process and no workers of its own: a worker would outlive a killed master, and go on answering.

    `spool`: where long bodies and answers wait; without a word beside the configuration.
    """
    return f"""daemon off;
master_process off;
pid nginx.pid;
error_log stderr error;
events {{
    worker_connections {limits.CONNECTIONS};
}}
http {{{MIME_TYPES}
    # a distribution's nginx would have these where only its own service may write
    client_body_temp_path "{spool}/bodies";
    proxy_temp_path "{spool}/answers";
    fastcgi_temp_path unused;
    uwsgi_temp_path unused;
    scgi_temp_path unused;
    access_log off;
    server_tokens off;
    sendfile on;
    tcp_nopush on;
    client_header_timeout {limits.PATIENCE}s;
    client_body_timeout {limits.PATIENCE}s;
    keepalive_timeout 5m;
    keepalive_requests 100000;
    reset_timedout_connection on;
    gzip_types {COMPRESSED};
    gzip_min_length 1024;
    gzip_proxied any;
    gzip_vary on;
{site}}}
"""


def listen(address: str, tls: Tls, nginx: Nginx) -> str:
    if not tls.certificate:
        return f"listen {address};"
    http2 = "ssl;\n        http2 on;" if nginx.version >= HTTP2_BY_ITSELF else "ssl http2;"
    return f"""listen {address} {http2}
        ssl_certificate "{tls.certificate}";
        ssl_certificate_key "{tls.key}";
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_session_cache shared:tls:2m;
        add_header Strict-Transport-Security "max-age=31536000" always;"""


def service_config(
    *,
    address: str,
    sockets: Sockets,
    package: Path,
    tls: Tls,
    nginx: Nginx,
    apps: Collection[str],
    spool: Path,
    proxies: Collection[str],
) -> str:
    """Calls, streams and pages each to their own process; our own files straight from the package.

    A body is read to its end, onto the disk when it is long, before Python hears of it: a slow line holds no thread.
    How long it may be, and how many may be on their way, says `limits.py`: pages and streams leave room for calls.
    An idle connection inwards is closed before granian does it (30 s), so that no call meets one that is just closing.
    """
    upstreams = "".join(
        _upstream(name, paths)
        for name, paths in (("calls", sockets.calls), ("live", [sockets.live]), ("pages", [sockets.pages]))
    )
    return frame(
        f"""{limits.zones(apps)}    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-Proto {tls.scheme};
    proxy_set_header X-Forwarded-For $remote_addr;
{_callers_behind(proxies)}    proxy_connect_timeout 5s;
    proxy_read_timeout 10m;
    proxy_buffers 16 16k;
{upstreams}    server {{
        {listen(address, tls, nginx)}
        location /api/ {{
            {limits.counted("calls", limits.CALLS_AT_ONCE)}
            {CALLS}
        }}
{"".join(_large(each) for each in limits.large_places(apps))}        location @too_large {{
            default_type application/problem+json;
            return 413 '{_problem("too-large", 413, "The body is too large.")}';
        }}
        location @no_room {{
            default_type application/problem+json;
            return 507 '{_problem("disk-full", 507, "The service has no room for the body. Nothing was stored.")}';
        }}
        location @too_many {{
            default_type application/problem+json;
            add_header Retry-After 1 always;
            return 429 '{_problem("too-many", 429, "Too many calls at a time.")}';
        }}
        location /live/ {{
            {limits.counted("streams", limits.STREAMS_AT_ONCE)}
            error_page 429 @too_many;
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
            {limits.counted("pages", limits.PAGES_AT_ONCE)}
            gzip on;
            proxy_pass http://pages;
        }}
        location @pages {{
            {limits.counted("pages", limits.PAGES_AT_ONCE)}
            proxy_pass http://pages;
        }}
    }}
""",
        str(spool),
    )


def _large(large: Large) -> str:
    """The same as the rest of where it goes, but for the size and how many there may be."""
    goes_to = CALLS if large.goes_to == "calls" else "gzip on;\n            proxy_pass http://pages;"
    return f"""        location {large.match} {{
            {limits.counted(limits.zone_of(large), large.at_once, large.each)}
            client_max_body_size {large.size // limits.MB}m;
            {goes_to}
        }}
"""


def _problem(kind: str, status: int, title: str) -> str:
    return json.dumps({"type": kind, "title": title, "status": status})


def _callers_behind(proxies: Iterable[str]) -> str:
    """What a proxy of ours says of its caller is believed; what anybody else says is not."""
    trusted = "".join(f"    set_real_ip_from {each};\n" for each in proxies)
    return f"{trusted}    real_ip_header X-Forwarded-For;\n    real_ip_recursive on;\n" if trusted else ""


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


def front_door(config: str, folder: Path, listener: int, nginx: Nginx) -> Child:
    """Write the configuration and return the child that runs nginx on a port which is already listened on."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "spool").mkdir(mode=0o700, exist_ok=True)
    (folder / "nginx.conf").write_text(config)

    def run() -> None:
        _allow_files(2 * limits.CONNECTIONS)
        if listener == LENT:
            os.set_inheritable(LENT, True)  # noqa: FBT003
        else:
            os.dup2(listener, LENT)
        # NGINX names the sockets that a predecessor hands on: nginx's own way to change its binary without a gap
        environment = {"PATH": os.defpath, "NGINX": f"{LENT};"}
        os.execve(nginx.program, ["nginx", "-p", f"{folder}/", "-c", "nginx.conf", "-e", "stderr"], environment)  # noqa: S606

    return Child("front door", run)


def _allow_files(wanted: int) -> None:
    """Each connection is an open file; what the system lets a process have by itself is far fewer."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))
