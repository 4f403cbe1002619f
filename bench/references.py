"""The reference rows of the engine group: mentions and callers of a name, asked of an open index from Python.

The names are identifiers of the tree that it defines and that at most 50 files mention, drawn a file at a time.
Each is asked once for all its mentions, once for all its callers, and once for what it calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from bench import measure, queries, subject
from bench.measure import BenchError
from bench.queries import Query
from bench.row import Row, row
from codelode.model import SearchOptions, SearchStats
from codelode.search.callgraph import callees, callers
from codelode.search.references import find_references
from codelode.search.source import Sources

if TYPE_CHECKING:
    from bench.engine import Engine
    from codelode import Index

NAMES = 100
MOST_FILES = 50
QUESTIONS: dict[str, tuple[Callable[..., Iterable[object]], float | None]] = {
    "refs": (find_references, 50),
    "callers": (callers, 50),
    "callees": (callees, None),
}
"""Question -> how it is asked, and the target in milliseconds"""


def rows(engine: Engine) -> list[Row]:
    """A row for each kind of question, on the Linux tree."""
    engine.built()
    index = subject.open_index(engine.linux.path, engine.index_dir)
    names = _names(index, engine.texts)
    made = []
    for what, (question, target) in QUESTIONS.items():
        times = [measure.timed(lambda n=name, q=question: _ask(index, q, n)) * 1e3 for name in names]
        found = sum(_ask(index, question, name) for name in names)
        made.append(
            row(
                f"{what} of a name in <= {MOST_FILES} files, all of them, p50 (from Python)",
                "ms",
                [measure.percentile(times, 50)],
                target=target,
                note=f"{len(names)} names, {found} found; p95 {measure.percentile(times, 95):.1f} ms, "
                f"max {max(times):.1f} ms",
            )
        )
    return made


def _ask(index: Index, question: Callable[..., Iterable[object]], name: str) -> int:
    stats = SearchStats()
    sources = Sources(stats, index.settings.max_exact_bytes)
    options = SearchOptions(all_matches=True)
    return sum(1 for _ in question(index._current(), name, options, sources, stats))


def _names(index: Index, texts: list[str]) -> list[str]:
    chosen = []
    for name in queries.identifiers(texts, 40 * NAMES, seed=8):
        if subject.files_up_to(index, Query("drawn", name), MOST_FILES) > MOST_FILES:
            continue
        if any(hit.symbol == name for hit in index.search(name, mode="symbol", limit=3).hits):
            chosen.append(name)
        if len(chosen) == NAMES:
            return chosen
    raise BenchError(f"only {len(chosen)} names that at most {MOST_FILES} files mention")
