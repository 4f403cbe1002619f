"""One query over one snapshot: which mode runs, and its answer with the counters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

from codelode.errors import QueryError
from codelode.model import RANKED, Hit, Mode, SearchOptions, SearchResult, SearchStats
from codelode.search import exact, selection
from codelode.search.budget import Budget
from codelode.search.meaning import Meaning, note_missing
from codelode.search.patterns import CompiledPattern, compile_literal, compile_pattern
from codelode.search.snapshot import Snapshot
from codelode.search.source import Sources

if TYPE_CHECKING:
    from codelode.search.boolean.plain import PlainQuestion


def answer(
    snapshot: Snapshot, query: str, options: SearchOptions, max_bytes: int, meaning: Meaning
) -> SearchResult:
    """The answer to `query`; raises QueryError, CorruptIndexError, and EmbedderError in mode semantic."""
    began = perf_counter()
    mode, pattern, why = resolve(query, options.mode)

    def ask(mode: Mode, pattern: str, chosen: tuple[Any, ...] = ()) -> tuple[list[Hit], SearchStats]:
        stats = _new_stats(snapshot)

        def search(part: SearchOptions) -> list[Hit]:
            return _run(snapshot, pattern, part, stats, max_bytes, meaning)

        return selection.select(search, replace(options, mode=mode, chosen=chosen)), stats

    guessed = options.mode is Mode.AUTO and not options.all_matches
    question = _plain_question(pattern) if guessed and mode is Mode.QUERY else None
    if question is not None and question.is_sentence:
        mode, why = Mode.HYBRID, "it looks like a sentence, with filters"
        hits, stats = ask(mode, question.words, question.filters)
    else:
        hits, stats = ask(mode, pattern)
        nothing = not hits and not (options.offset and stats.matched_files)
        unsure = question is not None or mode is not Mode.QUERY or not _is_clear(query)
        if nothing and guessed and mode not in RANKED and unsure:
            # Words, not hybrid: for a name that is nowhere, code that is merely near is no answer.
            mode, why = Mode.WORDS, f"{why}, but nothing matches it as such"
            hits, stats = ask(mode, question.words, question.filters) if question else ask(mode, query)
            if hits and question:
                stats.notes.append("no file has all of these words: ranked by how many they have")
    stats.elapsed_ms = (perf_counter() - began) * 1000
    return SearchResult(query, mode, tuple(hits), stats, why)


def _is_clear(query: str) -> bool:
    """Whether `query` is in the query language beyond doubt."""
    from codelode.query.signs import clear_sign

    return bool(clear_sign(query))


def _plain_question(query: str) -> PlainQuestion | None:
    from codelode.search.boolean.plain import plain_question

    return plain_question(query)


class HitStream(Iterator[Hit]):
    """Every match in path order, found while it is asked for."""

    def __init__(
        self,
        snapshot: Snapshot,
        query: str,
        options: SearchOptions,
        max_bytes: int,
        meaning: Meaning,
        blame: Callable[[Exception], None],
    ) -> None:
        """Raises QueryError for a bad pattern, or a mode that has no list of all matches.

        `blame` is asked to raise a better error in place of one that the search meets on its way."""
        self._blame = blame
        self._began = perf_counter()
        self.mode, pattern, self.why = resolve(query, options.mode, exhaustive=True)
        """the mode that runs, and why when it was chosen"""
        self.stats = _new_stats(snapshot)
        """counts along; complete when the stream is exhausted"""
        options = replace(options, mode=self.mode)
        hits = _all(snapshot, pattern, options, Sources(self.stats, max_bytes), self.stats, meaning)
        self._hits = self._run(selection.stream(hits, options))

    def _run(self, hits: Iterator[Hit]) -> Iterator[Hit]:
        try:
            yield from hits
        finally:
            self.stats.elapsed_ms = (perf_counter() - self._began) * 1000

    def __iter__(self) -> Iterator[Hit]:
        return self._hits  # a call less for each of 100,000 hits

    def __next__(self) -> Hit:
        return next(self._hits)


def resolve(query: str, mode: Mode, *, exhaustive: bool = False) -> tuple[Mode, str, str]:
    """The mode that runs, the pattern for it, and why; `exhaustive` when every match is wanted."""
    if not query.strip():
        raise QueryError("the query is empty; say what to look for")
    if mode is not Mode.AUTO:
        if exhaustive and mode in RANKED:
            raise QueryError(
                f"mode {mode.value} ranks, it has no list of all matches; use --mode exact or regex with --all"
            )
        return mode, query, ""
    from codelode.query.auto import choose_mode  # who says what is meant pays nothing for guessing

    chosen, pattern, why = choose_mode(query)
    if exhaustive and chosen in RANKED:
        return Mode.EXACT, query, "all matches are wanted, which words do not have"
    return chosen, pattern, why


def _run(
    snapshot: Snapshot,
    query: str,
    options: SearchOptions,
    stats: SearchStats,
    max_bytes: int,
    meaning: Meaning,
) -> list[Hit]:
    sources = Sources(stats, max_bytes)
    if options.mode in RANKED:
        if options.all_matches:
            resolve(query, options.mode, exhaustive=True)
        return _run_ranked(snapshot, query, options, sources, stats, meaning)
    if options.mode is Mode.QUERY:
        with stats.stage("load"):
            from codelode.search.boolean.run import QuerySearch

        search = QuerySearch(snapshot, query, options, sources, stats, meaning, Budget.of(options))
        return list(search.all()) if options.all_matches else search.best()
    if options.mode is Mode.SYMBOL:
        with stats.stage("load"):
            from codelode.search.symbols import symbol_hits

        return list(symbol_hits(snapshot, query, options, sources, stats))
    if options.all_matches:
        return list(_all(snapshot, query, options, sources, stats, meaning))
    if options.mode is Mode.AST:
        with stats.stage("load"):  # ast-grep, and the parsers
            from codelode.search.structural import best_structures, compile_structure

        with stats.stage("parse"):
            structure = compile_structure(query, options.languages)
        return best_structures(snapshot, structure, options, sources, stats)
    pattern = _compile(query, options)
    batches = exact.find_batches(snapshot, pattern, options, sources, stats, best_for=query)
    return exact.best_hits(batches, query, options, stats)


def _run_ranked(
    snapshot: Snapshot,
    query: str,
    options: SearchOptions,
    sources: Sources,
    stats: SearchStats,
    meaning: Meaning,
) -> list[Hit]:
    # Each mode loads what it needs: exact queries never pay for Tantivy or a model.
    if options.mode is Mode.WORDS:
        with stats.stage("load"):
            from codelode.search.words import search_words

        return search_words(snapshot, query, options, sources, stats)
    if options.mode is Mode.HYBRID:
        with stats.stage("load"):
            from codelode.search.hybrid import search_hybrid

        with stats.stage("encode"):
            vector = meaning.vector(query, stats)
        if vector is not None:
            note_missing(snapshot, stats)
        encode = None if vector is None else meaning.encoder()
        return search_hybrid(snapshot, query, options, sources, stats, meaning.related, vector, encode)
    with stats.stage("load"):
        from codelode.search.semantic import search_semantic

    with stats.stage("encode"):
        vector = meaning.must_vector(query)
    note_missing(snapshot, stats)
    return search_semantic(snapshot, vector, options, sources, stats)


def _all(
    snapshot: Snapshot,
    query: str,
    options: SearchOptions,
    sources: Sources,
    stats: SearchStats,
    meaning: Meaning,
) -> Iterator[Hit]:
    """Every match in path order; a bad pattern is refused before the first is asked for."""
    if options.mode is Mode.QUERY:
        from codelode.search.boolean.run import QuerySearch

        wanted = replace(options, all_matches=True)
        return QuerySearch(snapshot, query, wanted, sources, stats, meaning, Budget.of(options)).all()
    if options.mode is Mode.SYMBOL:
        from codelode.search.symbols import symbol_hits

        return symbol_hits(snapshot, query, replace(options, all_matches=True), sources, stats)
    if options.mode is Mode.AST:
        from codelode.search.structural import all_structures, compile_structure

        structure = compile_structure(query, options.languages)
        return all_structures(snapshot, structure, options, sources, stats)
    batches = exact.find_batches(snapshot, _compile(query, options), options, sources, stats)
    return exact.all_hits(batches, options.context)


def _compile(pattern: str, options: SearchOptions) -> CompiledPattern:
    if options.mode is Mode.REGEX:
        return compile_pattern(pattern, options.case, Budget.of(options))
    return compile_literal(pattern, options.case)


def _new_stats(snapshot: Snapshot) -> SearchStats:
    return SearchStats(files=snapshot.files, segments=len(snapshot.segments), skipped=dict(snapshot.skipped))
