"""Answers kept in a living process: the same question is computed once, and again when its answer may have changed.

An answer is given from here only while

* the index is at the commit that it came from (each question brings the identity of what it asks; a new one empties
  the cache), and
* every file that it shows has the size, times and inode that it had when it was read.

A file that is not shown may change without the cache noticing, as without a refresh the index does not notice either.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import asdict, dataclass, replace
from enum import Enum
from functools import lru_cache
from sys import getsizeof
from typing import Any

from codelode.model import RANKED, FileStat, Mode, SearchOptions, SearchResult
from codelode.sharing import Flight

MOST_ENTRIES = 4096
"""More answers than this are not kept, however small they are."""

LARGEST_SHARE = 8
"""An answer over one part in this many of the cache is not kept: it would drive out the others."""
LARGEST_BYTES = 1 << 20
"""Nor is a larger one, of some 2,000 hits: to measure it, and to look at its files, would take more than 20 ms."""

Signature = tuple[int, int, int, int]
"""mtime_ns, ctime_ns, size and inode of a file"""
Watched = tuple[tuple[str, Signature], ...]
"""the files that an answer shows, as they were when it was computed"""
Computed = tuple[SearchResult, Watched | None]
"""an answer, and what to watch; None when it may be out of date already, or is too large to share"""


@dataclass(frozen=True, slots=True)
class CacheCounts:
    """What a cache did since it was made, and what it holds."""

    hits: int = 0
    misses: int = 0
    joined: int = 0
    """questions that waited for the same question of another thread"""
    evictions: int = 0
    """answers that made room for newer ones"""
    invalidated: int = 0
    """answers dropped because of a commit or a changed file"""
    entries: int = 0
    bytes: int = 0
    """memory of all that is kept"""

    @property
    def hit_rate(self) -> float:
        """Share of the questions, 0 to 1, that were not computed; 0 when there was none."""
        asked = self.hits + self.joined + self.misses
        return (self.hits + self.joined) / asked if asked else 0.0

    def to_json(self) -> dict[str, Any]:
        """All counts, and `hit_rate`."""
        return {**asdict(self), "hit_rate": round(self.hit_rate, 4)}


class _Entry:
    __slots__ = ("result", "size", "watched")

    def __init__(self, result: SearchResult, watched: Watched, size: int) -> None:
        self.result, self.watched, self.size = result, watched, size


class QueryCache:
    """The answers of one `Index` or `Indexes`, whose settings do not change: least recently used ones go first.

    Thread-safe.  Its lock is held for dictionary operations only: never while computing, measuring or looking at files.
    A computation must not ask the cache itself.
    """

    def __init__(self, most_bytes: int, most_entries: int = MOST_ENTRIES) -> None:
        """`most_bytes`: bound on the memory of all that is kept."""
        self._most_bytes, self._most_entries = most_bytes, most_entries
        self._lock = threading.Lock()
        self._identity: Hashable = None
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._flights: dict[Hashable, Flight[Computed]] = {}
        self._bytes = 0
        self._hits = self._misses = self._joined = self._evictions = self._invalidated = 0

    def answer(
        self,
        identity: Hashable,
        question: Hashable,
        root: str,
        compute: Callable[[], SearchResult],
        patience: int | None = None,
    ) -> SearchResult:
        """The answer to `question`; `stats.cached` when it was computed earlier, or in another thread meanwhile.

        `identity` names the state of the index (or indexes), `root` is the folder that the hits' paths count from.
        Only those who have the same `patience`, in milliseconds, wait for each other.  An answer that was not computed
        here has stats of its own, without stages.  What `compute` raises is raised in every thread that waits for it;
        one that is interrupted is replaced by one of those that wait.
        """
        flight_key = identity, question, patience
        while True:
            own: Flight[Computed] = Flight()
            try:
                found = self._find(identity, question, flight_key, own)
                if found is own:
                    return own.run(lambda: self._compute(identity, question, root, compute))[0]
            finally:  # whatever interrupts this thread, and wherever: nobody waits for it in vain
                with self._lock:
                    if self._flights.get(flight_key) is own:
                        del self._flights[flight_key]
                own.end()
            if isinstance(found, _Entry):
                if _unchanged(root, found.watched):
                    with self._lock:
                        self._hits += 1
                    return _shared(found.result)
                self._drop(question, found)
                continue
            computed = found.wait()
            if computed is None:
                continue  # it was interrupted: one of those that waited takes over
            result, watched = computed
            if watched is None or not _unchanged(root, watched):
                # This question may have come after a change that the other thread's answer does not show.
                with self._lock:
                    self._misses += 1
                return compute()
            with self._lock:
                self._joined += 1
            return _shared(result)

    def counts(self) -> CacheCounts:
        """What it did so far, and what it holds now."""
        with self._lock:
            return CacheCounts(
                hits=self._hits,
                misses=self._misses,
                joined=self._joined,
                evictions=self._evictions,
                invalidated=self._invalidated,
                entries=len(self._entries),
                bytes=self._bytes,
            )

    def clear(self) -> None:
        """Forget all answers; the counts go on."""
        with self._lock:
            self._empty()

    def _find(
        self, identity: Hashable, question: Hashable, flight_key: Hashable, own: Flight[Computed]
    ) -> _Entry | Flight[Computed]:
        """The answer that is kept, else who computes it: `own` when nobody did."""
        with self._lock:
            if identity != self._identity:
                self._invalidated += len(self._entries)
                self._empty()
                self._identity = identity
            entry = self._entries.get(question)
            if entry is not None:
                self._entries.move_to_end(question)
                return entry
            return self._flights.setdefault(flight_key, own)

    def _empty(self) -> None:
        self._entries.clear()
        self._bytes = 0

    def _drop(self, question: Hashable, entry: _Entry) -> None:
        with self._lock:
            if self._entries.get(question) is entry:
                del self._entries[question]
                self._bytes -= entry.size
                self._invalidated += 1

    def _compute(
        self, identity: Hashable, question: Hashable, root: str, compute: Callable[[], SearchResult]
    ) -> Computed:
        began_ns = time.time_ns()
        with self._lock:
            self._misses += 1
        result = compute()
        if _roughly(result) > min(self._most_bytes // LARGEST_SHARE, LARGEST_BYTES):
            return result, None
        watched = _watched(root, result, began_ns)
        if watched is not None and _complete(result):
            # A copy: the caller may change the stats of the result that is given to it.
            self._keep(identity, question, _shared(result), watched)
        return result, watched

    def _keep(self, identity: Hashable, question: Hashable, result: SearchResult, watched: Watched) -> None:
        entry = _Entry(result, watched, 0)
        entry.size = deep_bytes((question, watched, result)) + getsizeof(entry) + _PLACE_BYTES
        with self._lock:
            if identity != self._identity:
                return  # a commit came while this was computed
            before = self._entries.pop(question, None)
            self._bytes += entry.size - (before.size if before else 0)
            self._entries[question] = entry
            while self._bytes > self._most_bytes or len(self._entries) > self._most_entries:
                _, oldest = self._entries.popitem(last=False)
                self._bytes -= oldest.size
                self._evictions += 1


_PLACE_BYTES = 200
"""a place in an `OrderedDict`: its share of the table and of the list beside it, when the table is half empty"""


def question_of(query: str, options: SearchOptions) -> Hashable | None:
    """What two questions must have in common to have the same answer; None when it is not to be kept, as with
    `explain`, or when it depends on the hour.

    Raises QueryError for a query of the query language that cannot be read."""
    if options.explain or not query.strip():
        return None
    text = _normal_form(query, options.mode)
    if _AGE.search(text):
        return None
    # Who had more time, or less, has the same answer if it is complete, and others are not kept.
    return text, options if options.timeout_ms is None else replace(options, timeout_ms=None)


_AGE = re.compile(r"modified:[<>]=?[0-9]+[a-z]")


@lru_cache(maxsize=1024)  # parsing takes 100 us, half of what a repeated question may take
def _normal_form(query: str, mode: Mode) -> str:
    """`query` as all have it that ask the same in `mode`; in mode auto with the mode that is chosen, and why."""
    if mode is Mode.AUTO:
        from codelode.query.auto import choose_mode

        chosen, pattern, why = choose_mode(query)
        return f"{chosen.value}: {why}: {_normal_form(pattern, chosen)}"
    if mode is Mode.QUERY:
        from codelode.query.printing import print_query
        from codelode.search.vocabulary import parse

        return print_query(parse(query))
    return " ".join(query.split()) if mode in RANKED else query


def _complete(result: SearchResult) -> bool:
    """Whether the same question would have the same answer again, as long as no file changes.

    Partial answers may be longer the next time; a note may say that something could not be reached, or is not yet
    made; a file that is not as it was indexed may be again."""
    stats = result.stats
    return not (stats.partial or stats.notes or stats.stale or stats.explain is not None)


def _shared(result: SearchResult) -> SearchResult:
    stats = replace(
        result.stats,
        cached=True,
        elapsed_ms=0.0,
        stages={},
        notes=list(result.stats.notes),
        skipped=dict(result.stats.skipped),
    )
    return replace(result, stats=stats)


def _signature(path: str) -> Signature | None:
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


def _prefix(root: str) -> str:
    return os.path.join(root, "")  # noqa: PTH118  pathlib takes 3 times as long, and joins once a file


def _watched(root: str, result: SearchResult, began_ns: int) -> Watched | None:
    """What to watch for `result`, whose computation began at `began_ns`; None when a file may have changed since."""
    from codelode.ingest.read import is_racy

    paths: dict[str, None] = {}
    for hit in result.hits:
        paths[hit.path] = None
        paths.update(dict.fromkeys(hit.copies))
    watched = []
    prefix = _prefix(root)
    for path in paths:
        signature = _signature(prefix + path)
        if signature is None or is_racy(FileStat(signature[2], signature[0], signature[1]), began_ns):
            return None
        watched.append((path, signature))
    return tuple(watched)


def _unchanged(root: str, watched: Watched) -> bool:
    prefix = _prefix(root)
    return all(_signature(prefix + path) == signature for path, signature in watched)


def _roughly(result: SearchResult) -> int:
    """Bytes of `result`, quickly and at least: a hit without its text takes more than 300."""
    return sum(map(len, (hit.text for hit in result.hits))) + 300 * len(result.hits)


def deep_bytes(value: object) -> int:
    """Memory of `value` and all it refers to, each object once; of the kinds that questions and answers are made of.

    6 us for a hit."""
    seen: set[int] = set()
    total = 0
    waiting = [value]
    while waiting:
        item = waiting.pop()
        kind = type(item)
        if type(item) is int:
            # Python has the small ones anyway; larger ones are hardly ever shared.
            if not -5 <= item <= 256:
                total += getsizeof(item)
            continue
        if kind is float:
            total += getsizeof(item)
            continue
        if item is None or kind is bool or id(item) in seen:
            continue
        seen.add(id(item))
        if kind is str:
            total += getsizeof(item)
        elif isinstance(item, tuple | frozenset):
            if item:  # there is only one empty one
                total += getsizeof(item)
                waiting.extend(item)
        elif not isinstance(item, Enum):
            total += getsizeof(item)
            waiting.extend(_parts(item))
    return total


def _parts(item: object) -> Iterable[object]:
    if isinstance(item, list | set):
        return item
    if isinstance(item, dict):
        return (*item, *item.values())
    return [getattr(item, name) for name in getattr(item, "__slots__", ())]  # a dataclass of the model
