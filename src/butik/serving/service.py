"""`butik serve`: one service, from an empty data folder to an answered /health."""

import gc
import logging
import socket
import sys
from pathlib import Path

from butik.lib.command_line import Parser
from butik.serving.address import Address, BadAddress, answers, read_address, read_proxies, socket_answers
from butik.serving.data_folder import FolderInUse, Sockets, lock_folder, make_sockets
from butik.serving.founding import NotFounded, found, need_files, need_room
from butik.serving.front_door import front_door, service_config
from butik.serving.limits import spool_folder
from butik.serving.nginx import find_nginx
from butik.serving.ports import PortTaken, claim_port, listener_address
from butik.serving.supervisor import Supervisor, say

# httpx's command line would bring rich and pygments along; with the other granian would give our children its own names
NOT_FOR_A_SERVICE = ("httpx._main", "setproctitle")


def serve(arguments: list[str]) -> int:
    """Run until SIGTERM or SIGINT. Return the process's exit code."""
    parser = Parser(
        prog="butik serve", description="Run one service; it is set up by BUTIK_ variables (docs/settings.md)."
    )
    parser.add_argument("--new", action="store_true", help="first found a new, empty one, as `butik found_service`")
    options = parser.parse_args(arguments)
    from django.core.exceptions import ImproperlyConfigured

    try:
        return _serve(new=options.new)
    except (ImproperlyConfigured, FileNotFoundError, BadAddress, FolderInUse, NotFounded, PortTaken) as problem:
        say(str(problem))
        return 2


def _serve(*, new: bool) -> int:
    import django
    from django.conf import settings

    from butik.environment import text

    data: Path = settings.BUTIK_DATA
    address = read_address(
        url=settings.BUTIK_URL,
        bind=text("BUTIK_BIND"),
        port=text("BUTIK_PORT"),
        tls=text("BUTIK_TLS"),
        tls_key=text("BUTIK_TLS_KEY"),
    )
    if new:
        need_room(data)
    else:
        need_files(data, settings.BUTIK_ROLE, on_sqlite=not text("BUTIK_DATABASE_URL"))
    proxies = read_proxies(text("BUTIK_PROXIES"), tls=text("BUTIK_TLS"))
    lock_folder(data)
    gc.disable()  # what is loaded stays: a collector would only look at it again and again
    with claim_port(address.bind, address.port) as listener:
        django.setup()
        logging.disable(logging.CRITICAL)  # a handler may start a thread; only a process without threads may fork
        for each in NOT_FOR_A_SERVICE:
            sys.modules[each] = None  # type: ignore[assignment]  # as if it were not installed
        from butik.serving.children import load_everything
        from butik.serving.migrating import begin_migration

        owner_url = text("BUTIK_OWNER_DATABASE_URL")
        code = found(owner_url=owner_url) if new else 0
        if not code:
            migrated = begin_migration(owner_url=owner_url)
            load_everything()
            code = migrated()
        if code:
            say("Nothing was started." if code == 2 else "The database could not be brought up to date; see above.")
            return code
        return _supervise(address, data, listener, proxies)


def _supervise(address: Address, data: Path, listener: socket.socket, proxies: list[str]) -> int:
    from django.conf import settings
    from django.db import connection

    from butik.environment import text
    from butik.serving import children

    sockets = make_sockets(data, calls=children.CALL_PROCESSES[connection.vendor])
    nginx = find_nginx(text("BUTIK_NGINX"))
    config = service_config(
        address=listener_address(listener),
        sockets=sockets,
        package=settings.PACKAGE,
        tls=address.tls,
        nginx=nginx,
        apps=[app for _, app in settings.ROLE.urls],
        spool=spool_folder(data, text("BUTIK_SPOOL")),
        proxies=proxies,
    )
    members = [
        children.web("pages", sockets.pages, threads=children.PAGE_THREADS),
        *(children.web("calls", each, threads=1) for each in sockets.calls),
        children.live(sockets.live),
        children.worker(),
        front_door(config, data / "front", listener.fileno(), nginx),
    ]
    say(f"front door: {nginx}")
    if warning := nginx.warning(address.bind):
        say(warning)
    return Supervisor(
        members,
        is_ready=lambda: _is_ready(address, sockets),
        when_ready=f"{settings.BUTIK_ROLE} service ready at {address.url}",
    ).run()


def _is_ready(address: Address, sockets: Sockets) -> bool:
    """Through the front door, where it does not ask for TLS; and each process that takes calls, which pages do not."""
    if not all(socket_answers(each, "/health") for each in sockets.calls):
        return False
    if address.tls.certificate:
        return socket_answers(sockets.pages, "/health") and socket_answers(sockets.live, "/live/health")
    return all(answers(address.bind, address.port, path) for path in ("/health", "/live/health"))
