"""The catalog: one transaction is the commit, and damage does not pass for data."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from codelode.errors import CorruptIndexError, IndexFormatError, StorageError
from codelode.model import FileStat
from codelode.store import catalog as module
from codelode.store.catalog import Catalog, Change, FileRow, SegmentRow

TORN = SegmentRow.pack([5, 1, 3])


def file(path: bytes, segment: str = "s1", ordinal: int = 0, reason: str = "") -> FileRow:
    return (path, 10, 11, 12, b"h" * 16, "c", segment, ordinal, reason, "why" if reason else "", 0)


def change(**more: Any) -> Change:
    empty: dict[str, Any] = {
        "add_segments": (),
        "drop_segments": (),
        "tombstones": {},
        "delete_paths": (),
        "replace_all": False,
        "meta": {},
    }
    return Change(**{**empty, **more})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A catalog of two files and a segment, generation 1."""
    path = tmp_path / "catalog.db"
    catalog = Catalog(path, create=True)
    catalog.stage([file(b"a"), file(b"b\xff\n", ordinal=1), file(b"skipped", "", -1, "binary")])
    segment = SegmentRow("s1", 2, 20, '{"guard": 1}', b"")
    assert catalog.commit(change(add_segments=(segment,), meta={"root": "r"})) == 1
    catalog.close()
    return path


def test_a_new_catalog_is_empty(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "catalog.db", create=True)
    assert (catalog.generation(), catalog.segments(), catalog.stats()) == (0, [], [])
    assert catalog.meta("nothing") is None
    assert catalog.damage() == []
    catalog.close()


def test_what_was_committed_is_read(path: Path) -> None:
    catalog = Catalog(path, create=False)
    assert catalog.generation() == 1
    assert catalog.meta("root") == "r"
    assert [row.name for row in catalog.segments()] == ["s1"]
    assert {row[0] for row in catalog.stats()} == {b"a", b"b\xff\n", b"skipped"}
    assert catalog.reasons() == {"": 2, "binary": 1}
    assert list(catalog.skipped()) == [(b"skipped", "binary", "why")]
    assert catalog.damage() == []
    catalog.close()


def test_staged_rows_are_seen_by_nobody(path: Path) -> None:
    writer, reader = Catalog(path, create=True), Catalog(path, create=False)
    writer.begin_build()
    writer.stage([file(b"new"), file(b"a", "s2", 7)])
    for each in (writer, reader):
        assert len(each.stats()) == 3
    writer.begin_build()  # as after a kill: forgotten
    writer.commit(change())
    assert len(reader.stats()) == 3
    writer.close()
    reader.close()


def test_a_commit_does_everything_at_once(path: Path) -> None:
    writer = Catalog(path, create=True)
    writer.stage([file(b"a", "s2", 0), file(b"c", "s2", 1)])
    added = SegmentRow("s2", 2, 5, "{}", b"")
    writer.commit(change(add_segments=(added,), tombstones={"s1": TORN}, delete_paths=(b"skipped",)))
    rows = {row[0]: (row[5], row[6]) for row in writer.stats()}
    assert rows == {b"a": ("s2", 0), b"b\xff\n": ("s1", 1), b"c": ("s2", 1)}
    first, second = writer.segments()
    assert first.dead_ordinals() == {1, 3, 5}
    assert (first.dead, second.dead) == (3, 0)
    assert first.guard == '{"guard": 1}'
    writer.stage([file(b"only", "s3", 0)])
    third = SegmentRow("s3", 1, 1, "{}", b"")
    writer.commit(change(add_segments=(third,), drop_segments=("s1", "s2"), replace_all=True))
    assert [row[0] for row in writer.stats()] == [b"only"]
    assert writer.segments() == [third]
    assert writer.generation() == 3
    assert writer.damage() == []
    writer.close()


def test_a_reader_in_a_view_sees_one_generation(path: Path) -> None:
    writer, reader = Catalog(path, create=True), Catalog(path, create=False)
    with reader.view():
        before = reader.generation()
        writer.stage([file(b"new")])
        writer.commit(change(drop_segments=("s1",)))
        assert reader.generation() == before
        assert len(reader.segments()) == 1
        assert len(reader.stats()) == 3
    assert (reader.generation(), reader.segments(), len(reader.stats())) == (before + 1, [], 4)
    writer.close()
    reader.close()


def test_a_commit_that_fails_changes_nothing(path: Path) -> None:
    catalog = Catalog(path, create=True)
    catalog.stage([file(b"new")])
    with pytest.raises(TypeError):
        catalog.commit(change(tombstones={"no such segment": TORN}, delete_paths=(b"a",)))
    assert (catalog.generation(), len(catalog.stats())) == (1, 3)
    catalog.commit(change())
    assert len(catalog.stats()) == 4
    catalog.close()


