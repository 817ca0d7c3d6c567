"""Writing and reading, and everything that a reader must refuse."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from pysqlite3 import dbapi2 as sqlite3

from butik.snapshot.format import TABLES, BadSnapshot
from butik.snapshot.read import open_snapshot
from butik.snapshot.tests.contents import make_content, make_snapshot
from butik.snapshot.write import write_snapshot


def test_what_was_written_is_read(tmp_path: Path) -> None:
    content = make_content(articles=250)
    with open_snapshot(make_snapshot(tmp_path / "snapshot", content)) as snapshot:
        assert snapshot.meta == content.meta
        assert snapshot.tree["store"]["id"] == content.meta["store"]
        assert list(snapshot.articles()) == content.articles
        assert list(snapshot.barcodes()) == content.barcodes
        assert snapshot.price_file() == content.price_file
        assert list(snapshot.assistants()) == content.assistants
        assert list(snapshot.poss()) == content.poss
        assert list(snapshot.devices()) == content.devices
        assert list(snapshot.series()) == content.series


def test_a_store_without_anything_to_sell_has_a_snapshot_too(tmp_path: Path) -> None:
    with open_snapshot(make_snapshot(tmp_path / "snapshot", make_content(articles=0, prices=b""))) as snapshot:
        assert list(snapshot.articles()) == []
        assert snapshot.price_file() is None


def test_a_file_is_never_written_over(tmp_path: Path) -> None:
    make_snapshot(tmp_path / "snapshot")
    with pytest.raises(FileExistsError):
        write_snapshot(tmp_path / "snapshot", make_content())


def test_the_page_says_the_schema_to_the_letter() -> None:
    page = Path("docs/formats/snapshot.md").read_text()
    assert ";\n".join(TABLES.values()) + ";" in page


Spoil = Callable[[sqlite3.Connection], object]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda db: db.execute("CREATE TABLE sale (id TEXT)"), "has what a snapshot has not: sale"),
        (lambda db: db.execute("CREATE VIEW v AS SELECT 1"), "has what a snapshot has not: v"),
        (lambda db: db.execute("CREATE INDEX i ON article (price)"), "has what a snapshot has not: i"),
        (lambda db: db.execute("CREATE VIRTUAL TABLE f USING fts5(text)"), "has what a snapshot has not"),
        (
            lambda db: db.execute("CREATE TRIGGER t AFTER INSERT ON pos BEGIN SELECT load_extension('x'); END"),
            "has what a snapshot has not: t",
        ),
        (lambda db: db.execute("ALTER TABLE assistant ADD COLUMN email TEXT"), "the table assistant"),
        (lambda db: db.execute("DROP TABLE series"), "the table series is missing"),
        (
            lambda db: [db.execute("DROP TABLE pos"), db.execute("CREATE VIEW pos AS SELECT 1 AS id")],
            "the table pos is missing or another",
        ),
        (lambda db: db.execute("UPDATE meta SET value = 'butik-snapshot/2' WHERE name = 'format'"), "unknown format"),
        (lambda db: db.execute("DELETE FROM meta WHERE name = 'format'"), "unknown format"),
        (lambda db: db.execute("DELETE FROM meta WHERE name = 'tree'"), "other names"),
        (lambda db: db.execute("INSERT INTO meta VALUES ('customers', '[]')"), "other names"),
        (lambda db: db.execute("UPDATE meta SET value = 'x' WHERE name = 'store'"), "does not fit"),
        (lambda db: db.execute("UPDATE meta SET value = '-1' WHERE name = 'position'"), "does not fit"),
        (lambda db: db.execute("UPDATE meta SET value = 'yesterday' WHERE name = 'made_at'"), "does not fit"),
        (lambda db: db.execute("UPDATE meta SET value = '[]' WHERE name = 'tree'"), "no tree"),
        (lambda db: db.execute("UPDATE meta SET value = replace(value, '0', '1') WHERE name = 'tree'"), "different"),
        (lambda db: db.execute("PRAGMA journal_mode = WAL"), "log beside it"),
    ],
)
def test_whatever_is_not_of_a_snapshot_is_refused(tmp_path: Path, spoil: Spoil, said: str) -> None:
    path = make_snapshot(tmp_path / "snapshot")
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        spoil(file)
    with pytest.raises(BadSnapshot, match=said):
        open_snapshot(path)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE article SET number = replace(hex(zeroblob(50)), '00', 'x')",
        "UPDATE article SET vat_rate = -1",
        "UPDATE article SET blocked = 7",
        "UPDATE article SET text = CAST(X'FFFE' AS TEXT)",
    ],
)
def test_a_row_that_does_not_fit_is_refused(tmp_path: Path, change: str) -> None:
    path = make_snapshot(tmp_path / "snapshot", make_content(articles=1))
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute(change)
    with open_snapshot(path) as snapshot, pytest.raises(BadSnapshot, match="a row of article does not fit"):
        list(snapshot.articles())


def test_a_price_file_is_what_its_digest_says(tmp_path: Path) -> None:
    path = make_snapshot(tmp_path / "snapshot")
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("UPDATE price_file SET content = x'00'")
    with open_snapshot(path) as snapshot, pytest.raises(BadSnapshot, match="SHA-256"):
        snapshot.price_file()
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("INSERT INTO price_file SELECT version + 1, position, sha256, manifest, content FROM price_file")
    with open_snapshot(path) as snapshot, pytest.raises(BadSnapshot, match="more than one"):
        snapshot.price_file()


def test_a_file_of_other_bytes_is_refused(tmp_path: Path) -> None:
    whole = make_snapshot(tmp_path / "snapshot", make_content(articles=2000)).read_bytes()
    path = tmp_path / "other"
    for content in (b"", b"SQLite format 3\x00", b"x" * 5000, whole[:-1], whole + b"x", whole[: len(whole) // 2]):
        path.write_bytes(content)
        with pytest.raises(BadSnapshot):
            open_snapshot(path)
    path.unlink()
    with pytest.raises(BadSnapshot, match="not a file"):
        open_snapshot(path)
    path.symlink_to(tmp_path / "snapshot")
    with pytest.raises(BadSnapshot, match="not a file"):
        open_snapshot(path)
    with pytest.raises(BadSnapshot, match="larger"):
        open_snapshot(tmp_path / "snapshot", limit=len(whole) - 1)


def test_a_page_that_was_overwritten_is_refused_or_its_rows_are_not_told(tmp_path: Path) -> None:
    whole = make_snapshot(tmp_path / "snapshot", make_content(articles=2000)).read_bytes()
    path = tmp_path / "spoilt"
    pages = len(whole) // 4096
    assert pages > 20
    for page in range(1, pages):
        path.write_bytes(whole[: page * 4096] + b"\xa5" * 4096 + whole[(page + 1) * 4096 :])
        with pytest.raises(BadSnapshot):
            open_snapshot(path)


def test_a_log_beside_the_file_is_not_looked_at(tmp_path: Path) -> None:
    path = make_snapshot(tmp_path / "snapshot")
    for beside in ("snapshot-journal", "snapshot-wal"):
        (tmp_path / beside).write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + b"\xff" * 5000)
    with open_snapshot(path) as snapshot:
        assert len(list(snapshot.articles())) == 3
    assert (tmp_path / "snapshot-journal").stat().st_size == 5008
