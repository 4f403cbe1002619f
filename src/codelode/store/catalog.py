"""The catalog: SQLite, one row a file, and the one transaction that makes a build visible.

Commit protocol.  A build writes segments (fsynced folders nobody sees) and stages their rows in batched
transactions with ``synchronous=NORMAL``: losing those loses nothing that was visible.  `commit` then moves the
staged rows, deletes, tombstones and live segments in a single transaction with ``synchronous=FULL``, whose fsync
of the write-ahead log covers the staged rows before it too.  Readers see the generation before or after it.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from codelode.errors import CorruptIndexError, IndexFormatError, StorageError
from codelode.model import FileStat, RelPath
from codelode.store.format import CATALOG_VERSION

BUSY_TRIES = 3
BUSY_FIRST_SECONDS = 0.1
"""Back-off of a busy database: 0.1, 0.2, 0.4 s after SQLite's own timeout."""

_META = """
CREATE TABLE IF NOT EXISTS meta (
    key TEXT PRIMARY KEY, value TEXT NOT NULL, row_check INTEGER NOT NULL) WITHOUT ROWID"""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS segments (
    name TEXT PRIMARY KEY, files INTEGER NOT NULL, text_bytes INTEGER NOT NULL,
    guard TEXT NOT NULL, tombstones BLOB NOT NULL, row_check INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (
    path BLOB PRIMARY KEY, size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER, hash BLOB, language TEXT,
    segment TEXT, ordinal INTEGER, reason TEXT, detail TEXT, racy INTEGER, row_check INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS staged (
    path BLOB, size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER, hash BLOB, language TEXT,
    segment TEXT, ordinal INTEGER, reason TEXT, detail TEXT, racy INTEGER, row_check INTEGER);
"""
_COLUMNS = "path, size, mtime_ns, ctime_ns, hash, language, segment, ordinal, reason, detail, racy"

FileRow = tuple[RelPath, int, int, int, bytes, str, str, int, str, str, int]
"""path, size, mtime_ns, ctime_ns, hash (16 bytes, or empty), language, segment ("" when skipped), ordinal (-1 when
skipped), reason (SkipReason value or ""), detail, racy (1: too fresh to trust its times, see ingest.plan)."""

_REPAIR = "`codelode index --rebuild` repairs it"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """A live segment."""

    name: str
    files: int
    text_bytes: int
    """bytes of source text in it when it was built"""
    guard: str
    """JSON: size, mtime and checksum of each of its files, see store.segment"""
    tombstones: bytes
    """sorted uint16 ordinals of deleted or replaced files, in the byte order of every supported machine (little)"""

    @property
    def dead(self) -> int:
        """How many tombstones."""
        return len(self.tombstones) // 2

    def dead_ordinals(self) -> set[int]:
        """The ordinals with a tombstone."""
        return set(memoryview(self.tombstones).cast("H"))

    @staticmethod
    def pack(ordinals: Iterable[int]) -> bytes:
        """`ordinals` as tombstones are stored."""
        return array("H", sorted(ordinals)).tobytes()


@dataclass(frozen=True, slots=True)
class Change:
    """What one commit does."""

    add_segments: tuple[SegmentRow, ...]
    drop_segments: tuple[str, ...]
    tombstones: Mapping[str, bytes]
    """new, complete tombstones of segments that stay"""
    delete_paths: tuple[RelPath, ...]
    replace_all: bool
    """forget every row that is not staged: a rebuild"""
    meta: Mapping[str, Any]


_TABLES = "SELECT name, sql FROM sqlite_master ORDER BY name"


def _expected_tables() -> list[tuple[str, str]]:
    with contextlib.closing(sqlite3.connect(":memory:")) as db:
        db.executescript(_META + ";" + _SCHEMA)
        return db.execute(_TABLES).fetchall()


def _check(row: Iterable[Any]) -> int:
    return zlib.crc32(repr(row).encode("utf-8", "surrogateescape"))


class Catalog:
    """An open catalog.  One writer at a time (the build lock sees to it); any number of readers."""

    def __init__(self, path: Path, *, create: bool) -> None:
        """Open `path`.

        Raises FileNotFoundError when it is missing and `create` is false, CorruptIndexError when it is damaged,
        IndexFormatError when a newer codelode wrote it, StorageError when its folder cannot be written.
        """
        self.path = path
        if not create and not path.exists():
            raise FileNotFoundError(path)
        self._frozen = False
        self._db = self._connect(str(path))
        try:
            if create:
                self._prepare()
            self._check_version()
        except StorageError as exc:
            self._db.close()
            if create or not self._is_read_only(exc):
                raise
            # In a folder that cannot be written SQLite reads no write-ahead log; there is none to read either.
            self._frozen = True
            self._db = self._connect(f"{path.absolute().as_uri()}?immutable=1")
            self._check_version()
        except BaseException:
            self._db.close()
            raise
        self._opened = path.stat()

    def _connect(self, name: str) -> sqlite3.Connection:
        with self._errors():
            # check_same_thread: searches run in threads; sqlite3 serialises calls on one connection.
            return sqlite3.connect(
                name, isolation_level=None, timeout=5.0, check_same_thread=False, uri=name.startswith("file:")
            )

    def _is_read_only(self, exc: StorageError) -> bool:
        """Whether the catalog can be read as a file that nobody changes."""
        code = getattr(exc.__cause__, "sqlite_errorcode", 0) & 0xFF
        log = self.path.with_name(f"{self.path.name}-wal")
        return code in _READ_ONLY and not (log.exists() and log.stat().st_size)

    def close(self) -> None:
        """Close the connection; the catalog cannot be used after it."""
        self._db.close()

    def is_current(self) -> bool:
        """Whether what was opened is still what is at `path`: a repair or a drop replaces the file."""
        try:
            now = self.path.stat()
        except FileNotFoundError:
            return False
        # Where we cannot write somebody else may, and SQLite would not notice.
        changed = self._frozen and (now.st_mtime_ns, now.st_size) != (
            self._opened.st_mtime_ns,
            self._opened.st_size,
        )
        return os.path.samestat(now, self._opened) and not changed

    # ---- reading -----------------------------------------------------------------------------------------

    def meta(self, key: str) -> Any:
        """The value stored under `key`, or None."""
        with self._errors():
            row = self._db.execute("SELECT * FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else json.loads(self._checked(row)[1])

    def generation(self) -> int:
        """Number of commits so far: another value means another snapshot."""
        return int(self.meta("generation") or 0)

    @contextlib.contextmanager
    def view(self) -> Iterator[None]:
        """Everything read inside the block is of one generation."""
        with self._errors():
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                self._db.execute("COMMIT")

    def segments(self) -> list[SegmentRow]:
        """The live segments by name."""
        with self._errors():
            rows = self._db.execute("SELECT * FROM segments ORDER BY name").fetchall()
        return [SegmentRow(*self._checked(row)) for row in rows]

    def stats(self) -> list[tuple[RelPath, int, int, int, bytes, str, int, str, int, str]]:
        """What a plan needs of every row, in the order of `ingest.plan.OldRow`."""
        with self._errors():
            return self._db.execute(
                "SELECT path, size, mtime_ns, ctime_ns, hash, segment, ordinal, reason, racy, detail FROM files"
            ).fetchall()

    def reasons(self) -> dict[str, int]:
        """How many rows have each reason; ``""`` counts the fully indexed files."""
        return dict(self.meta("reasons") or {})

    def skipped(self) -> Iterator[tuple[RelPath, str, str]]:
        """path, reason, detail of every row that has a reason, by path."""
        with self._errors():
            for found in self._db.execute("SELECT * FROM files WHERE reason <> '' ORDER BY path"):
                row = self._checked(found)
                yield row[0], row[8], row[9]

    def damage(self) -> list[str]:
        """One line for each thing wrong with the database: SQLite's own check and the rows' checksums."""
        found: list[str] = []
        try:
            found += [
                f"{self.path}: {line}"
                for (line,) in self._db.execute("PRAGMA integrity_check")
                if line != "ok"
            ]
            if self._db.execute(_TABLES).fetchall() != _expected_tables():
                found.append(f"{self.path}: not the tables of a catalog")
            for table in ("meta", "segments", "files"):
                for row in self._db.execute(f"SELECT * FROM {table}"):  # noqa: S608
                    if _check(row[:-1]) != row[-1]:
                        found.append(f"{self.path}: row {row[0]!r} of {table} does not match its checksum")
        except (sqlite3.DatabaseError, UnicodeDecodeError) as exc:
            found.append(f"{self.path}: {exc}")
        return found

    def _checked(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """`row` without its checksum, which must match."""
        if _check(row[:-1]) != row[-1]:
            raise CorruptIndexError(f"{self.path}: row {row[0]!r} does not match its checksum; {_REPAIR}")
        return row[:-1]

    # ---- writing -----------------------------------------------------------------------------------------

    def begin_build(self) -> None:
        """Forget what a killed build staged."""
        self._write("NORMAL", lambda: self._db.execute("DELETE FROM staged"))

    def stage(self, rows: list[FileRow]) -> None:
        """Keep `rows` for the next `commit`; nothing becomes visible."""
        checked = [(*row, _check(row)) for row in rows]
        self._write(
            "NORMAL",
            lambda: self._db.executemany("INSERT INTO staged VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", checked),
        )

    def moved_row(self, path: RelPath, stat: FileStat, racy: bool) -> FileRow:
        """The row of `path` with a new signature, everything else as it is."""
        with self._errors():
            row = self._db.execute(f"SELECT {_COLUMNS} FROM files WHERE path = ?", (path,)).fetchone()  # noqa: S608
        return (path, stat.size, stat.mtime_ns, stat.ctime_ns, *row[4:10], int(racy))

    def note(self, key: str, value: Any) -> None:
        """Keep `value` (JSON) under `key` without a commit: for what readers can do without."""
        self._write("NORMAL", lambda: self._put_meta(key, value))

    def commit(self, change: Change) -> int:
        """Make the staged rows and `change` visible at once and durably; returns the new generation."""

        def apply() -> int:
            db = self._db
            if change.replace_all:
                db.execute("DELETE FROM files")
            db.executemany("DELETE FROM files WHERE path = ?", ((path,) for path in change.delete_paths))
            db.execute("INSERT OR REPLACE INTO files SELECT * FROM staged ORDER BY path")
            db.execute("DELETE FROM staged")
            db.executemany("DELETE FROM segments WHERE name = ?", ((name,) for name in change.drop_segments))
            for segment in change.add_segments:
                self._put_segment(segment)
            for name, tombstones in change.tombstones.items():
                files, text_bytes, guard = db.execute(
                    "SELECT files, text_bytes, guard FROM segments WHERE name = ?", (name,)
                ).fetchone()
                self._put_segment(SegmentRow(name, files, text_bytes, guard, tombstones))
            generation = self.generation() + 1
            reasons = dict(db.execute("SELECT reason, count(*) FROM files GROUP BY reason ORDER BY reason"))
            # Counted once a commit: every search says what is not searched, and counting takes 13 ms.
            for key, value in {**change.meta, "generation": generation, "reasons": reasons}.items():
                self._put_meta(key, value)
            return generation

        return self._write("FULL", apply)

    def _put_segment(self, segment: SegmentRow) -> None:
        row = (segment.name, segment.files, segment.text_bytes, segment.guard, segment.tombstones)
        self._db.execute("INSERT OR REPLACE INTO segments VALUES (?,?,?,?,?,?)", (*row, _check(row)))

    def _put_meta(self, key: str, value: Any) -> None:
        row = (key, json.dumps(value))
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?,?,?)", (*row, _check(row)))

    def _prepare(self) -> None:
        with self._errors():
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute(_META)
        if self.meta("format_version") is None:
            self.note("format_version", CATALOG_VERSION)
        self._check_version()  # before anything of ours is added to a newer codelode's tables
        with self._errors():
            self._db.executescript(_SCHEMA)

    def _check_version(self) -> None:
        version = self.meta("format_version")
        if not isinstance(version, int):
            raise CorruptIndexError(f"{self.path}: no format version; {_REPAIR}")
        if version > CATALOG_VERSION:
            raise IndexFormatError(
                f"{self.path}: format {version} is newer than this codelode reads ({CATALOG_VERSION}); "
                "upgrade codelode, or `codelode index --rebuild`"
            )

    def _write(self, synchronous: str, work: Callable[[], T]) -> T:
        """Run `work` in an immediate transaction; a busy database is tried `BUSY_TRIES` times more."""
        for attempt in range(BUSY_TRIES + 1):
            try:
                with _SqliteErrors(self.path, retried=True):
                    self._db.execute(f"PRAGMA synchronous={synchronous}")
                    self._db.execute("BEGIN IMMEDIATE")
                    try:
                        result = work()
                        self._db.execute("COMMIT")
                    except BaseException:
                        if self._db.in_transaction:
                            self._db.execute("ROLLBACK")
                        raise
                    return result
            except _Busy as exc:
                if attempt == BUSY_TRIES:
                    raise StorageError(f"{self.path}: {_LOCKED}") from exc
                time.sleep(BUSY_FIRST_SECONDS * 2**attempt)
        raise AssertionError("the loop returns or raises")

    def _errors(self) -> _SqliteErrors:
        return _SqliteErrors(self.path)


class _Busy(Exception):
    """The database is locked by another connection."""


_READ_ONLY = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)
_LOCKED = "the database stays locked by another process"


class _SqliteErrors:
    """``with`` block that maps sqlite3's errors to codelode's; a busy database to `_Busy` if it is `retried`."""

    def __init__(self, path: Path, *, retried: bool = False) -> None:
        self._path = path
        self._retried = retried

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, trace: object) -> None:
        # UnicodeDecodeError: SQLite's message quotes damaged bytes.
        if not isinstance(exc, sqlite3.Error | UnicodeDecodeError):
            return
        code = getattr(exc, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            if self._retried:
                raise _Busy from exc
            raise StorageError(f"{self._path}: {_LOCKED}") from exc
        if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            raise StorageError(f"{self._path}: cannot write the catalog ({exc}); is the disk full?") from exc
        if code in _READ_ONLY:
            raise StorageError(
                f"{self._path}: cannot open or write the catalog ({exc}); set index_dir to a writable folder"
            ) from exc
        raise CorruptIndexError(f"{self._path}: {exc}; {_REPAIR}") from exc
