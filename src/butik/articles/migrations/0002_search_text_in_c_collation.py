"""Prefix search is a range on `search_text`, and a range is a prefix only where letters sort by their code points.

PostgreSQL only: there a column sorts as the database's language does. SQLite compares bytes anyway.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def collate(schema_editor: BaseDatabaseSchemaEditor, collation: str) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            f'ALTER TABLE articles_article ALTER COLUMN search_text TYPE varchar(230) COLLATE "{collation}"'
        )


def forwards(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    collate(schema_editor, "C")


def backwards(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    collate(schema_editor, "default")


class Migration(migrations.Migration):
    dependencies = [("articles", "0001_initial")]

    operations = [migrations.RunPython(forwards, backwards)]
