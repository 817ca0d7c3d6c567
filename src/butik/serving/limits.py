"""How much a caller may hand in, where, and how many at a time: one table, for the front door and for `deploy/nginx`.

A stranger may fill what is here and no more: the largest bodies that may wait at a time are a place of their own
(`spool_folder`), whose worst is the sum below, and never the data folder.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

KB = 1024
MB = 1024 * KB

EVERYWHERE = 256 * KB  # every body that is not in the table
IN_MEMORY = 32 * KB  # a body that is longer waits in the spool folder
EACH = 200  # requests and streams of one address at a time: a shop's tills behind one router are one address
PAGES_AT_ONCE = 500
CALLS_AT_ONCE = 600
STREAMS_AT_ONCE = 3900
# Each may take two connections, one on either side; what is left over is for calls: nobody's pages or streams keep a
# till from being answered.
CONNECTIONS = 2 * (PAGES_AT_ONCE + CALLS_AT_ONCE + STREAMS_AT_ONCE)
PATIENCE = 10  # seconds between two pieces of a request: who is slower is not listened to


@dataclass(frozen=True, slots=True)
class Large:
    """An address that takes more. `at_once`: bodies on their way at a time, of all callers together and of each."""

    match: str  # as nginx writes a location
    goes_to: str  # calls or pages
    app: str  # whose address it is: a role without its addresses has no such place
    size: int
    at_once: int
    each: int


LARGE = (
    Large("= /api/pos/v1/journal", "calls", "pos_api", 8 * MB, 64, 40),
    Large("= /api/emergency/v1/journal", "calls", "emergency", 8 * MB, 64, 40),
    Large("= /api/sync/v1/push", "calls", "sync", 2 * MB, 128, 40),
    Large("= /manage/articles/imports/add", "pages", "store_management", 101 * MB, 3, 2),
    Large("/api/vault/", "calls", "vault", 260 * MB, 8, 4),
)


def large_places(apps: Collection[str]) -> list[Large]:
    return [each for each in LARGE if each.app in apps]


def zone_of(large: Large) -> str:
    return "at_" + re.sub(r"\W+", "_", large.match).strip("_")


def zones(apps: Collection[str]) -> str:
    """What is counted. This machine itself is not counted as a caller: a proxy that stands here counts its own."""
    names = ["pages", "calls", "streams", *(zone_of(each) for each in large_places(apps))]
    everybody = "".join(f"    limit_conn_zone $nginx_version zone={name}:32k;\n" for name in names)
    return f"""    geo $counted {{
        default 1;
        127.0.0.1 0;
        ::1 0;
    }}
    map $counted $caller {{
        1 $binary_remote_addr;
        default "";
    }}
    limit_conn_zone $caller zone=caller:2m;
{everybody}    limit_conn_status 429;
    limit_conn_log_level info;
    client_body_buffer_size {IN_MEMORY // KB}k;
    client_max_body_size {EVERYWHERE // KB}k;
"""


def counted(zone: str, at_once: int, each: int = EACH) -> str:
    return f"limit_conn caller {each}; limit_conn {zone} {at_once};"


def spool_needed(apps: Collection[str]) -> int:
    """Bytes that the spool folder holds at worst."""
    whole = (PAGES_AT_ONCE + CALLS_AT_ONCE) * EVERYWHERE
    return whole + sum(each.size * each.at_once for each in large_places(apps))


def spool_folder(data: Path, given: str) -> Path:
    """Where long bodies wait: BUTIK_SPOOL, or a folder of this service's own among the temporary files."""
    name = f"butik-{os.getuid()}-{hashlib.sha256(str(data).encode()).hexdigest()[:12]}-spool"
    folder = Path(given).resolve() / name if given else Path(tempfile.gettempdir()).resolve() / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise FileNotFoundError(f"The folder {folder} belongs to somebody else; BUTIK_SPOOL may name another place.")
    return folder
