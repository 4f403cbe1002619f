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
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from codelode.errors import QueryError, StorageError
from codelode.model import FIRST_PAGE, Hit, Mode, Page, SearchOptions, SearchResult, SearchStats
from codelode.store.files import cache_folder
from codelode.whereabouts import Kept, find, keep

KEPT_HITS = 1_000
"""Hits that are kept beyond the first page: a hundred pages, which is where people give up, and 300 kB"""

ONE_A_FILE = frozenset({Mode.HYBRID, Mode.SEMANTIC})
"""Modes that show each file once"""

CHANGING = ONE_A_FILE | {Mode.WORDS, Mode.QUERY}
"""Modes that look at more candidates when more hits are wanted, and may then rank them another way"""

KEPT_COSTLY = 200
"""The same in modes that read and judge much for a hit: on Linux 0.6 s instead of 3.4 s in mode hybrid"""

MOST_FILES = 32
KEPT_SECONDS = 3600
"""Bounds on what lies in the cache folder"""

_TOKEN = re.compile(r"([0-9a-f]{16})-(\d{1,6})")


def check(options: SearchOptions) -> None:
    """Raises QueryError for options that go with no pages."""
    if options.all_matches:
        raise QueryError("all matches in path order have no pages; leave out the cursor, or --all")


def kept_hits(mode: Mode) -> int:
    """How many hits of an answer in `mode` are kept beyond the first page."""
    return KEPT_COSTLY if mode in ONE_A_FILE or mode is Mode.QUERY else KEPT_HITS


class _Shown:
    """The hits of a first page, and what says the same."""

    def __init__(self, result: SearchResult) -> None:
        self._lines: dict[str, list[tuple[int, int]]] = {}
        for hit in result.hits:
            self._lines.setdefault(hit.path, []).append((hit.start_line, hit.end_line))
        files = result.mode in ONE_A_FILE
        self._files = {path for hit in result.hits for path in (hit.path, *hit.copies)} if files else set()

    def __contains__(self, hit: Hit) -> bool:
        spans = self._lines.get(hit.path, ())
        return hit.path in self._files or any(
            start <= hit.end_line and hit.start_line <= end for start, end in spans
        )


def widened(options: SearchOptions, result: SearchResult) -> SearchOptions | None:
    """What to ask for to have the pages behind `result`, the answer to `options`; None when that is all there is."""
    if len(result.hits) < options.limit:
        return None
    return replace(options, limit=options.limit + kept_hits(result.mode), explain=False)


def first_page(result: SearchResult, more: SearchResult, root: str) -> SearchResult:
    """`result` as the first page of its hits and the others of `more`, which are kept.  Raises StorageError.

    Where a ranking depends a little on how many hits are asked for, the first page is the answer that there is without
    pages, and nothing of it comes again."""
    if not result.hits:
        return replace(result, page=Page("", 0, 0))
    limit = len(result.hits)
    if result.mode in CHANGING:
        shown = _Shown(result)
        others = [hit for hit in more.hits if hit not in shown]
    else:
        result, others = replace(result, hits=more.hits[:limit]), list(more.hits[limit:])
    kept = keep((*result.hits, *others), root)
    name = os.urandom(8).hex()
    _write(
        name,
        {
            "root": root,
            "query": result.query,
            "mode": result.mode.value,
            "why": result.why,
            "limit": limit,
            "complete": len(others) < kept_hits(result.mode),
            "stats": _lasting(more.stats),
            "hits": [row.to_json() for row in kept],
        },
    )
    return replace(result, page=Page(name, 0, len(kept)))


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
    rows = [Kept.from_json(row) for row in kept["hits"]]
    total = len(rows)
    hits, fates = find(rows, slice(start, start + (limit or kept["limit"])), kept["root"], stats)
    if start + len(hits) == total and not kept["complete"]:
        stats.notes.append(
            f"pages end here, after {total:,} hits; all matches are in an answer without pages"
        )
    stats.elapsed_ms = (time.perf_counter() - began) * 1000
    page = Page(name, start, total, fates)
    return SearchResult(kept["query"], Mode(kept["mode"]), hits, stats, kept["why"], page), kept["root"]


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
