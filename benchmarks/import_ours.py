"""Import a file twice, as `butik import_articles` does, and print both times. Run with a chain service's settings."""

import json
import os
import sys
import time
from contextlib import redirect_stdout
from io import StringIO


def main(path: str) -> dict[str, float]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "butik.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from butik.articles.models import Article, ArticleImport, ArticleVersion

    connection.ensure_connection()
    taken = []
    with redirect_stdout(StringIO()):
        for _ in range(2):
            begun = time.perf_counter()
            call_command("import_articles", path, "--chain", "1")
            taken.append(time.perf_counter() - begun)
    again = ArticleImport.objects.order_by("-created_at").first()
    assert again is not None
    return {
        "first": taken[0],
        "again": taken[1],
        "articles": Article.objects.count(),
        "versions": ArticleVersion.objects.count(),
        "written_again": again.added + again.changed + again.deleted,
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
