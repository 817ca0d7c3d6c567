"""RT-12: some 500 damaged and hostile files, by the code of the jail's inside; some of them through the jail itself."""

import hashlib
import resource
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from django.conf import settings
from pyrage import x25519

from butik.lib.files import write_new
from butik.lib.ids import new_id
from butik.organisation.secret_files import secrets_folder
from butik.vault import examine as examination
from butik.vault.evidence import Answer
from butik.vault.examine import examine
from butik.vault.fences import MEMORY
from butik.vault.inside import answer_of
from butik.vault.jail import examine_in_jail
from butik.vault.tests.damage import Case, all_cases, bombs, hostile_databases, of_others
from butik.vault.tests.depot import Depot, midday


def examine_here(case: Case, folder: Path) -> Answer:
    sealed, plain = (folder / new_id().hex for _ in range(2))
    sealed.write_bytes(case.body)
    answer = answer_of(lambda: examine(case.order, sealed, plain), [])
    sealed.unlink()
    plain.unlink(missing_ok=True)
    return answer


@pytest.fixture
def depot() -> Depot:
    """No database: what is examined knows of none."""
    made = Depot(new_id(), new_id(), new_id(), root=None)  # type: ignore[arg-type]
    secrets_folder().mkdir()
    write_new(secrets_folder() / f"emergency-{made.chain}.age", str(x25519.Identity.generate()).encode())
    return made


def test_an_undamaged_one_is_examined_well(depot: Depot, tmp_path: Path) -> None:
    good = depot.backup(at=midday(20))
    assert examine_here(Case("", depot.order(good.manifest), good.body), tmp_path).refusal == ""


def test_every_damaged_one_is_refused_with_a_reason(depot: Depot, tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    reasons: Counter[str] = Counter()
    for case in all_cases(depot, Random(12)):
        answer = examine_here(case, tmp_path)
        assert answer.evidence is None, case.name
        assert answer.trouble == "", f"{case.name}: {answer.trouble}"
        assert answer.refusal, case.name
        reasons[answer.refusal] += 1
    assert reasons.total() >= 500
    assert not [reason for reason in reasons if "reader failed" in reason]
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < MEMORY


def test_the_sweep_finds_a_check_that_believes_the_seal_alone(
    depot: Depot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: what was decrypted and has its hash is taken to be what the manifest says."""
    monkeypatch.setattr(examination, "_compare_with_manifest", lambda order, meta: None)
    good = depot.backup(at=midday(20))
    taken = [
        case.name
        for case in of_others(depot, depot.order(good.manifest), good)
        if examine_here(case, tmp_path).evidence is not None
    ]
    assert "a file of 7 days ago under a new name" in taken


def test_the_jail_refuses_what_its_inside_refuses(depot: Depot, tmp_path: Path) -> None:
    good = depot.backup(at=midday(20))
    order = depot.order(good.manifest)
    chosen = [*bombs(depot, order)][:4] + [each for each in hostile_databases(depot) if each.name in IN_JAIL]
    assert len(chosen) == 4 + len(IN_JAIL)
    for case in (*chosen, Case("noise", order, good.body[:-1] + b"?")):
        sealed = tmp_path / "sealed"
        sealed.write_bytes(case.body)
        answer = examine_in_jail(sealed, hashlib.sha256(case.body).hexdigest(), case.order)
        assert (answer.evidence, answer.trouble) == (None, ""), case.name
        assert answer.refusal, case.name
    assert list((settings.BUTIK_DATA / "jail").iterdir()) == []


IN_JAIL = {"trees that loop", "a view without end", "article is a view", "a trigger on pos"}
