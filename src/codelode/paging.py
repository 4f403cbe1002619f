"""Answers in pages that neither overlap nor skip a hit, whatever is written and committed between them.

The first page is a search for more hits than it shows.  Where they stand is kept in a file in the user's cache folder,
whatever index or indexes they are from: a token names the file and the place of the next page in it, so that asking for
a page twice gives the same hits.  Their lines are read anew for each page, and compared with what they were.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import xxhash

from codelode.errors import QueryError, StorageError
from codelode.model import FIRST_PAGE, Hit, Match, Mode, Page, SearchOptions, SearchResult, SearchStats
from codelode.store.files import cache_folder
from codelode.text.decode import decode

KEPT_HITS = 1_000
"""Hits that are kept beyond the first page: a hundred pages, which is where people give up, and 300 kB"""

MOST_FILES = 32
KEPT_SECONDS = 3600
"""Bounds on what lies in the cache folder"""

LARGEST = 256 << 20
"""Bytes from which a file that has grown is not read again: no search would"""

_TOKEN = re.compile(r"([0-9a-f]{16})-(\d{1,6})")

_Digests = list[str]
"""of a hit's first line and of its whole text"""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A hit as it is kept: where it is, what its text was, and the file's size and time then."""

    hit: Hit
    """without its text"""
    digests: _Digests
    signature: tuple[int, int]

    def to_json(self) -> list[Any]:
        return [list(self.hit), self.digests, list(self.signature)]

    @staticmethod
    def from_json(row: list[Any]) -> _Kept:
        (*fields, matches, copies), digests, (size, mtime_ns) = row
        hit = Hit._make([*fields, tuple(Match(*match) for match in matches), tuple(copies)])
        return _Kept(hit, digests, (size, mtime_ns))


def widened(options: SearchOptions) -> SearchOptions:
    """What to ask for when the first page of an answer to `options` is wanted.  Raises QueryError."""
    if options.all_matches:
        raise QueryError("all matches in path order have no pages; leave out the cursor, or --all")
    return replace(options, limit=options.limit + KEPT_HITS)


def first_page(result: SearchResult, root: str, limit: int) -> SearchResult:
    """The first `limit` hits of `result`, of which the others are kept.  Raises StorageError."""
    hits = result.hits[:limit]
    if not hits:
        return replace(result, page=Page("", 0, 0))
    signatures: dict[str, tuple[int, int]] = {}
    for hit in result.hits:
        if hit.path not in signatures:
            signatures[hit.path] = _signature(Path(root, hit.path))
    kept = [_Kept(hit._replace(text=""), _digests(hit.text), signatures[hit.path]) for hit in result.hits]
    stats = result.stats
    if stats.explain and "hits" in stats.explain:
        stats = replace(stats, explain={**stats.explain, "hits": stats.explain["hits"][:limit]})
    name = os.urandom(8).hex()
    _write(
        name,
        {
            "root": root,
            "query": result.query,
            "mode": result.mode.value,
            "why": result.why,
            "limit": limit,
            "stats": _lasting(stats),
            "hits": [row.to_json() for row in kept],
        },
    )
    return replace(result, hits=hits, stats=stats, page=Page(name, 0, len(kept)))


def next_page(
    token: str, *, limit: int | None = None, query: str | None = None, root: str | None = None
) -> tuple[SearchResult, str]:
    """The hits from the place of `token` on, `limit` of them (default: as many as the first page had), and the folder
    that their paths count from.

    Raises QueryError for a token that is not known (any more), and for another `query` or `root` than the first
    page's."""
    began = time.perf_counter()
    name, start = _parsed(token)
    kept = _read(name, token)
    if query is not None and query != kept["query"]:
        raise QueryError(
            f"{token} is a page of the query {kept['query']!r}: leave the query out, or start again with "
            f"--cursor {FIRST_PAGE}"
        )
    if root is not None and root != kept["root"]:
        raise QueryError(f"{token} is a page of a search in {kept['root']}")
    stats = SearchStats(**kept["stats"])
    rows = [_Kept.from_json(row) for row in kept["hits"]]
    total = len(rows)
    hits, fates = _fresh(rows, slice(start, start + (limit or kept["limit"])), kept["root"], stats)
    if start + len(hits) == total > KEPT_HITS:
        stats.notes.append(
            f"pages end here, after {total:,} hits; all matches are in an answer without pages"
        )
    stats.elapsed_ms = (time.perf_counter() - began) * 1000
    page = Page(name, start, total, fates)
    return SearchResult(kept["query"], Mode(kept["mode"]), hits, stats, kept["why"], page), kept["root"]


def _fresh(
    rows: Sequence[_Kept], page: slice, root: str, stats: SearchStats
) -> tuple[tuple[Hit, ...], dict[int, str]]:
    """The hits of a `page` of `rows` with their lines as they are now; and by place in the page what became of those
    whose files were written."""
    by_path: dict[str, list[_Kept]] = {}
    for row in rows:
        by_path.setdefault(row.hit.path, []).append(row)
    placed: dict[str, dict[int, tuple[Hit, str]]] = {}
    hits: list[Hit] = []
    fates: dict[int, str] = {}
    for place, row in enumerate(rows[page]):
        path = row.hit.path
        if path not in placed:
            placed[path] = _settle(by_path[path], Path(root, path), stats)
        hit, fate = placed[path][id(row)]
        if fate:
            fates[place] = fate
        hits.append(hit)
    stats.stale = len({hits[place].path for place in fates})
    return tuple(hits), fates


