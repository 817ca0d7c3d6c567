"""Running an import: plan outside any transaction, then write all of it in one, or nothing.

The plan is made from a snapshot at a feed position; it is written only if the feed still stands there (every change of
articles moves it), else it is made again. So nobody waits for a file to be read, and no change in between is lost.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.db import connection, models, transaction
from django.utils.translation import gettext_noop

from butik.articles.actions import ask_about_import, fail_import, file_of, note_progress
from butik.articles.import_options import ImportOptions
from butik.articles.import_plan import Plan, make_plan
from butik.articles.import_rows import db_id, incoming_article, read_articles, stage_articles, write_staged
from butik.articles.models import ArticleGroup, ArticleImport, ImportRemark
from butik.articles.rows import Articles, price_file_order
from butik.articles.words import FileProblem, FileQuestion, say
from butik.audit.actions import record
from butik.changes.actions import move_head
from butik.changes.models import FeedHead
from butik.lib.ids import new_hex_ids
from butik.live.actions import announce
from butik.organisation.models import Chain
from butik.organisation.tenancy import tenant_scope

log = logging.getLogger(__name__)

ATTEMPTS = 5
State = ArticleImport.State
Clock = Callable[[], datetime]
Progress = Callable[[float], None]


class PlanIsOld(Exception):
    """Articles changed while the file was read."""


class LostClaim(Exception):
    """The run was given up and is another's now."""


def run_import(
    *, run: ArticleImport, claim: UUID, path: Path, clock: Clock, progress: Progress = lambda _: None
) -> ArticleImport:
    """Do what a claimed run asks for; whatever happens, it ends in a state that says so."""
    try:
        _run(run, claim, path, clock, progress)
    except FileQuestion as question:
        ask_about_import(run=run, claim=claim, question=question, now=clock())
    except FileProblem as problem:
        fail_import(run=run, claim=claim, said=problem.said, now=clock())
    except LostClaim:
        log.warning("Import %s was given up while it ran; nothing was written.", run.pk)
    except FileNotFoundError:
        said = say(gettext_noop("The file is no longer here. Hand it in again."))
        fail_import(run=run, claim=claim, said=said, now=clock())
    except Exception:
        said = say(
            gettext_noop("The import stopped by a fault of ours; nothing of it was applied. The error log has it.")
        )
        fail_import(run=run, claim=claim, said=said, now=clock())
        raise
    with tenant_scope([run.organisation_id]):
        run.refresh_from_db()
    if run.state == State.APPLIED:
        file_of(run).unlink(missing_ok=True)
    return run


def _run(run: ArticleImport, claim: UUID, path: Path, clock: Clock, progress: Progress) -> None:
    options = ImportOptions.unpacked(run.options)
    for _ in range(ATTEMPTS):
        with tenant_scope([run.organisation_id]):
            chain = Chain.objects.get(pk=run.chain_id)
            base = _feed_position(chain)  # first: what changes while articles are read makes the plan old
            known = read_articles(chain)
        tell = _told_each_second(run, claim, clock, progress)
        plan = make_plan(path, options, currency=chain.currency, known=known, today=clock().date(), progress=tell)
        try:
            _conclude(run, claim, chain, base, known, plan, clock())
        except PlanIsOld:
            continue
        return
    raise FileProblem(gettext_noop("The articles kept changing while the file was read. Run the import again."))


def _feed_position(chain: Chain) -> int:
    head = FeedHead.objects.filter(organisation_id=chain.organisation_id, chain=chain).first()
    return head.position if head else 0


def _told_each_second(run: ArticleImport, claim: UUID, clock: Clock, progress: Progress) -> Progress:
    last = time.monotonic()

    def tell(share: float) -> None:
        nonlocal last
        progress(share)
        if time.monotonic() - last >= 1:
            note_progress(run=run, claim=claim, share=share, now=clock())
            last = time.monotonic()

    return tell


