"""Exact and regex search: every match, in path order or the best first."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from time import perf_counter

from codelode.model import Hit, Match, RelPath, SearchOptions, SearchStats, display_path, sort_key
from codelode.query.trees import describe
from codelode.search.batches import Batch, Owner, matched_batches
from codelode.search.boolean.masks import files_satisfying
from codelode.search.budget import Budget
from codelode.search.candidates import Candidate, FileFilter, find_candidates, find_files_with_all
from codelode.search.enclosing import symbol_at
from codelode.search.judge import Judge
from codelode.search.lines import LineGroup, MatchedLine, add_match, columns, matches_in, with_context
from codelode.search.patterns import CompiledPattern
from codelode.search.snapshot import Mask, Snapshot
from codelode.search.source import Sources

LINES_SCORED = 8
"""Lines of a file that compete for the ranked hits.  A word in half of all files (`unsigned` in Linux: 30,000) costs
5 us a line, and a file's definition of it is hardly behind its ninth use."""

RANKED_FILES = 8_000
"""Matching files that compete for the ranked hits; `stats.partial` says when there were more.  Files named like the
query come first, then those in few folders: a name that half of a tree uses is defined near its top."""

REPEAT_PENALTY = 0.6
"""Taken from each further line of the same file, so that ten hits are not ten lines of one file unless they are
the best by far."""


@dataclass(frozen=True, slots=True)
class PieceMatches:
    """A file, or a piece of one, with its matched lines."""

    path: RelPath
    language: str
    text: bytes
    lines: list[MatchedLine]
    """numbered in the file, with offsets in `text`"""
    owner: Owner | None
    """where the file is in the index, when it is as it was indexed"""


def find_batches(
    snapshot: Snapshot,
    pattern: CompiledPattern,
    options: SearchOptions,
    sources: Sources,
    stats: SearchStats,
    *,
    best_for: str | None = None,
) -> Iterator[Batch]:
    """Every file with a match, read and matched a batch at a time when it is asked for.

    In path order; or, when the best for the query `best_for` are wanted of more files than can be ranked, the
    promising ones first.
    """
    candidates = _candidates(snapshot, pattern, options, stats)
    stats.candidates = len(candidates)
    if best_for is not None and len(candidates) > RANKED_FILES:
        judge = Judge(best_for)
        candidates.sort(
            key=lambda row: (-judge.name_share(row.path), row.path.count(b"/"), sort_key(row.path))
        )
    if options.explain:
        stats.explain = {
            "trigrams": describe(pattern.tree),
            "candidates": len(candidates),
            "engine": pattern.engine,
            "across lines": pattern.multiline,
        }
    whole = options.context > 0 or pattern.multiline
    wanted = _in_time(candidates, pattern.budget, options.timeout_ms, stats)
    try:
        for batch in matched_batches(snapshot, wanted, sources, pattern.matcher, stats, whole=whole):
            stats.matches += len(batch.spans)
            stats.matched_files += len({batch.paths[piece] for piece in set(batch.pieces)})
            yield batch
    finally:
        if pattern.budget:
            pattern.budget.report(stats)


def _candidates(
    snapshot: Snapshot, pattern: CompiledPattern, options: SearchOptions, stats: SearchStats
) -> list[Candidate]:
    """The files to look at, in path order."""
    with stats.stage("filters"):
        accept = FileFilter(options)
        masks = [accept.mask(part) for part in snapshot.segments]
    with stats.stage("candidates"):
        return _passing(snapshot, pattern, masks)


def _passing(snapshot: Snapshot, pattern: CompiledPattern, masks: list[Mask]) -> list[Candidate]:
    if not pattern.multiline:
        return find_candidates(pattern.tree, snapshot.segments, masks)
    masks = [
        files_satisfying(pattern.tree, part, mask)
        for part, mask in zip(snapshot.segments, masks, strict=True)
    ]
    found = find_files_with_all((), snapshot.segments, masks)
    found.sort(key=lambda candidate: sort_key(candidate.path))
    return found


def _in_time(
    candidates: list[Candidate], budget: Budget | None, timeout_ms: int | None, stats: SearchStats
) -> Iterator[Candidate]:
    """`candidates` until the time of the search, or the pattern's budget, is over; that is noted."""
    if budget is None and timeout_ms is None:
        yield from candidates
        return
    deadline = math.inf if timeout_ms is None else perf_counter() + timeout_ms / 1000
    for number, candidate in enumerate(candidates):
        if perf_counter() >= deadline:
            stats.partial = True
            stats.notes.append(
                f"the time of the search was over: {len(candidates) - number:,} of {len(candidates):,} candidate "
                "files were not looked at"
            )
            return
        if budget and budget.over:
            budget.unseen += len(candidates) - number
            return
        yield candidate


def all_hits(batches: Iterator[Batch], context: int) -> Iterator[Hit]:
    """A hit for each matched line (with context: for each run of lines), in path and line order."""
    for batch in batches:
        if not context and not batch.apart:
            yield from _line_hits(batch)
            continue
        for piece in pieces_of(batch):
            for group in with_context(piece.text, piece.lines, context):
                yield _group_hit(piece, group, 0.0)


