"""`butik import_articles FILE --chain N`: the import of a file, at once, from a terminal."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from butik.articles.actions import claim_import, refuse_where_the_chain_decides
from butik.articles.import_dates import DATE_ORDERS
from butik.articles.import_options import ImportOptions, check_options
from butik.articles.import_run import run_import
from butik.articles.models import ArticleImport
from butik.articles.words import FileProblem
from butik.lib.clock import now
from butik.organisation.installation import this_installation
from butik.organisation.models import Chain
from butik.organisation.tenancy import tenant_scope

REMARKS_SHOWN = 10
State = ArticleImport.State


class Command(BaseCommand):
    help = "Import articles from a CSV file (packed with gzip or not). All or nothing; --dry-run only tries."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--chain", type=int, required=True, help="number of the chain")
        parser.add_argument("--organisation", type=UUID, help="needed where the service has several organisations")
        parser.add_argument("--column", action="append", default=[], metavar="FIELD=NAME", help="e.g. price=pris")
        parser.add_argument("--constant", action="append", default=[], metavar="FIELD=VALUE", help="e.g. vat=25")
        parser.add_argument("--filter", action="append", default=[], metavar="COLUMN=VALUE", help="rows to take")
        parser.add_argument("--changes", action="store_true", help="the file holds changes (op: add, chg, del)")
        parser.add_argument("--encoding", default="", help="e.g. cp1252; found out by itself otherwise")
        parser.add_argument("--decimal", default="", help="decimal mark, if the file does not tell")
        parser.add_argument("--dates", default="", choices=["", *DATE_ORDERS], help="order of a date's parts")
        parser.add_argument("--vat-rates", default="", help="rates that are known, in percent, e.g. 0,12,25")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, change nothing")
        parser.add_argument("--accept-deletions", action="store_true", help="also when more than 5 %% would go")

    def handle(self, *_args: Any, **given: Any) -> None:
        try:
            options = _options(given)
            check_options(options)
            refuse_where_the_chain_decides()
        except FileProblem as problem:
            raise CommandError(str(problem)) from None
        path: Path = given["file"]
        if not path.is_file():
            raise CommandError(_("There is no file %(path)s.") % {"path": path})
        run = _start(_chain(given), path, options, given)
        run = _run_with_bar(run, path)
        _show(run)
        if run.state == State.FAILED:
            raise CommandError(run.told)
        if run.state == State.ASKED:
            raise CommandError("\n".join([run.told, *_answers(run)]))
        if run.state == State.HELD:
            raise CommandError(
                _("Held: %(deleted)s articles would go. Look at the file, then use --accept-deletions.")
                % {"deleted": run.deleted}
            )


def _options(given: dict[str, Any]) -> ImportOptions:
    return ImportOptions(
        columns=_pairs(given["column"]),
        constants=_pairs(given["constant"]),
        filters=_pairs(given["filter"]),
        changes=given["changes"],
        encoding=given["encoding"],
        decimal=given["decimal"],
        dates=given["dates"],
        vat_rates=tuple(round(float(rate) * 100) for rate in given["vat_rates"].split(",") if rate.strip()),
    )


def _pairs(texts: list[str]) -> dict[str, str]:
    for text in texts:
        if "=" not in text:
            raise CommandError(_("“%(text)s” is not NAME=VALUE.") % {"text": text})
    return {name.strip(): value.strip() for name, _, value in (text.partition("=") for text in texts)}


def _chain(given: dict[str, Any]) -> Chain:
    organisation_id = given["organisation"] or this_installation().organisation_id
    if organisation_id is None:
        raise CommandError(_("This service has several organisations: say which with --organisation."))
    with tenant_scope([organisation_id]):
        chain: Chain | None = Chain.objects.filter(organisation_id=organisation_id, number=given["chain"]).first()
    if chain is None:
        raise CommandError(_("There is no chain %(number)s here.") % {"number": given["chain"]})
    return chain


def _start(chain: Chain, path: Path, options: ImportOptions, given: dict[str, Any]) -> ArticleImport:
    with tenant_scope([chain.organisation_id]), transaction.atomic():
        return ArticleImport.objects.create(
            organisation_id=chain.organisation_id,
            chain=chain,
            file_name=path.name[-200:],
            options=options.packed(),
            is_dry_run=given["dry_run"],
            accepts_deletions=given["accept_deletions"],
            actor="system",
            created_at=now(),
        )


def _run_with_bar(run: ArticleImport, path: Path) -> ArticleImport:
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    claim = claim_import(run=run, now=now())
    if claim is None:
        raise CommandError(_("A worker took the import before this command could."))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(run.file_name, total=1.0)
        return run_import(
            run=run, claim=claim, path=path, clock=now, progress=lambda share: bar.update(task, completed=share)
        )


def _show(run: ArticleImport) -> None:
    """What stands in the file is shown as it is: never cut at the terminal's edge, never taken for markup."""
    console = Console(soft_wrap=True, markup=False, emoji=False, highlight=False)
    console.print(f"{run.file_name}: {run.get_state_display()}")
    console.print(_summary(run))
    for remark in _remarks(run):
        console.print(remark)


def _summary(run: ArticleImport) -> Table:
    table = Table()
    table.add_column("")
    table.add_column(_("Number"), justify="right")
    counts = (
        (_("Rows"), run.rows),
        (_("Added"), run.added),
        (_("Changed"), run.changed),
        (_("Deleted"), run.deleted),
        (_("Unchanged"), run.unchanged),
        (_("Joined to an earlier row"), run.joined),
        (_("Refused"), run.refused),
        (_("Taken with a remark"), run.remarked),
    )
    for name, number in counts:
        table.add_row(str(name), f"{number:,}")
    return table


def _answers(run: ArticleImport) -> list[str]:
    """What to add to the command, one line for each answer to the question."""
    about, _dot, field = run.question["option"].partition(".")
    option = f"--column {field}=" if about == "columns" else f"--{about} "
    return [f"{option}{each['value']}    {each['label']}" for each in run.question["choices"]]


def _remarks(run: ArticleImport) -> list[str]:
    with tenant_scope([run.organisation_id]):
        remarks = list(run.remarks.order_by("-is_refused", "line")[: REMARKS_SHOWN + 1])
    lines = [_("Line %(line)s: %(told)s") % {"line": each.line, "told": each.told} for each in remarks[:REMARKS_SHOWN]]
    return lines if len(remarks) <= REMARKS_SHOWN else [*lines, _("… the rest is on the page of the import.")]