def _conclude(
    run: ArticleImport, claim: UUID, chain: Chain, base: int, known: Articles, plan: Plan, now: datetime
) -> None:
    """Write the outcome, and the articles if they are to be applied, in one transaction."""
    state = _outcome(run, plan)
    # in the order in which price files have them: then versions differ little from article to article, and pack well
    writes = sorted(plan.writes.items(), key=price_file_order) if state == State.APPLIED else []
    incoming = [
        incoming_article(place, number, known.get(number), row) for place, (number, row) in enumerate(writes, 1)
    ]
    is_postgres = connection.vendor == "postgresql"
    if incoming and not is_postgres:
        stage_articles(incoming)  # before the gate
    with tenant_scope([run.organisation_id]), transaction.atomic():
        if incoming:
            if is_postgres:
                stage_articles(incoming)
            _advance_feed(chain, base, len(incoming), now)
            ensure_groups(chain, {each.row.group for each in incoming if each.row.group})
            write_staged(chain, base=base, with_feed=True)
        _settle(run, claim, plan, state, now)
        _write_remarks(run, plan)
        counts = {
            name: getattr(plan, name) for name in ("added", "changed", "deleted", "unchanged", "refused", "joined")
        }
        record(
            f"articles.import.{state.lower()}",
            organisation_id=run.organisation_id,
            chain_id=run.chain_id,
            actor=run.actor,
            at=now,
            subject=run.pk,
            **counts,
        )
        announce("import", organisation_id=run.organisation_id, chain_id=run.chain_id, ref=run.pk, at=now)
        if incoming:
            announce("prices", organisation_id=run.organisation_id, chain_id=run.chain_id, at=now)


def _outcome(run: ArticleImport, plan: Plan) -> ArticleImport.State:
    if run.is_dry_run:
        return State.TRIED
    if plan.needs_a_person and not run.accepts_deletions:
        return State.HELD
    return State.APPLIED


def _advance_feed(chain: Chain, base: int, by: int, now: datetime) -> None:
    """Take the next positions; they must follow the state that the plan was made from."""
    if move_head(organisation_id=chain.organisation_id, chain_id=chain.id, by=by, at=now) != base + by:
        raise PlanIsOld


def ensure_groups(chain: Chain, names: set[str]) -> None:
    """Make the groups that files or feeds name for the first time, with the next free numbers."""
    groups = ArticleGroup.objects.filter(organisation_id=chain.organisation_id, chain=chain)
    there = set(groups.filter(name__in=names).values_list("name", flat=True)) if names else set()
    missing = sorted(names - there)
    if not missing:
        return
    highest = groups.aggregate(highest=models.Max("number"))["highest"] or 0
    ArticleGroup.objects.bulk_create(
        ArticleGroup(organisation_id=chain.organisation_id, chain=chain, number=number, name=name)
        for number, name in enumerate(missing, highest + 1)
    )


def _settle(run: ArticleImport, claim: UUID, plan: Plan, state: ArticleImport.State, now: datetime) -> None:
    found = {
        "encoding": plan.shape.encoding,
        "delimiter": plan.shape.delimiter,
        "decimal": plan.mark,
        "header": plan.shape.header,
        "columns": {field: plan.shape.header[place] for field, place in plan.columns.places.items()},
    }
    settled = ArticleImport.objects.filter(pk=run.pk, state=State.RUNNING, claim=claim).update(
        state=state,
        claim=None,
        percent=100,
        found=found,
        rows=plan.rows,
        added=plan.added,
        changed=plan.changed,
        deleted=plan.deleted,
        unchanged=plan.unchanged,
        refused=plan.refused,
        joined=plan.joined,
        remarked=plan.remarked,
        message="",
        finished_at=now,
    )
    if not settled:
        raise LostClaim


def _write_remarks(run: ArticleImport, plan: Plan) -> None:
    ImportRemark.objects.filter(organisation_id=run.organisation_id, run=run).delete()
    organisation, of_run = db_id(run.organisation_id), db_id(run.pk)
    rows = [
        (an_id, organisation, of_run, each.line, each.is_refused, each.code, each.said.packed(), each.row)
        for an_id, each in zip(new_hex_ids(len(plan.remarks)), plan.remarks, strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO articles_importremark (id, organisation_id, run_id, line, is_refused, code, reason, row)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            rows,
        )