def test_a_row_that_only_moved_in_time(path: Path) -> None:
    catalog = Catalog(path, create=True)
    row = catalog.moved_row(b"a", FileStat(1, 2, 3), True)
    assert row == (b"a", 1, 2, 3, b"h" * 16, "c", "s1", 0, "", "", 1)
    catalog.close()


def test_notes_are_no_commit(path: Path) -> None:
    catalog = Catalog(path, create=True)
    catalog.note("checked_at", 1.5)
    assert (catalog.meta("checked_at"), catalog.generation()) == (1.5, 1)
    catalog.close()


def hold(path: Path) -> subprocess.Popen[str]:
    """Another process that holds the write lock until its input ends."""
    script = (
        "import sqlite3, sys\n"
        "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "db.execute('BEGIN IMMEDIATE')\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    return holder


def test_a_locked_database_is_tried_again(path: Path) -> None:
    catalog = Catalog(path, create=True)
    catalog._db.execute("PRAGMA busy_timeout=0")  # SQLite itself does not wait: only the retries do
    with hold(path) as holder:
        assert holder.stdin
        threading.Timer(0.25, holder.stdin.close).start()
        assert catalog.commit(change()) == 2
    catalog.close()


def test_a_database_that_stays_locked(path: Path) -> None:
    catalog = Catalog(path, create=True)
    catalog._db.execute("PRAGMA busy_timeout=0")
    with hold(path) as holder:
        assert holder.stdin
        began = time.monotonic()
        with pytest.raises(StorageError, match="stays locked by another process"):
            catalog.commit(change())
        waits = sum(module.BUSY_FIRST_SECONDS * 2**attempt for attempt in range(module.BUSY_TRIES))
        assert time.monotonic() - began >= waits
        assert catalog.generation() == 1
        holder.stdin.close()
    catalog.close()


def edit(path: Path, statement: str) -> None:
    """Change the database behind the catalog's back."""
    db = sqlite3.connect(path)
    db.execute(statement)
    db.commit()
    db.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE files SET size = 11 WHERE path = x'61'",
        "UPDATE files SET hash = x'00' WHERE path = x'61'",
        "UPDATE files SET segment = 's9' WHERE path = x'61'",
        "UPDATE segments SET files = 3",
        "UPDATE segments SET guard = '{}'",
        "UPDATE segments SET tombstones = x'0100'",
        "UPDATE meta SET value = '7' WHERE key = 'generation'",
        "ALTER TABLE staged DROP COLUMN racy",
        "DROP TABLE staged",
    ],
)
def test_rows_changed_behind_its_back(path: Path, statement: str) -> None:
    edit(path, statement)
    catalog = Catalog(path, create=False)
    assert len(catalog.damage()) == 1
    catalog.close()


def test_damaged_segment_rows_are_not_used(path: Path) -> None:
    edit(path, "UPDATE segments SET guard = '{]'")
    catalog = Catalog(path, create=False)
    with pytest.raises(CorruptIndexError, match=r"'s1' does not match its checksum.*--rebuild"):
        catalog.segments()
    catalog.close()


def test_a_page_of_garbage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for page in range(1, len(data) // 4096):
        data[page * 4096 : page * 4096 + 100] = b"\xee" * 100
    path.write_bytes(data)
    catalog = None
    with pytest.raises(CorruptIndexError, match="--rebuild"):
        catalog = Catalog(path, create=False)
        catalog.stats()
    if catalog is not None:
        assert catalog.damage()
        catalog.close()


@pytest.mark.parametrize("content", [b"", b"no database\n" * 999])
def test_no_catalog_at_all(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "catalog.db"
    with pytest.raises(FileNotFoundError):
        Catalog(path, create=False)
    path.write_bytes(content)
    with pytest.raises(CorruptIndexError):
        Catalog(path, create=False)


def test_a_newer_version_is_left_alone(path: Path) -> None:
    catalog = Catalog(path, create=True)
    catalog.note("format_version", 99)
    catalog.close()
    for create in (False, True):
        with pytest.raises(IndexFormatError, match="99 is newer"):
            Catalog(path, create=create)


def test_is_current(path: Path) -> None:
    catalog = Catalog(path, create=False)
    assert catalog.is_current()
    path.rename(path.with_name("old.db"))
    assert not catalog.is_current()
    Catalog(path, create=True).close()
    assert not catalog.is_current()
    catalog.close()


def test_threads_share_a_connection(path: Path) -> None:
    catalog = Catalog(path, create=False)
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(len(catalog.stats()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [3] * 8
    catalog.close()
