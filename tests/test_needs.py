"""What a machine lacks is skipped at a desk, and fails in CI."""

import pytest

from tests.support.needs import miss, needs


@pytest.mark.parametrize(("ci", "skips"), [("", True), ("0", True), ("false", True), ("true", False), ("1", False)])
def test_in_ci_nothing_is_passed_over(ci: str, skips: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", ci)
    assert needs(is_here=False, reason="gone").args == (skips,)
    assert needs(is_here=True, reason="here").args == (False,)
    with pytest.raises(pytest.skip.Exception if skips else pytest.fail.Exception, match="gone"):
        miss("gone")
