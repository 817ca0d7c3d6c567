"""The verbs of imports: hand in a file, try it, apply it, accept its deletions, give up what was abandoned."""

import logging
import os
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop

from butik.articles.import_options import ImportOptions, answered, check_options
from butik.articles.models import ArticleImport
from butik.articles.words import FileProblem, FileQuestion, Said, say
from butik.audit.actions import record
from butik.lib.files import make_folder, sync_folder
from butik.lib.ids import new_id
from butik.live.actions import announce
from butik.organisation.installation import this_installation
from butik.organisation.models import Chain
from butik.organisation.tenancy import tenant_scope

log = logging.getLogger(__name__)

FILES_KEPT = timedelta(days=30)
INTERRUPTED = gettext_noop("The import was interrupted. Nothing of it was applied; it can be run again.")
State = ArticleImport.State


def file_of(run: ArticleImport) -> Path:
    """Where the file of a run lies until it is applied."""
    return Path(settings.BUTIK_DATA) / "imports" / str(run.id)


def hand_in_file(
    *, chain: Chain, file_name: str, chunks: Iterable[bytes], options: ImportOptions, actor: str, now: datetime
) -> ArticleImport:
    """Keep a file and queue its trial; the worker runs it."""
    check_options(options)
    refuse_where_the_chain_decides()
    run = ArticleImport(
        organisation_id=chain.organisation_id,
        chain=chain,
        file_name=file_name[-200:],
        options=options.packed(),
        actor=actor,
        created_at=now,
    )
    _keep_file(file_of(run), chunks)
    with tenant_scope([chain.organisation_id]), transaction.atomic():
        run.save(force_insert=True)
        _tell(run, "articles.import.handed_in", now, actor)
    return run


def _keep_file(path: Path, chunks: Iterable[bytes]) -> None:
    """On the disk when it returns: from then on it counts as handed in."""
    try:
        make_folder(path.parent)
        with path.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(path.parent)
    except OSError as error:
        path.unlink(missing_ok=True)
        log.warning("A file to import could not be kept: %s", error)
        raise FileProblem(gettext_noop("The file could not be kept: the service's disk is full or failing.")) from None


def refuse_where_the_chain_decides() -> None:
    if this_installation().chain_url:
        raise FileProblem(gettext_noop("The articles of this store come from its chain: import the file there."))


def queue_import(*, run: ArticleImport, actor: str, now: datetime, accept_deletions: bool = False) -> bool:
    """Queue a tried, held or failed run to be applied; False if it is not in such a state (any more)."""
    before = [State.HELD] if accept_deletions else [State.TRIED, State.FAILED]
    with tenant_scope([run.organisation_id]), transaction.atomic():
        queued = ArticleImport.objects.filter(pk=run.pk, state__in=before).update(
            state=State.WAITING,
            is_dry_run=False,
            accepts_deletions=accept_deletions,
            percent=0,
            message="",
            actor=actor,
        )
        if queued:
            act = "articles.import.deletions_accepted" if accept_deletions else "articles.import.confirmed"
            _tell(run, act, now, actor)
    return bool(queued)


def claim_import(*, run: ArticleImport, now: datetime) -> UUID | None:
    """Take a waiting run for this worker; None if another was faster."""
    claim = new_id()
    with tenant_scope([run.organisation_id]):
        taken = ArticleImport.objects.filter(pk=run.pk, state=State.WAITING).update(
            state=State.RUNNING, claim=claim, heartbeat_at=now, percent=0
        )
        run.refresh_from_db()
    return claim if taken else None


def note_progress(*, run: ArticleImport, claim: UUID, share: float, now: datetime) -> None:
    with tenant_scope([run.organisation_id]):
        ArticleImport.objects.filter(pk=run.pk, claim=claim).update(percent=int(share * 100), heartbeat_at=now)


def fail_import(*, run: ArticleImport, claim: UUID | None, said: Said, now: datetime) -> None:
    """Say why a run came to nothing; `claim` None: of whoever has it."""
    with tenant_scope([run.organisation_id]), transaction.atomic():
        mine = ArticleImport.objects.filter(pk=run.pk, state=State.RUNNING)
        mine = mine.filter(claim=claim) if claim else mine
        if mine.update(state=State.FAILED, message=said.packed(), claim=None, finished_at=now):
            _tell(run, "articles.import.failed", now, run.actor)


def ask_about_import(*, run: ArticleImport, claim: UUID, question: FileQuestion, now: datetime) -> None:
    """Hold a run until a person has said how its file is to be read."""
    with tenant_scope([run.organisation_id]), transaction.atomic():
        asked = ArticleImport.objects.filter(pk=run.pk, state=State.RUNNING, claim=claim).update(
            state=State.ASKED,
            message=question.said.packed(),
            question=question.packed(),
            claim=None,
            finished_at=now,
        )
        if asked:
            _tell(run, "articles.import.asked", now, run.actor)


def answer_import(*, run: ArticleImport, value: str, actor: str, now: datetime) -> bool:
    """Read the file once more with a person's answer, as a trial; False if that was not the question (any more)."""
    question = run.question
    if run.state != State.ASKED or value not in {each["value"] for each in question["choices"]}:
        return False
    options = answered(ImportOptions.unpacked(run.options), question["option"], value)
    with tenant_scope([run.organisation_id]), transaction.atomic():
        queued = ArticleImport.objects.filter(pk=run.pk, state=State.ASKED).update(
            state=State.WAITING,
            options=options.packed(),
            question={},
            is_dry_run=True,
            percent=0,
            message="",
            actor=actor,
        )
        if queued:
            _tell(run, "articles.import.answered", now, actor)
    return bool(queued)


def give_up_abandoned(*, organisation_id: UUID, now: datetime) -> int:
    """Fail the runs whose worker died: nothing of them was applied, and they can be run again."""
    with tenant_scope([organisation_id]):
        abandoned = list(ArticleImport.objects.filter(organisation_id=organisation_id).abandoned(now))
    for run in abandoned:
        fail_import(run=run, claim=run.claim, said=say(INTERRUPTED), now=now)
    return len(abandoned)


def sweep_files(*, now: datetime) -> None:
    """Delete files that nobody applied within a month."""
    folder = Path(settings.BUTIK_DATA) / "imports"
    for path in folder.iterdir() if folder.exists() else ():
        if path.stat().st_mtime < (now - FILES_KEPT).timestamp():
            path.unlink(missing_ok=True)


def _tell(run: ArticleImport, action: str, now: datetime, actor: str) -> None:
    record(action, organisation_id=run.organisation_id, chain_id=run.chain_id, actor=actor, at=now, subject=run.pk)
    announce("import", organisation_id=run.organisation_id, chain_id=run.chain_id, ref=run.pk, at=now)
