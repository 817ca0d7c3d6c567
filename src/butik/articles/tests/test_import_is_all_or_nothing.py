"""An import is applied whole or not at all: whoever dies, whoever else writes, however large the file is."""

import errno
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from butik.articles import import_file, import_run
from butik.articles.actions import claim_import, fail_import, file_of, give_up_abandoned, hand_in_file, queue_import
from butik.articles.import_options import ImportOptions
from butik.articles.import_plan import Plan, make_plan
from butik.articles.import_run import run_import
from butik.articles.models import Article, ArticleImport
from butik.articles.tests.imports import HEADER, import_bytes, import_lines, prices
from butik.articles.words import FileProblem, say
from butik.articles.work import work_imports
from butik.changes.actions import advance_feed
from butik.changes.models import FeedHead
from butik.lib.clock import now
from butik.organisation.models import Chain

State = ArticleImport.State
MILK = "1001;;Mælk;12,95;25"
BREAD = "1002;;Brød;24,50;25"

# The first process applies one file, and hangs in the middle of writing the second; the other sees what is left.
BEGIN = """
import sys, time, django
django.setup()
from django.core.management import call_command
from butik.serving.founding import found_here
found_here()
from butik.organisation.actions import found_chain, found_organisation
from butik.organisation.installation import install_chain
from butik.lib.clock import now
company = found_organisation(name="N", company="N", vat_number="1", actor="system", now=now())
install_chain(chain=found_chain(company=company, number=1, name="N", actor="system", now=now()))
call_command("import_articles", sys.argv[1], "--chain", "1")
from butik.articles import import_run
def hang(*args):
    print("IN THE MIDDLE", flush=True)
    time.sleep(60)
import_run._write_remarks = hang
call_command("import_articles", sys.argv[2], "--chain", "1")
"""
GO_ON = """
import json, sys, django
django.setup()
from datetime import timedelta
from django.core.management import call_command
from butik.articles.actions import give_up_abandoned
from butik.articles.models import Article, ArticleImport, ArticleVersion, Barcode
from butik.changes.models import FeedEntry, FeedHead
from butik.lib.clock import now
from butik.organisation.models import Organisation
def left():
    models = (Article, ArticleVersion, Barcode, FeedEntry)
    return [model.objects.count() for model in models] + [FeedHead.objects.get().position]
before = left()
given_up = give_up_abandoned(organisation_id=Organisation.objects.get().id, now=now() + timedelta(minutes=5))
states = list(ArticleImport.objects.order_by("created_at").values_list("state", flat=True))
call_command("import_articles", sys.argv[2], "--chain", "1")
print("LEFT", json.dumps([before, given_up, states, left()]))
"""


def articles_file(path: Path, count: int) -> Path:
    rows = (f"{number};{number};Vare {number};1,00;25" for number in range(10_000_000, 10_000_000 + count))
    path.write_text("\n".join((HEADER, *rows)))
    return path


def test_a_kill_in_the_middle_leaves_nothing_half_imported(tmp_path: Path) -> None:
    files = [articles_file(tmp_path / "small.csv", 100), articles_file(tmp_path / "large.csv", 3000)]
    environment = os.environ | {
        "BUTIK_DATA": str(tmp_path),
        "BUTIK_DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "butik.settings",
    }

    def run(program: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-c", program, *files], env=environment, stdout=subprocess.PIPE, text=True
        )

    with run(BEGIN) as child:
        assert child.stdout is not None
        assert any("IN THE MIDDLE" in line for line in child.stdout)
        child.kill()
    with run(GO_ON) as child:
        assert child.stdout is not None
        told = next(line for line in child.stdout if line.startswith("LEFT"))
        child.stdout.read()
    before, given_up, states, after = json.loads(told.removeprefix("LEFT"))
    assert before == [100] * 5
    assert (given_up, states) == (1, ["APPLIED", "FAILED"])
    assert after == [3000] * 5


def handed_in(chain: Chain, *lines: str) -> ArticleImport:
    return hand_in_file(
        chain=chain,
        file_name="file.csv",
        chunks=["\n".join((HEADER, *lines)).encode()],
        options=ImportOptions(),
        actor="system",
        now=now(),
    )


def test_the_worker_tries_and_applies_what_waits(chain: Chain) -> None:
    run = handed_in(chain, MILK, BREAD)
    assert work_imports([chain.organisation_id]) == 1
    run.refresh_from_db()
    assert run.state == State.TRIED
    assert queue_import(run=run, actor="system", now=now())
    assert work_imports([chain.organisation_id]) == 1
    assert work_imports([chain.organisation_id]) == 0
    run.refresh_from_db()
    assert run.state == State.APPLIED
    assert len(prices(chain)) == 2
    assert not file_of(run).exists()


