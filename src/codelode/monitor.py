"""Timings of questions and index runs, and the slow ones among them, kept in the index folder by every process.

::

    metrics/<kind>.log     a line a question: milliseconds, and where the answer came from
    metrics/slow.jsonl     a line a slow question: what was asked, how long it took, and where the time went

`codelode.metrics` reads them.  Command-line processes are too short-lived to keep anything themselves.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codelode.store.journal import Journal

if TYPE_CHECKING:
    from codelode.model import SearchOptions, SearchResult

FOLDER = "metrics"
LOG = ".log"
SLOW = "slow.jsonl"

KEPT = 1_000
"""timings of each kind"""
SLOW_KEPT = 200

NO_CACHE, MISS, HIT = "-", "=", "+"
"""where an answer came from: no cache was asked, one was in vain, or it was in there"""
RECORD_BYTES = 16
FLUSH_SECONDS = 1.0
"""A living process writes its timings this often: opening and writing a file takes 30 us, a timing in memory 1."""

SHORTEST_SLOW = 100
LONGEST_QUERY = 1_000
"""characters of a slow question that are kept"""


class Monitor:
    """Takes the timings of one index in this process.  Thread-safe; never fails a question."""

    def __init__(self, location: str, slow_ms: int) -> None:
        """`location`: the index folder, which must exist when something is written; questions that take `slow_ms` and
        more are slow, none for 0."""
        self.folder = Path(location, FOLDER)
        self.trouble = ""
        """why timings are kept in memory only; "" while they are written"""
        self._slow_ms = slow_ms
        self._lock = threading.Lock()
        self._pending: dict[str, list[str]] = {}
        self._flushed = time.monotonic()
        self._unwritten: dict[str, deque[str]] = {}

    def note(self, kind: str, milliseconds: float, source: str = NO_CACHE) -> None:
        """A question, or an index run, of `kind` (letters) took so long."""
        self._add(kind + LOG, f"{milliseconds:14.3f}{source}\n")

    def note_search(
        self, query: str, options: SearchOptions, result: SearchResult, *, has_cache: bool
    ) -> None:
        """`result` was the answer to `query`."""
        stats = result.stats
        source = HIT if stats.cached else MISS if has_cache else NO_CACHE
        self.note(result.mode.value, stats.elapsed_ms, source)
        if self._slow_ms and stats.elapsed_ms >= self._slow_ms and not stats.cached:
            self._add(SLOW, slow_line(query, options, result))

    def flush(self) -> None:
        """Write what was noted; what cannot be written is kept in memory, and `trouble` says why."""
        with self._lock:
            pending, self._pending = self._pending, {}
            self._flushed = time.monotonic()
        for name, lines in pending.items():
            try:
                self.folder.mkdir(
                    exist_ok=True
                )  # not its parent: an index that was dropped must not come back
                journal(self.folder, name).append("".join(lines).encode())
                self.trouble = ""
            except OSError as exc:
                self.trouble = f"{self.folder}: {exc.strerror or exc}"
                with self._lock:
                    kept = self._unwritten.setdefault(name, deque(maxlen=_most(name)))
                    kept.extend(lines)

    def unwritten(self) -> dict[str, list[str]]:
        """The lines that could not be written, oldest first, by the name of their log."""
        with self._lock:
            return {name: list(lines) for name, lines in self._unwritten.items()}

    def _add(self, name: str, line: str) -> None:
        with self._lock:
            self._pending.setdefault(name, []).append(line)
            due = time.monotonic() - self._flushed >= FLUSH_SECONDS
        if due:
            self.flush()


def journal(folder: Path, name: str) -> Journal:
    """The log `name` in `folder`."""
    return Journal(folder / name, _most(name), SHORTEST_SLOW if name == SLOW else RECORD_BYTES)


def _most(name: str) -> int:
    return SLOW_KEPT if name == SLOW else KEPT


def slow_line(query: str, options: SearchOptions, result: SearchResult) -> str:
    """One line of JSON about a slow question, with the plan when `explain` asked for one."""
    import json  # slow questions only

    stats = result.stats
    told: dict[str, Any] = {
        "at": round(time.time(), 3),
        "pid": os.getpid(),
        "query": query[:LONGEST_QUERY],
        "mode": result.mode.value,
        "options": _given(options),
        "ms": round(stats.elapsed_ms, 3),
        "stages": {name: round(spent, 3) for name, spent in stats.stages.items()},
        "candidates": stats.candidates,
        "files_read": stats.files_read,
        "bytes_read": stats.bytes_read,
        "matches": stats.matches,
        "hits": len(result.hits),
        "partial": stats.partial,
    }
    if stats.explain is not None:
        told["plan"] = stats.explain
    return json.dumps(told, default=str) + "\n"


def _given(options: SearchOptions) -> dict[str, Any]:
    """The options that are not as they are by default."""
    from enum import Enum

    usual = type(options)()
    given: dict[str, Any] = {}
    for name in options.__slots__:
        value = getattr(options, name)
        if value == getattr(usual, name):
            continue
        if isinstance(value, Enum):
            value = value.value
        elif isinstance(value, frozenset | tuple):
            value = sorted(os.fsdecode(part) for part in value)
        given[name] = value
    return given
