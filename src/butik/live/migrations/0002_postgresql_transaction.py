"""PostgreSQL: each event knows the transaction that wrote it, since ids there can commit out of order."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from butik.lib.ids import new_id

FORWARD = (
    "ALTER TABLE live_liveevent ADD COLUMN xid bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint)",
    "CREATE INDEX live_by_transaction ON live_liveevent (xid)",  # the tail and every replay
)
BACKWARD = ("ALTER TABLE live_liveevent DROP COLUMN xid",)


def add_transaction(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    _run(editor, FORWARD)


def drop_transaction(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    _run(editor, BACKWARD)


def _run(editor: BaseDatabaseSchemaEditor, statements: tuple[str, ...]) -> None:
    if editor.connection.vendor == "postgresql":
        for statement in statements:
            editor.execute(statement)


def begin_epoch(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("live", "StreamState").objects.get_or_create(pk=1, defaults={"epoch": new_id()})


class Migration(migrations.Migration):
    dependencies = [("live", "0001_initial")]

    operations = [
        migrations.RunPython(add_transaction, drop_transaction),
        migrations.RunPython(begin_epoch, migrations.RunPython.noop),
    ]