def test_two_workers_never_run_one_import(chain: Chain) -> None:
    run = handed_in(chain, MILK)
    assert claim_import(run=run, now=now())
    assert claim_import(run=run, now=now()) is None


def test_an_abandoned_import_fails_cleanly_and_can_be_run_again(chain: Chain) -> None:
    run = handed_in(chain, MILK)
    claim_import(run=run, now=now())
    assert give_up_abandoned(organisation_id=chain.organisation_id, now=now()) == 0
    assert give_up_abandoned(organisation_id=chain.organisation_id, now=now() + timedelta(minutes=3)) == 1
    run.refresh_from_db()
    assert (run.state, "run again" in run.told) == (State.FAILED, True)
    assert queue_import(run=run, actor="system", now=now())
    work_imports([chain.organisation_id])
    assert len(prices(chain)) == 1


def test_a_worker_that_was_given_up_writes_nothing_when_it_comes_back(chain: Chain) -> None:
    run = handed_in(chain, MILK)
    work_imports([chain.organisation_id])
    queue_import(run=run, actor="system", now=now())
    claim = claim_import(run=run, now=now())
    assert claim
    fail_import(run=run, claim=claim, said=say("gone"), now=now())
    run_import(run=run, claim=claim, path=file_of(run), clock=now)
    assert run.state == State.FAILED
    assert not Article.objects.exists()
    assert not FeedHead.objects.filter(position__gt=0).exists()


def test_articles_that_change_while_the_file_is_read_are_seen(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    import_lines(chain, MILK)
    plan: Callable[..., Plan] = make_plan
    tries = []

    def plan_late(*args: object, **kwargs: object) -> Plan:
        made = plan(*args, **kwargs)
        tries.append(made)
        if len(tries) == 2:  # the dry run was the first
            advance_feed(
                organisation_id=chain.organisation_id, chain_id=chain.id, changes=[("assistant", "x", None)], at=now()
            )
        return made

    monkeypatch.setattr(import_run, "make_plan", plan_late)
    run = import_lines(chain, MILK, BREAD)
    assert (run.state, len(tries)) == (State.APPLIED, 3)
    assert len(prices(chain)) == 2
    assert FeedHead.objects.get().position == 3


def test_a_file_beyond_the_limit_is_told_so(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_file, "LARGEST_FILE", 1024 * 1024)
    large = f"{HEADER}\n{MILK}\n".encode() + b"2;;" + b"x" * 1024 * 1024 + b";1,00;25\n"
    for data in (large, gzip.compress(large)):
        run = import_bytes(chain, data)
        assert run.state == State.FAILED
        assert "larger than 1 MB" in run.told
    assert not Article.objects.exists()


def test_a_bomb_of_two_hundred_megabytes_costs_little_memory(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.csv.gz"
    with gzip.open(bomb, "wb", compresslevel=1) as file:
        file.write(f"{HEADER}\n".encode())
        for _ in range(200):
            file.write((b"1;;" + b"x" * 65526 + b";1,00;25\n") * 16)
    program = (
        "import django; django.setup()\n"
        "import resource, sys, pathlib\n"
        "from butik.articles.import_plan import make_plan\n"
        "from butik.articles.import_options import ImportOptions\n"
        "from butik.articles.words import FileProblem\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try: make_plan(pathlib.Path(sys.argv[1]), ImportOptions(filters={'number': '2'}), currency='DKK', known={})\n"
        "except FileProblem as problem: print(problem)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    told = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program, bomb], capture_output=True, text=True, check=True, env=os.environ | {}
    ).stdout.splitlines()
    assert "larger than 100 MB" in told[0]
    assert int(told[1]) < 40 * 1024  # kB


def test_a_full_disk_is_told_and_leaves_nothing(chain: Chain, settings: Any, tmp_path: Path) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"number;text"
        raise OSError(errno.ENOSPC, "No space left on device")

    settings.BUTIK_DATA = tmp_path
    with pytest.raises(FileProblem, match="disk"):
        hand_in_file(
            chain=chain, file_name="f.csv", chunks=chunks(), options=ImportOptions(), actor="system", now=now()
        )
    assert not ArticleImport.objects.exists()
    assert list((tmp_path / "imports").iterdir()) == []