def _settle(rows: Sequence[_Kept], path: Path, stats: SearchStats) -> dict[int, tuple[Hit, str]]:
    """All kept hits of a file, by `id`, with their lines as they are now and what became of those: "" when the file was
    not written.

    Most lines of a file move by the same number of lines, which tells those from each other that say the same; the
    others are looked for as near as possible.  No two hits are given the same place."""
    signature = _signature(path)
    text = _read_text(path, stats)
    if text is None:
        return {id(row): (row.hit._replace(matches=()), "gone") for row in rows}
    found = {id(row): text.places(row) for row in rows}
    votes = Counter(at - row.hit.start_line for row in rows for at in found[id(row)])
    shift = min(votes, key=lambda down: (-votes[down], abs(down)), default=0)
    taken: set[tuple[int, int]] = set()
    settled: dict[int, tuple[Hit, str]] = {}
    for row in sorted(rows, key=lambda row: row.hit.start_line + shift not in found[id(row)]):
        hit, size = row.hit, row.hit.end_line - row.hit.start_line
        free = [at for at in found[id(row)] if (at, size) not in taken]
        if not free:
            settled[id(row)] = hit._replace(matches=()), "gone"
            continue
        at = min(free, key=lambda at: abs(at - hit.start_line - shift))
        taken.add((at, size))
        down = at - hit.start_line
        matches = tuple(match._replace(line=match.line + down) for match in hit.matches)
        lines = text.lines(at, at + size)
        moved = hit._replace(start_line=at, end_line=at + size, text=lines, matches=matches)
        settled[id(row)] = moved, "moved" if down else "same" if signature != row.signature else ""
    return settled


class _Text:
    """The lines of a file as hits have them, counted from 1."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._known: dict[str, list[int]] = {}
        for at, line in enumerate(self._lines, start=1):
            self._known.setdefault(_digest(line), []).append(at)

    def lines(self, first: int, last: int) -> str:
        """The lines from `first` to `last`."""
        return "\n".join(self._lines[first - 1 : last])

    def places(self, row: _Kept) -> list[int]:
        """Where the lines of a hit are; of one that is the whole file, its beginning."""
        hit, (first, whole) = row.hit, row.digests
        if whole == _EMPTY and not hit.matches:
            return [1]
        size = hit.end_line - hit.start_line
        return [at for at in self._known.get(first, ()) if _digest(self.lines(at, at + size)) == whole]


def _read_text(path: Path, stats: SearchStats) -> _Text | None:
    """A file as it is now; None when it is gone or no text any more."""
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST:
            return None
        data = path.read_bytes()
    except OSError:
        return None
    stats.files_read += 1
    stats.bytes_read += len(data)
    text = decode(data)
    return _Text(text.decode("utf-8", "replace")) if isinstance(text, bytes) else None


def _signature(path: Path) -> tuple[int, int]:
    """Size and modification time of a file; zeros when it is gone."""
    try:
        found = path.lstat()
    except OSError:
        return 0, 0
    return found.st_size, found.st_mtime_ns


def _digests(text: str) -> _Digests:
    return [_digest(text.split("\n", 1)[0]), _digest(text)]


def _digest(text: str) -> str:
    return xxhash.xxh3_64_hexdigest(text.encode("utf-8", "surrogateescape"))


_EMPTY = _digest("")


def _lasting(stats: SearchStats) -> dict[str, Any]:
    """What of the first page's counters holds for the others."""
    return {
        "files": stats.files,
        "segments": stats.segments,
        "candidates": stats.candidates,
        "matched_files": stats.matched_files,
        "matches": stats.matches,
        "skipped": stats.skipped,
        "partial": stats.partial,
    }


def _folder() -> Path:
    return cache_folder() / "pages"


def _parsed(token: str) -> tuple[str, int]:
    found = _TOKEN.fullmatch(token)
    if found is None:
        raise QueryError(
            f"{token!r} is no cursor: begin with --cursor {FIRST_PAGE}, then give what the answer calls next"
        )
    return found[1], int(found[2])


def _read(name: str, token: str) -> dict[str, Any]:
    path = _folder() / f"{name}.json"
    try:
        with path.open("rb") as file:
            if time.time() - os.fstat(file.fileno()).st_mtime <= KEPT_SECONDS:
                return dict(json.load(file))
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as exc:
        raise QueryError(
            f"the pages of {token} cannot be read ({exc}); start again with --cursor {FIRST_PAGE}"
        ) from exc
    raise QueryError(
        f"the pages of {token} are not kept any more (an hour, and those of the last {MOST_FILES} answers, are); "
        f"start again with --cursor {FIRST_PAGE}"
    )


def _write(name: str, value: dict[str, Any]) -> None:
    folder = _folder()
    path = folder / f"{name}.json"
    draft = path.with_suffix(".new")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _prune(folder)
        # Nobody else's business: queries and paths.
        with os.fdopen(
            os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii"
        ) as file:
            json.dump(value, file)
        draft.replace(path)
    except OSError as exc:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise StorageError(
            f"{folder}: cannot keep the pages of this answer ({exc.strerror or exc}); use --offset instead of a cursor"
        ) from exc


def _prune(folder: Path) -> None:
    """Make room for one more file, and remove those that are too old."""
    rows: list[tuple[float, Path]] = []
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # another process was faster
            rows.append((path.stat().st_mtime, path))
    rows.sort(reverse=True)
    oldest = time.time() - KEPT_SECONDS
    for place, (changed, path) in enumerate(rows):
        if place >= MOST_FILES - 1 or changed < oldest:
            with contextlib.suppress(FileNotFoundError, PermissionError):  # Windows keeps what somebody reads
                path.unlink()