def _line_hits(batch: Batch) -> Iterator[Hit]:
    """One hit a line, without the steps that context needs: 1.5 us a hit."""
    text, spans, pieces, numbers = batch.text, batch.spans, batch.pieces, batch.numbers
    new, names, languages = tuple.__new__, [display_path(path) for path in batch.paths], batch.languages
    at, size = 0, len(spans)
    while at < size:
        first, last = spans[at]
        piece, number = pieces[at], numbers[at]
        after = at + 1
        while after < size and numbers[after] == number and pieces[after] == piece:
            after += 1
        start = text.rfind(b"\n", 0, first) + 1
        line = text[start : text.find(b"\n", last)]
        shown = line.decode("utf-8", "replace")
        if after == at + 1 and len(shown) == len(line):
            matches: tuple[Match, ...] = (new(Match, (number, first - start + 1, last - first)),)
        else:
            inside = [(a - start, b - start) for a, b in spans[at:after]]
            matches = tuple([Match(number, column, length) for column, length in columns(line, inside)])
        # The named tuples' own constructors are Python functions: a third of the time.
        yield new(Hit, (names[piece], number, number, 0.0, languages[piece], "", shown, matches, ()))
        at = after


def pieces_of(batch: Batch, most_lines: int | None = None) -> Iterator[PieceMatches]:
    """The batch piece by piece; `most_lines` bounds the lines of each."""
    text = batch.text
    current = -1
    base = 0
    lines: list[MatchedLine] = []

    def piece() -> PieceMatches:
        body = text[base : int(batch.starts[current + 1])]
        return PieceMatches(
            batch.paths[current], batch.languages[current], body, lines, batch.owners[current]
        )

    for span, index, number in zip(batch.spans, batch.pieces, batch.numbers, strict=True):
        if index != current:
            if lines:
                yield piece()
            current, lines, base = index, [], int(batch.starts[index])
        if most_lines is None or len(lines) < most_lines or number <= lines[-1].last:
            add_match(lines, text, span, number, base)
    if lines:
        yield piece()


_Ranked = tuple[float, bytes, int, PieceMatches]
"""minus the score, sort key of the path, line number (so far the order of hits), and where the line is"""


def best_hits(batches: Iterator[Batch], query: str, options: SearchOptions, stats: SearchStats) -> list[Hit]:
    """The `options.limit` best lines (runs of lines with context), best first; of the first `RANKED_FILES`
    matching files."""
    judge = Judge(query)
    best: list[_Ranked] = []
    for batch in batches:
        for path, pieces in groupby(pieces_of(batch, LINES_SCORED), key=lambda piece: piece.path):
            best += _ranked_lines(path, list(pieces), judge)[: options.max_per_file]
        if stats.matched_files >= RANKED_FILES:
            stats.partial = True
            break
        if len(best) > 4 * options.limit + 1000:  # let go of the texts that cannot win any more
            best = heapq.nsmallest(options.limit, best, key=lambda row: row[:3])
    chosen = heapq.nsmallest(options.limit, best, key=lambda row: row[:3])
    return _merge_contexts(chosen, options.context)


def _ranked_lines(path: RelPath, pieces: list[PieceMatches], judge: Judge) -> list[_Ranked]:
    """A file's first `LINES_SCORED` matched lines with their scores."""
    base = judge.file_score(path, sum(len(piece.lines) for piece in pieces))
    lines = [(piece, line) for piece in pieces for line in piece.lines][:LINES_SCORED]
    scored = [
        (judge.line_score(piece.text[line.start : line.end], line.spans[0]), line.number, piece)
        for piece, line in lines
    ]
    scored.sort(key=lambda row: (-row[0], row[1]))
    key = sort_key(path)
    return [
        (-(base + score - REPEAT_PENALTY * rank), key, number, piece)
        for rank, (score, number, piece) in enumerate(scored)
    ]


def _merge_contexts(chosen: list[_Ranked], context: int) -> list[Hit]:
    """Hits of the chosen lines; lines whose contexts touch become one hit, at the better one's place."""
    hits: list[Hit] = []
    shown: set[tuple[bytes, int]] = set()
    wanted: dict[bytes, set[int]] = {}
    for _, key, number, _ in chosen:
        wanted.setdefault(key, set()).add(number)
    for minus_score, key, number, piece in chosen:
        if (key, number) in shown:
            continue
        lines = [line for line in piece.lines if line.number in wanted[key]]
        for group in with_context(piece.text, lines, context):
            if any(line.number == number for line in group.matched):
                shown.update((key, line.number) for line in group.matched)
                symbol = symbol_at(*piece.owner, number) if piece.owner else ""
                hits.append(_group_hit(piece, group, -minus_score, symbol))
    return hits


def _group_hit(piece: PieceMatches, group: LineGroup, score: float, symbol: str = "") -> Hit:
    matches = tuple(match for line in group.matched for match in matches_in(piece.text, line))
    text = piece.text[group.start : group.end].decode("utf-8", "replace")
    return Hit(
        display_path(piece.path), group.first, group.last, score, piece.language, symbol, text, matches
    )
