"""Encoded vectors by the hash of what was embedded: a bounded cache in one SQLite file, used by one process at a time.

It can be lost: a damaged file is replaced by an empty one.  SQLite reuses the pages of what was thrown out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from codelode.errors import StorageError
from codelode.store.files import storage_errors

_SCHEMA = """
CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, used INTEGER NOT NULL, value BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS by_use ON vectors (used);
"""

_VARIABLES = 500
"""Keys looked up by one statement; SQLite allows 999 and more."""

_KEPT = 0.9
"""Share of the bound that is left when the cache is full: it is not emptied a row at a time."""


class VectorCache:
    """Bytes by key (16 bytes); what was not used for longest goes when there is too much."""

    def __init__(self, path: Path, most_bytes: int) -> None:
        """Open or make `path`; raises StorageError.  `most_bytes` 0 keeps nothing."""
        self._path, self._most_bytes = path, most_bytes
        with storage_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._db = self._connect()
        except sqlite3.DatabaseError as exc:
            if isinstance(exc, sqlite3.OperationalError):
                raise StorageError(f"{path}: cannot open the cache of vectors ({exc})") from exc
            self._remove()
            self._db = self._connect()
        self._turn = self._one("SELECT coalesce(max(used), 0) + 1 FROM vectors")

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, isolation_level=None)
        try:
            db.execute("PRAGMA auto_vacuum=INCREMENTAL")  # before the first table
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=NORMAL")
            db.executescript(_SCHEMA)
            db.execute("SELECT count(*) FROM (SELECT used FROM vectors ORDER BY used LIMIT 1)").fetchone()
        except BaseException:
            db.close()
            raise
        return db

    def _remove(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            with storage_errors(self._path):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)

    def __enter__(self) -> VectorCache:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    def find(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """The values of those `keys` that are here; they count as used now."""
        found: dict[bytes, bytes] = {}
        try:
            for at in range(0, len(keys), _VARIABLES):
                part = keys[at : at + _VARIABLES]
                marks = ",".join("?" * len(part))
                rows = self._db.execute(f"SELECT key, value FROM vectors WHERE key IN ({marks})", part)  # noqa: S608
                found.update(rows)
            self._write(
                "UPDATE vectors SET used = ? WHERE key = ? AND used <> ?",
                ((self._turn, key, self._turn) for key in found),
            )
        except sqlite3.DatabaseError as exc:
            raise self._error(exc) from exc
        return found

    def keep(self, values: Mapping[bytes, bytes]) -> None:
        """Add `values`, and throw out what was not used for longest if there is too much."""
        if not self._most_bytes:
            return
        try:
            self._write(
                "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)",
                ((key, self._turn, value) for key, value in values.items()),
            )
            self._shrink()
        except sqlite3.DatabaseError as exc:
            raise self._error(exc) from exc

    def _write(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.executemany(statement, rows)
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _shrink(self) -> None:
        size = self.bytes
        if size <= self._most_bytes:
            return
        rows = self._one("SELECT count(*) FROM vectors")
        surplus = int(rows * (1 - self._most_bytes * _KEPT / size)) + 1
        self._write(
            "DELETE FROM vectors WHERE key IN (SELECT key FROM vectors ORDER BY used LIMIT ?)", [(surplus,)]
        )
        self._db.executescript("PRAGMA incremental_vacuum")  # `execute` would free a single page

    @property
    def bytes(self) -> int:
        """Bytes of all pages that hold something."""
        pages = self._one("PRAGMA page_count") - self._one("PRAGMA freelist_count")
        return pages * self._one("PRAGMA page_size")

    def __len__(self) -> int:
        return self._one("SELECT count(*) FROM vectors")

    def _one(self, question: str) -> int:
        return int(self._db.execute(question).fetchone()[0])

    def _error(self, exc: sqlite3.DatabaseError) -> StorageError:
        return StorageError(f"{self._path}: the cache of vectors fails ({exc}); it can be deleted")
