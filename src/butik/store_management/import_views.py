"""Imports of article files: hand in, see what would happen, apply it, accept deletions, take home what was refused."""

import csv
import io
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from butik.articles.actions import answer_import, hand_in_file, queue_import
from butik.articles.models import ArticleImport
from butik.articles.words import FileProblem
from butik.lib.clock import now
from butik.lib.paging import newest_first
from butik.organisation.models import Chain
from butik.staff.guards import PersonRequest, get_for, holds, page
from butik.staff.rights import Right
from butik.store_management.article_forms import ImportForm

REMARKS_SHOWN = 200
IMPORT = Right.ARTICLES_ARTICLE_IMPORT
State = ArticleImport.State


@require_safe
@page(IMPORT)
def imports(request: PersonRequest) -> HttpResponse:
    rows = ArticleImport.objects.visible_to(request.user).select_related("chain")
    context = {"page": newest_first(request, rows, "created_at", "id")}
    return render(request, "store_management/imports.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@page(IMPORT)
def import_add(request: PersonRequest) -> HttpResponse:
    visible = Chain.objects.visible_to(request.user).order_by("name")
    chains = [chain for chain in visible if holds(request.user, IMPORT, chain)]
    form = ImportForm(request.POST or None, request.FILES or None, chains=chains)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            run = hand_in_file(
                chain=next(chain for chain in chains if str(chain.pk) == form.cleaned_data["chain"]),
                file_name=file.name or "",
                chunks=file.chunks(),
                options=form.options(),
                actor=request.user.actor,
                now=now(),
            )
        except FileProblem as problem:
            form.add_error("file", str(problem))
        else:
            return redirect("store_management:import_run", run.pk)
    return render(request, "store_management/import_add.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@page(IMPORT)
def import_run(request: PersonRequest, run_id: UUID) -> HttpResponse:
    return render(request, "store_management/import.html", _told(request, run_id))


@require_safe
@page(IMPORT)
def import_state(request: PersonRequest, run_id: UUID) -> HttpResponse:
    """What moves on the page of a run, fetched once more while a worker is at it."""
    return render(request, "store_management/import_state.html", _told(request, run_id))


def _told(request: PersonRequest, run_id: UUID) -> dict[str, Any]:
    run = get_for(request.user, IMPORT, ArticleImport, pk=run_id)
    remarks = list(run.remarks.order_by("-is_refused", "line")[: REMARKS_SHOWN + 1])
    return {
        "run": run,
        "remarks": remarks[:REMARKS_SHOWN],
        "has_more": len(remarks) > REMARKS_SHOWN,
        "has_nameless": run.state == State.HELD and run.remarks.filter(is_refused=True, code="").exists(),
        "found": [(field, column) for field, column in run.found.get("columns", {}).items()],
    }


@require_POST
@page(IMPORT)
def import_apply(request: PersonRequest, run_id: UUID) -> HttpResponse:
    """Apply what was tried; of what is held the deletions must be typed in."""
    run = get_for(request.user, IMPORT, ArticleImport, pk=run_id)
    is_held = run.state == State.HELD
    if is_held and request.POST.get("deletions", "").strip() != str(run.deleted):
        messages.error(request, _("That is not the number of articles that would go. Nothing was changed."))
    elif not queue_import(run=run, actor=request.user.actor, now=now(), accept_deletions=is_held):
        messages.error(request, _("The import has moved on meanwhile. This is how it stands now."))
    return redirect("store_management:import_run", run.pk)


@require_POST
@page(IMPORT)
def import_answer(request: PersonRequest, run_id: UUID) -> HttpResponse:
    """Read a file as a person says, where it could be read in several ways."""
    run = get_for(request.user, IMPORT, ArticleImport, pk=run_id)
    value = request.POST.get("answer", "")
    if not answer_import(run=run, value=value, actor=request.user.actor, now=now()):
        messages.error(request, _("That is not one of the answers. Nothing was changed."))
    return redirect("store_management:import_run", run.pk)


@require_safe
@page(IMPORT)
def refused_rows(request: PersonRequest, run_id: UUID) -> HttpResponse:
    """Everything that was refused, as a file to mend and import again."""
    run = get_for(request.user, IMPORT, ArticleImport, pk=run_id)
    delimiter = run.found.get("delimiter", ";")
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow([_("Line"), _("Reason"), *map(harmless, run.found.get("header", []))])
    for each in run.remarks.filter(is_refused=True).order_by("line").iterator():
        cells = next(csv.reader([each.row], delimiter=delimiter), [])
        writer.writerow([each.line, harmless(each.told), *map(harmless, cells)])
    # the mark tells a spreadsheet that this is UTF-8
    response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="refused-{run.pk}.csv"'
    return response


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else cell
