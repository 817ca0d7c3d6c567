"""What is on the disk when a call returns."""

from pathlib import Path

import pytest

from butik.lib import files


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    found: list[Path] = []
    monkeypatch.setattr(files, "sync_folder", found.append)
    monkeypatch.setattr(files, "_named", set())
    return found


def test_each_new_folder_s_name_is_synced_outermost_first(tmp_path: Path, synced: list[Path]) -> None:
    files.make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    assert synced[-2:] == [tmp_path, tmp_path / "a"]
    synced.clear()
    files.make_folder(tmp_path / "a" / "b")
    assert synced == []


def test_a_folder_whose_maker_was_killed_before_its_name_was_synced_is_seen_to(
    tmp_path: Path, synced: list[Path]
) -> None:
    """Otherwise the power may still take it, and all that was said to be in it."""
    (tmp_path / "a").mkdir()
    files.make_folder(tmp_path / "a" / "b")
    assert synced == [tmp_path, tmp_path / "a"]
    (tmp_path / "a" / "b").rmdir()
    synced.clear()
    files.make_folder(tmp_path / "a" / "b")
    assert synced == [tmp_path / "a"]
