"""`butik export_openapi`: write the schemas of the interfaces for machines; `--check` tells whether they drifted."""

from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
from django.apps import apps
from django.core.management.base import BaseCommand, CommandError, CommandParser

from butik.lib.openapi import openapi_of

# (file, app, names of the API and of its structs in the app's `api.py`, address)
INTERFACES = (
    ("pos_api", "pos_api", ("api", "STRUCTS"), "/api/pos/v1/"),
    ("sync", "sync", ("api", "STRUCTS"), "/api/sync/v1/"),
    ("vault", "vault", ("api", "STRUCTS"), "/api/vault/v1/"),
    ("emergency", "emergency", ("device_api", "DEVICE_STRUCTS"), "/api/emergency/v1/"),
    ("recovery", "emergency", ("recovery_api", "RECOVERY_STRUCTS"), "/api/recovery/v1/"),
)


class Command(BaseCommand):
    help = "Write docs/openapi/*.json, or check that they are what the code says."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="only compare; fail where they differ")
        parser.add_argument("--folder", type=Path, default=Path("docs/openapi"))

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        for name, app, (api, structs), prefix in INTERFACES:
            if not apps.is_installed(f"butik.{app}"):
                continue
            module = import_module(f"butik.{app}.api")
            text = render(openapi_of(getattr(module, api), getattr(module, structs, ()), prefix))
            path = folder / f"{name}.json"
            if not options["check"]:
                folder.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            elif not path.exists() or path.read_text() != text:
                raise CommandError(f"{path} is not what the code says: run `butik export_openapi` and commit it.")


def render(schema: dict[str, Any]) -> str:
    return msgspec.json.format(msgspec.json.encode(schema), indent=1).decode() + "\n"
