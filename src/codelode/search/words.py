"""Ranked search by words: BM25 over chunks and paths, the same however files are spread over segments.

Each segment's Tantivy index proposes its best chunks with global word weights; what remains of the segment in
those scores is its mean document length.  The proposals are then scored again from the files' own text, with
global statistics only, which also makes sure that what is shown is what the file says now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from codelode.index.terms import BODY, PATH
from codelode.model import Hit, RelPath, SearchOptions, SearchStats, display_path, sort_key
from codelode.search.candidates import FileFilter
from codelode.search.chunkhit import chunk_hit
from codelode.search.proposals import global_weight, propose, query_words
from codelode.search.snapshot import OpenSegment, Snapshot
from codelode.search.source import Sources
from codelode.search.wordfinder import Occurrence, WordFinder
from codelode.text import chunks as chunking
from codelode.text import tokens

K1 = 1.2
B = 0.4
"""BM25's two constants (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009).  B is below the
usual 0.75 because chunks have one length by construction: only a file's last one is short."""

PATH_WEIGHT = 0.6
"""A word in the path counts this much of its weight; in the file's own name, twice as much."""

PHRASE_WEIGHT = 0.4
"""Two query words side by side and in order, as a share of their weights."""

REPEAT_FACTOR = 0.4
"""Weight of a file's second, third... chunk as a hit of its own, to the power of its rank in the file."""

PROPOSED_CHUNKS = 64
NAMED_FILES = 8
"""Chunks, and files whose path has words of the query, that are scored from text for ten hits."""

PATHS_RANKED = 64
"""Paths that are scored to find the named files: from the path alone, 5 us each."""

NAMED_BYTES = 16 << 10
"""How far a named file is searched for its best chunk: its words may be too common for a proposal elsewhere."""


@dataclass(slots=True)
class _Scored:
    """A chunk with its exact score."""

    path: RelPath
    part: OpenSegment
    ordinal: int
    text: bytes
    """of the whole file"""
    start: int
    end: int
    line: int
    score: float = 0.0
    found: list[Occurrence] = field(default_factory=list)


def search_words(
    snapshot: Snapshot, query: str, options: SearchOptions, sources: Sources, stats: SearchStats
) -> list[Hit]:
    """The `options.limit` best chunks, best first; ties by path and line."""
    words = query_words(query)
    if not words or not snapshot.segments:
        return []
    accept = FileFilter(options)
    masks = [accept.mask(part) for part in snapshot.segments]
    weights = {word: global_weight(snapshot, BODY, word) for word in words}
    path_weights = {word: global_weight(snapshot, PATH, word) for word in words}
    if options.explain:
        stats.explain = {"words": {word: round(weight, 3) for word, weight in weights.items()}}
    scorer = _Scorer(words, weights, path_weights)
    # More are proposed for more hits wanted, so that -n 100 is as well judged as -n 10.
    chunks = propose(snapshot, BODY, weights, masks, max(PROPOSED_CHUNKS, 2 * options.limit))
    members: dict[tuple[int, int], set[int]] = {}
    for index, chunk in chunks:
        key = (index, int(snapshot.segments[index].chunks.files[chunk]))
        members.setdefault(key, set()).add(chunk)
    paths = propose(snapshot, PATH, path_weights, masks, PATHS_RANKED)
    named = scorer.best_named(snapshot, paths, max(NAMED_FILES, options.limit))
    stats.candidates = len(chunks)
    for index, ordinal in sorted(members.keys() | named):
        part = snapshot.segments[index]
        path = part.files.path(ordinal)
        text = sources.text(path, part, ordinal)
        if text is not None:
            own = members.get((index, ordinal), set())
            if (index, ordinal) in named:
                own = own | set(part.chunks.of_head(ordinal, NAMED_BYTES))
            spans = _spans(part, text, own)
            scorer.add_file(path, part, ordinal, text, spans)
    scored = scorer.score()
    stats.matched_files = len({row.path for row in scored})
    scored.sort(key=lambda row: (-row.score, sort_key(row.path), row.line))
    return [_hit(row, stale=row.path in sources.changed) for row in scored[: options.limit]]


