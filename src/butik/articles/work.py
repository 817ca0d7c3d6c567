"""What a worker does for articles: run the imports that wait. Each is applied at most once, and all or nothing.

A run is claimed by a conditional update; one whose worker died is failed after two minutes and can be run again.
"""

from collections.abc import Iterable
from uuid import UUID

from butik.articles.actions import claim_import, file_of, give_up_abandoned, sweep_files
from butik.articles.import_run import run_import
from butik.articles.models import ArticleImport
from butik.lib.clock import now
from butik.organisation.tenancy import tenant_scope


def work_imports(organisations: Iterable[UUID]) -> int:
    """Run all imports that wait; return how many."""
    done = 0
    for organisation_id in organisations:
        give_up_abandoned(organisation_id=organisation_id, now=now())
        while run := _next_waiting(organisation_id):
            claim = claim_import(run=run, now=now())
            if claim:
                run_import(run=run, claim=claim, path=file_of(run), clock=now)
                done += 1
    sweep_files(now=now())
    return done


def _next_waiting(organisation_id: UUID) -> ArticleImport | None:
    with tenant_scope([organisation_id]):
        waiting = ArticleImport.objects.filter(organisation_id=organisation_id).waiting()
        return waiting.order_by("created_at", "id").first()
