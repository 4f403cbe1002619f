"""The searches that one `Index`, and several as one, answer: every answer goes through `Searches._answer`."""

from __future__ import annotations

import os
import threading
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

from codelode.asking import Asking, options_of
from codelode.errors import StorageError, UsageError
from codelode.model import FIRST_PAGE, Case, Hit, Mode, RelPath, SearchOptions, SearchResult, SearchStats
from codelode.monitor import Monitor
from codelode.settings import MIB

if TYPE_CHECKING:
    from codelode.caching import QueryCache
    from codelode.embed.embedder import Embedder
    from codelode.metrics import Metrics
    from codelode.search.answer import HitStream
    from codelode.search.snapshot import Snapshot
    from codelode.search.source import Sources

T = TypeVar("T")

SNAPSHOT_TRIES = 5
"""A snapshot whose segments are collected while it is opened is opened anew; more often than this is no race."""


class Searches(Asking):
    """What has snapshots can be searched.  Answers are kept while the object lives, see `caching`."""

    _tries = SNAPSHOT_TRIES

    def __init__(self) -> None:
        super().__init__()
        self._making = threading.Lock()
        self._cache: QueryCache | None = None
        self._timings: Monitor | None = None

    @abstractmethod
    def _metrics_location(self) -> str:
        """The folder in which timings are kept, in one of their own."""

    @abstractmethod
    def refresh(self, *, thorough: bool = True) -> Any:
        """Bring what is searched up to date; `thorough` false leaves large merges for another time."""

    @abstractmethod
    def embedder(self) -> Embedder | None:
        """The embedder whose vectors are searched; None for none.  Raises EmbedderError."""

    @abstractmethod
    def _current(self) -> Snapshot:
        """The newest snapshot, opened once and shared by all searches of this object."""

    @abstractmethod
    def _blame(self, exc: Exception) -> None:
        """Asked when a search failed and no newer snapshot is why: raises a better error, or sees to it that the next
        snapshot does without what is damaged, or does nothing."""

    def search(
        self,
        query: str,
        *,
        mode: str | Mode = Mode.AUTO,
        limit: int = 10,
        case: str | Case = Case.SMART,
        context: int = 0,
        all_matches: bool = False,
        languages: Sequence[str] = (),
        globs: Sequence[str] = (),
        under: Sequence[RelPath] = (),
        kinds: Sequence[str] = (),
        explain: bool = False,
        offset: int = 0,
        max_per_file: int | None = None,
        timeout_ms: int | None = None,
        cursor: str = "",
        refresh: bool = False,
    ) -> SearchResult:
        """Answer `query`: the `limit` best hits after the first `offset`, or with `all_matches` all of them in path
        order.

        `mode` is auto, query, hybrid, words, semantic, exact, regex, symbol, or ast, which needs one of `languages`;
        see `SearchOptions` for the rest.  `refresh` brings the index up to date first.  With `cursor` "start" the
        result has a `cursor` itself, which gives the next hits (some hundreds, see `paging.kept_hits`) whatever is
        written meanwhile: here, with the same query, or to `page`.  Raises QueryError,
        IndexNotFoundError, CorruptIndexError, and EmbedderError when mode semantic has no embedder.
        """
        options = self._options(
            mode,
            case,
            languages,
            globs,
            under,
            kinds,
            limit=limit,
            context=context,
            all_matches=all_matches,
            explain=explain,
            offset=offset,
            max_per_file=max_per_file,
            timeout_ms=timeout_ms,
        )
        if cursor:
            from codelode import paging

            if cursor != FIRST_PAGE:
                return self.page(cursor, limit=limit, query=query)
            paging.check(options)
        if refresh:
            self.refresh(thorough=False)
        result = self._answer(query, self._ready(options))
        if not cursor:
            return result
        more = paging.widened(options, result)
        return paging.first_page(
            result, self._answer(query, self._ready(more)) if more else result, self.root
        )

    def page(self, cursor: str, *, limit: int | None = None, query: str | None = None) -> SearchResult:
        """The hits that `cursor`, which another page gave, stands for: `limit` of them, or as many as the first page
        had.  Their lines are as they are now; `SearchResult.page` tells of which files were written since.

        Raises QueryError for a cursor that is not known any more, or is one of another search."""
        from codelode import paging

        return paging.next_page(cursor, limit=limit, query=query, root=self.root)[0]

    def _options(
        self,
        mode: str | Mode,
        case: str | Case,
        languages: Sequence[str],
        globs: Sequence[str],
        under: Sequence[RelPath],
        kinds: Sequence[str],
        **more: Any,
    ) -> SearchOptions:
        """What is asked, as a value; `more` are fields of it."""
        options = options_of(languages, globs, under, kinds, case=Case(case))
        return replace(options, mode=Mode(mode), regex_budget_s=self.settings.regex_budget_s, **more)

    def _ready(self, options: SearchOptions) -> SearchOptions:
        """Called before a question is answered; the options with the time that is left."""
        return options

    def metrics(self) -> Metrics:
        """Timings of the last 1,000 questions and index runs of each kind, by all processes; what the cache of this
        object did; the last slow questions."""
        from codelode.caching import CacheCounts
        from codelode.metrics import metrics

        return metrics(self._monitor(), self._cache.counts() if self._cache else CacheCounts())

    def _answer(self, query: str, options: SearchOptions) -> SearchResult:
        """The answer to `query`, whoever asked it: kept from before, or computed, and its time noted."""
        began = perf_counter()
        cache = self._answers() if self.settings.cache_mb else None
        if cache is None:
            result = self._with_snapshot(lambda snapshot: self._run(snapshot, query, options))
        else:
            result = self._kept_or_run(cache, query, options)
        if result.stats.cached:
            result.stats.elapsed_ms = (perf_counter() - began) * 1000
        self._monitor().note_search(query, options, result, has_cache=cache is not None)
        return result

    def _kept_or_run(self, cache: QueryCache, query: str, options: SearchOptions) -> SearchResult:
        from codelode.caching import question_of

        question = question_of(query, options)

        def work(snapshot: Snapshot) -> SearchResult:
            def run() -> SearchResult:
                return self._run(snapshot, query, options)

            if question is None:
                return run()
            # The names: an index that was dropped and made again counts its commits anew.
            identity = snapshot.identity, tuple(part.name for part in snapshot.segments)
            return cache.answer(identity, question, self.root, run, options.timeout_ms)

        result = self._with_snapshot(work)
        return result if result.query == query else replace(result, query=query)

    def _answers(self) -> QueryCache:
        with self._making:
            if self._cache is None:
                from codelode.caching import QueryCache  # `codelode search` keeps no answer

                self._cache = QueryCache(self.settings.cache_mb * MIB)
            return self._cache

    def _monitor(self) -> Monitor:
        with self._making:
            if self._timings is None:
                self._timings = Monitor(self._metrics_location(), self.settings.slow_query_ms)
            return self._timings

    def _forget(self) -> None:
        """Write the timings that were noted, and give back the memory of the answers."""
        if self._timings:
            self._timings.flush()
        if self._cache:
            self._cache.clear()

    def _run(self, snapshot: Snapshot, query: str, options: SearchOptions) -> SearchResult:
        """The answer that `snapshot` gives."""
        from codelode.search.answer import answer
        from codelode.search.meaning import Meaning

        return answer(snapshot, query, options, self.settings.max_exact_bytes, Meaning(self.embedder))

    def stream(
        self,
        query: str,
        *,
        mode: str | Mode = Mode.AUTO,
        case: str | Case = Case.SMART,
        context: int = 0,
        languages: Sequence[str] = (),
        globs: Sequence[str] = (),
        under: Sequence[RelPath] = (),
        kinds: Sequence[str] = (),
        explain: bool = False,
        offset: int = 0,
        max_per_file: int | None = None,
        timeout_ms: int | None = None,
    ) -> HitStream:
        """Every match in path order, found while it is asked for: for more hits than one wants in memory.

        The iterator has `mode`, `why` and `stats`.  Raises QueryError (mode words has no list of all matches).
        """
        options = self._options(
            mode,
            case,
            languages,
            globs,
            under,
            kinds,
            context=context,
            explain=explain,
            offset=offset,
            max_per_file=max_per_file,
            timeout_ms=timeout_ms,
        )
        asked = self._ready(options)
        return self._with_snapshot(lambda snapshot: self._stream(snapshot, query, asked))

    def _stream(self, snapshot: Snapshot, query: str, options: SearchOptions) -> HitStream:
        from codelode.search.answer import HitStream
        from codelode.search.meaning import Meaning

        meaning = Meaning(self.embedder)
        return HitStream(snapshot.hold(), query, options, self.settings.max_exact_bytes, meaning, self._blame)

    def similar(
        self,
        path: str | os.PathLike[str],
        line: int = 1,
        *,
        limit: int = 10,
        languages: Sequence[str] = (),
        globs: Sequence[str] = (),
        under: Sequence[RelPath] = (),
    ) -> list[Hit]:
        """The `limit` pieces of code most like the one at `line` (1-based) of the file `path`, which counts from the
        root.  Raises QueryError for a file or line that is not there, EmbedderError without an embedder."""
        wanted = self._inside(path)
        options = options_of(languages, globs, under, limit=limit)

        def work(snapshot: Snapshot, sources: Sources, stats: SearchStats) -> list[Hit]:
            from codelode.search.meaning import Meaning
            from codelode.search.similar import search_similar

            return search_similar(snapshot, wanted, line, options, sources, stats, Meaning(self.embedder))

        return self._ask(work, "similar")

    def _with_snapshot(self, work: Callable[[Snapshot], T]) -> T:
        """What `work` makes of the newest snapshot.

        A snapshot opens files when they are first needed: those of a segment that a newer commit has dropped
        are gone then, and the newer snapshot is tried."""
        for _ in range(self._tries):
            snapshot = self._current()
            try:
                return work(snapshot)
            except UsageError:
                raise
            except Exception as exc:
                if self._current() is snapshot:
                    self._blame(exc)
                if self._current() is snapshot:
                    raise
        raise StorageError(f"{self.root}: other processes commit faster than a search can open files")
