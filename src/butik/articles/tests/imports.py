"""How tests import: a text or a file, with options, at once."""

from pathlib import Path
from typing import Any

from butik.articles.actions import claim_import, file_of, hand_in_file, queue_import
from butik.articles.import_options import ImportOptions
from butik.articles.import_run import run_import
from butik.articles.models import Article, ArticleImport
from butik.lib.clock import now
from butik.organisation.models import Chain

HEADER = "number;barcode;text;price;vat"


def import_bytes(
    chain: Chain, data: bytes, *, dry_run: bool = False, accept: bool = False, **options: Any
) -> ArticleImport:
    run = hand_in_file(
        chain=chain, file_name="file.csv", chunks=[data], options=ImportOptions(**options), actor="system", now=now()
    )
    run_waiting(run)
    if not dry_run:
        queue_import(run=run, actor="system", now=now())
        run_waiting(run)
    if accept and run.state == ArticleImport.State.HELD:
        queue_import(run=run, actor="system", now=now(), accept_deletions=True)
        run_waiting(run)
    return run


def import_text(chain: Chain, text: str, **options: Any) -> ArticleImport:
    return import_bytes(chain, text.encode(), **options)


def import_lines(chain: Chain, *lines: str, **options: Any) -> ArticleImport:
    return import_text(chain, "\n".join((HEADER, *lines)), **options)


def import_path(chain: Chain, path: Path, **options: Any) -> ArticleImport:
    return import_bytes(chain, path.read_bytes(), **options)


def run_waiting(run: ArticleImport) -> None:
    claim = claim_import(run=run, now=now())
    if claim:
        run_import(run=run, claim=claim, path=file_of(run), clock=now)
    else:
        run.refresh_from_db()


def refusals(run: ArticleImport) -> dict[int, str]:
    return {each.line: each.told for each in run.remarks.filter(is_refused=True)}


def remarks(run: ArticleImport) -> dict[int, str]:
    return {each.line: each.told for each in run.remarks.filter(is_refused=False)}


def prices(chain: Chain) -> dict[str, int]:
    return dict(Article.objects.filter(chain=chain).live().values_list("number", "price"))


def counts(run: ArticleImport) -> tuple[int, int, int, int, int]:
    """Added, changed, deleted, unchanged, refused; and no row may be missing."""
    deleted_rows = run.deleted if run.options["changes"] else 0
    assert run.rows == run.added + run.changed + run.unchanged + run.refused + run.joined + deleted_rows
    return run.added, run.changed, run.deleted, run.unchanged, run.refused