class _Scorer:
    """The exact score of chunks, from text and global statistics: collects files, then scores them all at once."""

    def __init__(
        self, words: Sequence[str], weights: dict[str, float], path_weights: dict[str, float]
    ) -> None:
        self._finder = WordFinder(words)
        self._weights = [weights[word] for word in words]
        self._path_weights = path_weights
        self._files: list[tuple[float, list[_Scored]]] = []

    def best_named(
        self, snapshot: Snapshot, files: Sequence[tuple[int, int]], count: int
    ) -> set[tuple[int, int]]:
        """The `count` of `files` (segment index, ordinal) whose paths fit the query best."""
        paths = [snapshot.segments[index].files.path(ordinal) for index, ordinal in files]
        ranked = sorted(
            (-self._path_score(path), sort_key(path), file) for path, file in zip(paths, files, strict=True)
        )
        return {file for _, _, file in ranked[:count]}

    def add_file(
        self, path: RelPath, part: OpenSegment, ordinal: int, text: bytes, spans: list[tuple[int, int, int]]
    ) -> None:
        """Add a file with the chunks of it to score: (first byte, end byte, first line)."""
        rows = [_Scored(path, part, ordinal, text, start, end, line) for start, end, line in spans]
        self._files.append((self._path_score(path), rows))

    def score(self) -> list[_Scored]:
        """The chunks of all files with their scores as hits."""
        rows = [row for _, rows in self._files for row in rows]
        found = self._finder.find([row.text[row.start : row.end] for row in rows])
        for row, occurrences in zip(rows, found, strict=True):
            row.found = occurrences
            row.score = self._chunk_score(occurrences, row.end - row.start)
        return [row for path_score, rows in self._files for row in self._as_hits(path_score, rows)]

    @staticmethod
    def _as_hits(path_score: float, rows: list[_Scored]) -> list[_Scored]:
        """A file's chunks as hits: the best with what its path adds, the others behind it."""
        rows = sorted(rows, key=lambda row: (-row.score, row.line))
        for rank, row in enumerate(rows):
            row.score = row.score + path_score if rank == 0 else row.score * REPEAT_FACTOR**rank
        return [row for row in rows if row.score]

    def _chunk_score(self, found: list[Occurrence], size: int) -> float:
        counts = [0] * len(self._weights)
        pairs = 0.0
        previous: Occurrence | None = None
        seen: set[int] = set()
        for occurrence in found:
            word, start, _ = occurrence
            counts[word] += 1
            if previous and word == previous[0] + 1 and start - previous[2] <= 2 and word not in seen:
                seen.add(word)
                pairs += self._weights[word] + self._weights[word - 1]
            previous = occurrence
        length = 1 - B + B * size / chunking.TARGET_BYTES
        score = sum(
            weight * count * (K1 + 1) / (count + K1 * length)
            for weight, count in zip(self._weights, counts, strict=True)
            if count
        )
        return score + PHRASE_WEIGHT * pairs

    def _path_score(self, path: RelPath) -> float:
        folder, _, name = display_path(path).rpartition("/")
        in_name, in_folder = set(tokens.words(name)), _words_of_folder(folder)
        return PATH_WEIGHT * sum(
            weight * (2.0 if word in in_name else 1.0)
            for word, weight in self._path_weights.items()
            if word in in_name or word in in_folder
        )


@lru_cache(maxsize=4096)
def _words_of_folder(folder: str) -> frozenset[str]:
    return frozenset(tokens.words(folder))


def _spans(part: OpenSegment, text: bytes, members: set[int]) -> list[tuple[int, int, int]]:
    """(first byte, end byte, first line) of the chunks `members`, on the text as it is now; of its beginning
    when there is none (an empty file, or one without chunks, that is named like the query)."""
    size = len(text)
    spans = []
    for chunk in sorted(members):
        _, line, start, end = part.chunks.span(chunk)
        if start < size:
            spans.append((start, size if end is None else min(end, size), line))
    if not spans:
        starts = chunking.cut(text[:NAMED_BYTES])
        spans.append((0, starts[1] if len(starts) > 1 else min(size, NAMED_BYTES), 1))
    return spans


def _hit(row: _Scored, *, stale: bool) -> Hit:
    body = row.text[row.start : row.end]
    return chunk_hit(row.part, row.ordinal, row.path, body, row.line, row.score, row.found, stale=stale)
