"""`butik restore FILE`: a service from its archive, checked before anybody can use it."""

import os
import shutil
from pathlib import Path

from butik.environment import text
from butik.lib.command_line import Parser
from butik.serving.archive import ArchiveTrouble, Manifest, read_archive
from butik.serving.dump import FILE_NAMES, POSTGRESQL, check_sqlite, restore_postgresql
from butik.serving.supervisor import say


def restore(arguments: list[str]) -> int:
    """Return the process's exit code; what went wrong is said in a sentence, and then nothing was restored."""
    parser = Parser(
        prog="butik restore",
        description="Put a service back from an archive of `butik backup`, into an empty data folder, and check it.",
        epilog="The service is named by its settings, as for `butik serve` (docs/operations.md).",
    )
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--identity", type=Path, metavar="FILE", help="the private key that the archive was encrypted to"
    )
    options = parser.parse_args(arguments)
    try:
        manifest = put_back(options.file, identity=options.identity)
        _check_and_note(manifest)
    except (ArchiveTrouble, OSError) as trouble:
        say(str(trouble))
        return 1
    rows = sum(manifest.tables.values())
    say(
        f"Restored the {manifest.role} service of {manifest.made_at:%Y-%m-%d %H:%M} UTC: {rows:,} rows and "
        f"{len(manifest.files) - 1} files, all as they were. Start it with `butik serve`."
    )
    return 0


def put_back(source: Path, *, identity: Path | None) -> Manifest:
    """Database and files in their places. The data folder appears when everything in it was checked, or not at all."""
    role = text("BUTIK_ROLE")
    data = Path(text("BUTIK_DATA", f"data/{role}")).resolve()
    if data.exists() and any(data.iterdir()):
        raise ArchiveTrouble(
            f"{data} is not empty. Nothing is restored over a service: name another folder in BUTIK_DATA."
        )
    data.parent.mkdir(parents=True, exist_ok=True)
    folder = data.with_name(f".{data.name}.restoring")
    shutil.rmtree(folder, ignore_errors=True)  # of an attempt that was cut
    folder.mkdir(mode=0o700)
    try:
        manifest = read_archive(source, folder, identity=identity.read_text().strip() if identity else None)
        _need_same_service(manifest, role)
        dump = folder / FILE_NAMES[manifest.engine]
        if manifest.engine == POSTGRESQL:
            url = text("BUTIK_OWNER_DATABASE_URL") or text("BUTIK_DATABASE_URL")
            _compare(manifest.tables, restore_postgresql(url, dump))
            dump.unlink()
        else:
            _compare(manifest.tables, check_sqlite(dump))
            dump.rename(folder / "butik.sqlite3")
        if data.exists():
            data.rmdir()
        folder.rename(data)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return manifest


def _need_same_service(manifest: Manifest, role: str) -> None:
    if manifest.role != role:
        raise ArchiveTrouble(f"This is the archive of a {manifest.role} service; BUTIK_ROLE says {role or 'nothing'}.")
    if (manifest.engine == POSTGRESQL) != bool(text("BUTIK_DATABASE_URL")):
        raise ArchiveTrouble(f"The archive is of a database on {manifest.engine}; BUTIK_DATABASE_URL says otherwise.")


def _compare(expected: dict[str, int], found: dict[str, int]) -> None:
    differing = sorted(name for name in expected if found.get(name) != expected[name])
    if differing:
        first = differing[0]
        raise ArchiveTrouble(
            f"{len(differing)} tables are not as they were: {first} has {found.get(first, 0)} rows, "
            f"not {expected[first]}."
        )


def _check_and_note(manifest: Manifest) -> None:
    """Bring the database to this version, try the keys, and say that it was restored: others bring what it missed."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "butik.settings")
    django.setup()
    from butik.serving.migrating import migrate

    if not migrate(owner_url=text("BUTIK_OWNER_DATABASE_URL")):
        raise ArchiveTrouble("The data was restored, but could not be brought to this version of Butik; see above.")
    trouble = _key_trouble()
    if trouble:
        raise ArchiveTrouble(f"The data was restored, but its keys do not fit it: {trouble}")
    _note_restore()


def _key_trouble() -> str:
    """Whether the private keys in the folder are those whose public halves the database knows."""
    from django.conf import settings

    from butik.organisation.installation import organisations_here, this_installation
    from butik.organisation.keys import chain_root, service_key
    from butik.organisation.models import Chain, Store
    from butik.organisation.tenancy import tenant_scope

    here, secrets = this_installation(), settings.BUTIK_DATA / "secrets"
    for organisation in organisations_here():
        with tenant_scope([organisation]):
            if here.store_id:
                known = bytes(Store.objects.get(organisation_id=organisation, pk=here.store_id).key or b"")
                if not (secrets / "service.key").exists() or service_key().public != known:
                    return "the store's own key is another."
            if here.role == "chain":
                for chain in Chain.objects.filter(organisation_id=organisation):
                    if not (secrets / f"chain-{chain.id}.key").exists():
                        return f"the root key of chain {chain} is missing."
                    if chain_root(chain.id).public != bytes(chain.root_key or b""):
                        return f"the root key of chain {chain} is another."
    return ""


def _note_restore() -> None:
    from django.apps import apps
    from django.db import transaction

    with transaction.atomic():
        if apps.is_installed("butik.sync"):
            from butik.sync.restored import note_restore

            note_restore()
        else:
            from butik.live.actions import begin_epoch

            begin_epoch()
