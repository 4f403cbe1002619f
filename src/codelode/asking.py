"""Asking a snapshot: what all questions to an `Index`, or to several, have in common."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

from codelode.errors import QueryError
from codelode.model import Case, RelPath, SearchOptions, SearchStats
from codelode.settings import Settings

if TYPE_CHECKING:
    from codelode.monitor import Monitor
    from codelode.search.snapshot import Snapshot
    from codelode.search.source import Sources

T = TypeVar("T")


class Asking(ABC):
    """Has a root, settings, and a snapshot whenever one is needed."""

    root: str
    """absolute; what the paths of hits are relative to"""
    settings: Settings

    @abstractmethod
    def _with_snapshot(self, work: Callable[[Snapshot], T]) -> T:
        """What `work` makes of the newest snapshot."""

    @abstractmethod
    def _monitor(self) -> Monitor:
        """What takes the times of questions."""

    def _ask(self, work: Callable[[Snapshot, Sources, SearchStats], T], kind: str = "") -> T:
        """What `work` makes of the newest snapshot; its time is noted as one of a question of `kind`, or not at all, as
        when it returns an iterator that has yet to be asked."""

        def on(snapshot: Snapshot) -> T:
            from codelode.search.source import Sources

            began = perf_counter()
            stats = SearchStats(files=snapshot.files, segments=len(snapshot.segments))
            snapshot.hold(symbols=True)  # what is found later needs it too
            found = work(snapshot, Sources(stats, self.settings.max_exact_bytes), stats)
            stats.elapsed_ms = (perf_counter() - began) * 1000
            if kind:
                self._monitor().note(kind, stats.elapsed_ms)
            return found

        return self._with_snapshot(on)

    def _inside(self, path: str | os.PathLike[str]) -> RelPath:
        """`path` as the index has it.  Raises QueryError for one outside the root."""
        relative = os.path.relpath(Path(self.root, path), self.root).replace(os.sep, "/")
        if relative == ".." or relative.startswith("../"):
            raise QueryError(f"{os.fspath(path)} is not inside {self.root}")
        return b"" if relative == "." else os.fsencode(relative)


def options_of(
    languages: Sequence[str] = (),
    globs: Sequence[str] = (),
    under: Sequence[RelPath] = (),
    kinds: Sequence[str] = (),
    limit: int = 10,
    *,
    case: Case = Case.SMART,
    all_matches: bool = False,
) -> SearchOptions:
    """The options of a question that has no mode."""
    return SearchOptions(
        limit=limit,
        case=case,
        all_matches=all_matches,
        languages=frozenset(languages),
        globs=tuple(globs),
        under=tuple(under),
        kinds=frozenset(kinds),
    )
