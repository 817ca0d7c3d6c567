"""The live process: `/live/` with this service's people and devices at its doors."""

import os
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "butik.settings")

import django

django.setup()

from django.apps import apps  # noqa: E402
from django.conf import settings  # noqa: E402

from butik.live.stream import make_application  # noqa: E402
from butik.live.tail import Tail  # noqa: E402
from butik.serving.viewers import get_device, get_person  # noqa: E402


async def open_tail() -> Tail:
    database: dict[str, Any] = settings.DATABASES["default"]
    if database["ENGINE"] == "butik.lib.sqlite":
        from butik.live.sqlite_tail import SqliteTail

        return SqliteTail(Path(database["NAME"]))

    import psycopg

    from butik.live.postgres_tail import PostgresTail

    async def connect() -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(
            host=database["HOST"],
            port=database["PORT"] or None,
            dbname=database["NAME"],
            user=database["USER"],
            password=database["PASSWORD"] or None,
            autocommit=True,
        )

    return PostgresTail(connect)


application = make_application(
    tail=open_tail,
    people=get_person,
    devices=get_device if any(getattr(each, "serves_devices", False) for each in apps.get_app_configs()) else None,
    device_origin=settings.BUTIK_POS_ORIGIN,
)
