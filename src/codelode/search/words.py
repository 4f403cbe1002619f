"""Ranked search by words: BM25 over chunks and paths, the same however files are spread over segments.

Each segment's Tantivy index proposes its best chunks with global word weights; what remains of the segment in
those scores is its mean document length.  The proposals are then scored again from the files' own text, with
global statistics only, which also makes sure that what is shown is what the file says now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from codelode.index.terms import BODY, PATH, InRow
from codelode.model import Hit, RelPath, SearchOptions, SearchStats, display_path, sort_key
from codelode.search.candidates import FileFilter
from codelode.search.chunkhit import chunk_hit
from codelode.search.phrases import Floats, closeness, sequenced
from codelode.search.proposals import best_of, global_weight, propose, query_words
from codelode.search.snapshot import Mask, OpenSegment, Snapshot
from codelode.search.source import Sources
from codelode.search.wordfinder import WordFinder
from codelode.text import chunks as chunking
from codelode.text import tokens

K1 = 1.2
B = 0.4
"""BM25's two constants (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009).  B is below the
usual 0.75 because chunks have one length by construction: only a file's last one is short."""

PATH_WEIGHT = 0.6
"""A word in the path counts this much of its weight; in the file's own name, twice as much."""

NEAR_WEIGHT = 1.2
"""Neighbouring words of the query side by side and in order, as a share of their mean weight; less further apart."""

PHRASE_WEIGHT = 0.4
"""The whole query as it was asked, as a share of the weight of all its words"""

REPEAT_FACTOR = 0.4
"""Weight of a file's second, third... chunk as a hit of its own, to the power of its rank in the file."""

PROPOSED_CHUNKS = 64
PROPOSED_PHRASES = 16
NAMED_FILES = 8
"""Chunks, chunks with the whole query as a phrase (0.6 ms on Linux), and files whose path has words of the query, that
are scored from text for ten hits."""

PATHS_RANKED = 64
"""Paths that are scored to find the named files: from the path alone, 5 us each."""

NAMED_BYTES = 8 << 10
"""How far a named file is searched for its best chunk: its words may be too common for a proposal elsewhere."""


@dataclass(frozen=True, slots=True)
class _Chunk:
    """A chunk to score."""

    file: int
    """index of its file among those read"""
    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True)
class _File:
    """A file that was read."""

    path: RelPath
    part: OpenSegment
    ordinal: int
    text: bytes
    score: float
    """of its path"""


@dataclass(frozen=True, slots=True)
class _Ranked:
    """A chunk as a hit."""

    row: int
    """of the chunk among those scored"""
    score: float
    rank: int
    """among the chunks of its file"""


class _Question:
    """What is asked, with the weights of its words over all segments."""

    def __init__(self, snapshot: Snapshot, query: str) -> None:
        self.words = query_words(query)
        self.phrase = tuple(tokens.words(query))
        self.asked = sequenced(self.phrase, self.words)
        self.weights = {word: global_weight(snapshot, BODY, word) for word in self.words}
        self.path_weights = {word: global_weight(snapshot, PATH, word) for word in self.words}

    def path_score(self, path: RelPath) -> float:
        """What the words in a file's path add to its best chunk."""
        shown = display_path(path)
        lowered = shown.lower()
        held = [(word, weight) for word, weight in self.path_weights.items() if word in lowered]
        if not held:
            return 0.0  # most files: cutting a path into words takes 10 us
        folder, _, name = shown.rpartition("/")
        in_name, in_folder = frozenset(tokens.words(name)), _words_of_folder(folder)
        return PATH_WEIGHT * sum(
            weight * (2.0 if word in in_name else 1.0)
            for word, weight in held
            if word in in_name or word in in_folder
        )


def search_words(
    snapshot: Snapshot, query: str, options: SearchOptions, sources: Sources, stats: SearchStats
) -> list[Hit]:
    """The `options.limit` best chunks, best first; ties by path and line."""
    question = _Question(snapshot, query)
    if not question.words or not snapshot.segments:
        return []
    with stats.stage("filters"):
        accept = FileFilter(options)
        masks = [accept.mask(part) for part in snapshot.segments]
    with stats.stage("candidates"):
        chosen = _candidates(snapshot, question, masks, options.limit, stats)
    with stats.stage("read"):
        files, chunks = _read(snapshot, question, chosen, sources)
    with stats.stage("rank"):
        scores = _Scores(question, files, chunks)
        ranked = scores.ranked()
        stats.matched_files = sum(1 for one in ranked if not one.rank)
    shown = ranked[: options.limit]
    with stats.stage("render"):
        hits = [scores.hit(one, sources) for one in shown]
    if options.explain:
        stats.explain = {
            "words": {word: round(weight, 3) for word, weight in question.weights.items()},
            "hits": [scores.explained(one, hit) for one, hit in zip(shown, hits, strict=True)],
        }
    return hits


