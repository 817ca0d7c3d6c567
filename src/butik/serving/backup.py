"""`butik backup FILE`: a whole service in one encrypted file, while it goes on."""

import tempfile
from pathlib import Path

import pyrage

from butik import __version__
from butik.environment import text
from butik.lib.clock import now
from butik.lib.command_line import Parser
from butik.lib.files import write_new
from butik.serving.archive import (
    FORMAT,
    ArchiveTrouble,
    Manifest,
    describe_file,
    kept_files,
    write_archive,
)
from butik.serving.dump import FILE_NAMES, POSTGRESQL, SQLITE, dump_postgresql, dump_sqlite
from butik.serving.supervisor import say


def backup(arguments: list[str]) -> int:
    """Return the process's exit code; what went wrong is said in a sentence."""
    parser = Parser(
        prog="butik backup",
        description="Copy a whole service, while it runs, into one file: database, keys and what else it keeps.",
        epilog="The service is named by its settings, as for `butik serve` (docs/operations.md).",
    )
    parser.add_argument("file", type=Path, help="the archive to write, such as store-12.butik")
    seal = parser.add_mutually_exclusive_group(required=True)
    seal.add_argument("--recipient", metavar="age1…", help="encrypt it to this key; `butik backup_key` makes one")
    seal.add_argument("--unencrypted", action="store_true", help="whoever reads the file then has the service's keys")
    options = parser.parse_args(arguments)
    try:
        manifest = back_up(options.file, recipient=options.recipient)
    except (ArchiveTrouble, OSError) as trouble:
        say(str(trouble))
        return 1
    rows = sum(manifest.tables.values())
    say(f"{options.file}: {options.file.stat().st_size:,} bytes, {rows:,} rows of {len(manifest.tables)} tables.")
    return 0


def backup_key(arguments: list[str]) -> int:
    """`butik backup_key FILE`: a new age identity for archives."""
    parser = Parser(prog="butik backup_key", description="Make a key that archives are encrypted to.")
    parser.add_argument("file", type=Path, help="where to put the private key; keep it away from the service")
    path = parser.parse_args(arguments).file
    identity = pyrage.x25519.Identity.generate()
    try:
        if not write_new(path, f"{identity}\n".encode()):
            say(f"{path} exists already: a key is never overwritten.")
            return 1
    except OSError as error:
        say(f"{path} cannot be written: {error.strerror}.")
        return 1
    say(f"Recipient: {identity.to_public()}")
    return 0


def back_up(target: Path, *, recipient: str | None) -> Manifest:
    """Raises ArchiveTrouble. The service may run meanwhile: the copy is of one moment."""
    role = text("BUTIK_ROLE")
    data = Path(text("BUTIK_DATA", f"data/{role}")).resolve()
    if not (data / "secrets").is_dir():
        raise ArchiveTrouble(
            f"{data} is no service's data folder. Set BUTIK_ROLE and BUTIK_DATA as the service has them."
        )
    url = text("BUTIK_BACKUP_DATABASE_URL") or text("BUTIK_DATABASE_URL")
    engine = POSTGRESQL if url else SQLITE
    target = target.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".butik-backup-") as folder:
        dump = Path(folder) / FILE_NAMES[engine]
        tables = dump_postgresql(url, dump) if url else dump_sqlite(data / "butik.sqlite3", dump)
        # after the database: a file that a row names is there, and one too many does no harm
        files = {dump.name: dump} | kept_files(data)
        manifest = Manifest(
            format=FORMAT,
            role=role,
            engine=engine,
            version=__version__,
            made_at=now(),
            tables=tables,
            files={name: describe_file(path) for name, path in files.items()},
        )
        write_archive(target, manifest, files, recipient=recipient)
    return manifest