def _candidates(
    snapshot: Snapshot, question: _Question, masks: Sequence[Mask], limit: int, stats: SearchStats
) -> dict[tuple[int, int], set[int]]:
    """The files (segment index, ordinal) to read, each with its chunks to score."""
    # More are proposed for more hits wanted, so that -n 100 is as well judged as -n 10.
    chunks = set(propose(snapshot, BODY, question.weights, masks, max(PROPOSED_CHUNKS, 2 * limit)))
    if len(question.phrase) > 1:
        chunks.update(best_of(snapshot, BODY, InRow(question.phrase), masks, max(PROPOSED_PHRASES, limit)))
    stats.candidates = len(chunks)
    chosen: dict[tuple[int, int], set[int]] = {}
    for index, chunk in chunks:
        key = (index, int(snapshot.segments[index].chunks.files[chunk]))
        chosen.setdefault(key, set()).add(chunk)
    named = propose(snapshot, PATH, question.path_weights, masks, PATHS_RANKED)
    for index, ordinal in _best_named(snapshot, question, named, max(NAMED_FILES, limit)):
        head = snapshot.segments[index].chunks.of_head(ordinal, NAMED_BYTES)
        chosen.setdefault((index, ordinal), set()).update(head)
    return chosen


def _best_named(
    snapshot: Snapshot, question: _Question, files: Sequence[tuple[int, int]], count: int
) -> list[tuple[int, int]]:
    """The `count` of `files` (segment index, ordinal) whose paths fit the query best."""
    paths = [snapshot.segments[index].files.path(ordinal) for index, ordinal in files]
    ranked = sorted(
        (-question.path_score(path), sort_key(path), file) for path, file in zip(paths, files, strict=True)
    )
    return [file for _, _, file in ranked[:count]]


def _read(
    snapshot: Snapshot, question: _Question, chosen: Mapping[tuple[int, int], set[int]], sources: Sources
) -> tuple[list[_File], list[_Chunk]]:
    files: list[_File] = []
    chunks: list[_Chunk] = []
    for (index, ordinal), members in sorted(chosen.items()):
        part = snapshot.segments[index]
        path = part.files.path(ordinal)
        text = sources.text(path, part, ordinal)
        if text is not None:
            chunks += [_Chunk(len(files), *span) for span in _spans(part, text, members)]
            files.append(_File(path, part, ordinal, text, question.path_score(path)))
    return files, chunks


class _Scores:
    """The exact scores of chunks, from text and global statistics, all at once."""

    def __init__(self, question: _Question, files: Sequence[_File], chunks: Sequence[_Chunk]) -> None:
        self._files, self._chunks = files, chunks
        self._found = WordFinder(question.words).find([self._body(chunk) for chunk in chunks])
        rows, words = len(chunks), len(question.words)
        weights = np.array(list(question.weights.values()))
        counts = np.bincount(self._found.row * words + self._found.word, minlength=rows * words)
        sizes = np.array([chunk.end - chunk.start for chunk in chunks], np.float64)
        self._parts = {"words": bm25(counts.reshape(rows, words), sizes, weights)}
        phrase, near = closeness(self._found, rows, question.asked, weights)
        self._parts |= {"phrase": PHRASE_WEIGHT * phrase, "near": NEAR_WEIGHT * near}

    def ranked(self) -> list[_Ranked]:
        """The chunks with any of the words, and those with a word in their path, best first; ties by path and line."""
        of_file: dict[int, list[int]] = {}
        for row, chunk in enumerate(self._chunks):
            of_file.setdefault(chunk.file, []).append(row)
        totals = np.sum(list(self._parts.values()), axis=0).tolist()
        ranked = []
        for index, rows in of_file.items():
            rows.sort(key=lambda row: (-totals[row], self._chunks[row].line))
            for rank, row in enumerate(rows):
                # The best chunk has what the path adds, the others stand behind it.
                score = totals[row] * REPEAT_FACTOR**rank if rank else totals[row] + self._files[index].score
                if score:
                    ranked.append(_Ranked(row, score, rank))
        keys = [sort_key(file.path) for file in self._files]
        return sorted(
            ranked, key=lambda one: (-one.score, keys[(chunk := self._chunks[one.row]).file], chunk.line)
        )

    def hit(self, one: _Ranked, sources: Sources) -> Hit:
        """A chunk as it is shown."""
        chunk = self._chunks[one.row]
        file = self._files[chunk.file]
        found = self._found.of_row(one.row)
        stale = file.path in sources.changed
        body = self._body(chunk)
        return chunk_hit(file.part, file.ordinal, file.path, body, chunk.line, one.score, found, stale=stale)

    def explained(self, one: _Ranked, hit: Hit) -> dict[str, object]:
        """What made the score of a hit: the signals add up to it, times its share as a later chunk of its file."""
        signals = {name: float(part[one.row]) for name, part in self._parts.items()}
        if one.rank:
            signals = {name: value * REPEAT_FACTOR**one.rank for name, value in signals.items()}
        else:
            signals["path"] = self._files[self._chunks[one.row].file].score
        return {
            "path": hit.path,
            "line": hit.start_line,
            "total": round(one.score, 4),
            "signals": {name: round(value, 4) for name, value in signals.items() if value},
        }

    def _body(self, chunk: _Chunk) -> bytes:
        return self._files[chunk.file].text[chunk.start : chunk.end]


def bm25(counts: npt.NDArray[np.generic], sizes: Floats, weights: Floats) -> Floats:
    """BM25 of chunks of `sizes` bytes that have the words so often; `counts`: (chunks, words)."""
    frequency = counts.astype(np.float64)
    length = (K1 * (1 - B + B * sizes / chunking.TARGET_BYTES))[:, None]
    score: Floats = (frequency * (K1 + 1) / (frequency + length)) @ weights
    return score


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
