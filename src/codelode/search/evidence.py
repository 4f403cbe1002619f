"""What the texts of candidate chunks say to a question: counted over all chunks of all candidates at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from codelode.search.pool import MAIN_KINDS, FileCandidate
from codelode.search.question import Question
from codelode.search.snapshot import OpenSegment
from codelode.search.source import Sources
from codelode.search.words import K1, bm25
from codelode.text import chunks as chunking
from codelode.text import subwords, tokens

HEAD_BYTES = 800
"""A file's beginning: its comment on itself, its imports, often its main definition."""

ADJACENT = 2
"""Words so many places apart or less count as side by side: a stop word may stand between."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ChunkText:
    """A chunk of a candidate, as the file is now."""

    file: int
    """index of its file among the candidates"""
    chunk: int
    """its ordinal; -1 for the beginning of a file that has none"""
    line: int
    start: int
    end: int
    """bytes of the file's text"""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Rows: the chunks read, by file.  Scores are shares of the most that the question can have."""

    chunks: tuple[ChunkText, ...]
    texts: tuple[bytes, ...]
    """of each file, whole; empty when it is gone"""
    exact: Floats
    """BM25 of the words themselves"""
    wide: Floats
    """BM25 of the words and those related to them"""
    covers: npt.NDArray[np.bool_]
    """(chunks, words): which words, or words related to them, each chunk has"""
    pairs: Floats
    """weight of neighbouring query words that stand side by side and in order"""
    defined: Floats
    """(chunks,): the definition beginning in it whose name fits best: share of the question's weight in its name"""
    filled: Floats
    """the same times the share of the name that is the question's words"""
    heads: Floats
    """(files,): share of the question's weight that the beginning of each file has"""


def read_evidence(question: Question, files: Sequence[FileCandidate], sources: Sources) -> Evidence:
    """Read the chunks of `files` and count."""
    chunks: list[ChunkText] = []
    texts: list[bytes] = []
    for index, file in enumerate(files):
        text = sources.text(file.path, file.part, file.ordinal) or b""
        texts.append(text)
        chunks += _spans(index, file, text)
    bodies = [texts[chunk.file][chunk.start : chunk.end] for chunk in chunks]
    everything = _find(question, bodies + [text[:HEAD_BYTES] for text in texts])
    rows, words = len(chunks), len(question.words)
    weights = np.array(question.weights)
    found, in_heads = everything.split(rows)
    own = np.bincount(
        found.row[found.share == 1] * words + found.word[found.share == 1], minlength=rows * words
    )
    wide = np.bincount(found.row * words + found.word, found.share, minlength=rows * words)
    sizes = np.array([len(body) for body in bodies], np.float64)
    most = question.total * (K1 + 1)

    def share(counts: npt.NDArray[np.generic]) -> Floats:
        return bm25(counts.reshape(rows, words), sizes, weights) / most

    defined, filled = _in_definitions(question, files, chunks, texts, sources, found)
    return Evidence(
        tuple(chunks),
        tuple(texts),
        share(own),
        share(wide),
        wide.reshape(rows, words) > 0,
        _pairs(found, rows, weights) / question.total,
        defined,
        filled,
        _best_shares(in_heads, len(files), words) @ weights / question.total,
    )


def _best_shares(found: _Found, rows: int, words: int) -> Floats:
    """(rows, words): the share of the best term for each word in each text."""
    best = np.zeros((rows, words))
    np.maximum.at(best, (found.row, found.word), found.share)
    return best


def _spans(index: int, file: FileCandidate, text: bytes) -> list[ChunkText]:
    """The chunks to read of a file, those that begin beyond its end now left out."""
    size = len(text)
    found = []
    for chunk in file.chunks:
        _, line, start, end = file.part.chunks.span(chunk)
        if start < size:
            found.append(ChunkText(index, chunk, line, start, size if end is None else min(end, size)))
    return found or [ChunkText(index, -1, 1, 0, min(size, chunking.TARGET_BYTES))]


@dataclass(frozen=True, slots=True)
class _Found:
    """Occurrences of terms in chunks, in the order of the text."""

    row: Ints
    """index of the chunk"""
    word: Ints
    share: Floats
    place: Ints
    """number of the token in all texts"""
    start: Ints
    """byte in the chunk"""
    end: Ints

    def split(self, row: int) -> tuple[_Found, _Found]:
        """Those in the texts before `row`, and those from it on, which count from 0 again."""
        at = int(np.searchsorted(self.row, row))
        columns = [getattr(self, name) for name in self.__slots__]
        first, second = (
            _Found(*(column[part] for column in columns)) for part in (slice(at), slice(at, None))
        )
        return first, replace(second, row=second.row - row)


def _find(question: Question, bodies: Sequence[bytes]) -> _Found:
    """Every whole word of `bodies` that is one of the question's terms.

    All texts are cut into words and hashed at once (100 MB/s), whatever the number of terms."""
    joined = b"\n".join(bodies)
    borders = tokens.split_positions(joined)
    split = tokens.split_identifiers(joined, borders).lower()
    starts, lengths = subwords.word_spans(split)
    hashes = subwords.hashes(split, starts, lengths)
    text = " ".join(term.text for term in question.terms).encode()
    term_starts, term_lengths = subwords.word_spans(text)
    term_hashes, first = np.unique(subwords.hashes(text, term_starts, term_lengths), return_index=True)
    # A term that is no word to `subwords` (one letter) is not looked for; the rest keep their order.
    by_offset = {offset: number for number, offset in enumerate(_offsets(question))}
    numbers = np.array([by_offset.get(int(offset), 0) for offset in term_starts[first]], np.int64)
    if not term_hashes.size:
        hits = np.empty(0, np.int64)
        which = hits
    else:
        at = np.minimum(np.searchsorted(term_hashes, hashes), term_hashes.size - 1)
        hits = np.flatnonzero(term_hashes[at] == hashes)
        which = numbers[at[hits]]
    inserted = borders + np.arange(borders.size)
    begin = starts[hits] - np.searchsorted(inserted, starts[hits])
    bases = np.zeros(len(bodies), np.int64)
    np.cumsum([len(body) + 1 for body in bodies[:-1]], out=bases[1:])
    rows = np.searchsorted(bases, begin, "right") - 1
    words = np.array([term.word for term in question.terms], np.int64)
    shares = np.array([term.share for term in question.terms])
    return _Found(
        rows, words[which], shares[which], hits, begin - bases[rows], begin - bases[rows] + lengths[hits]
    )


def _offsets(question: Question) -> list[int]:
    offsets, at = [], 0
    for term in question.terms:
        offsets.append(at)
        at += len(term.text.encode()) + 1
    return offsets


def _pairs(found: _Found, rows: int, weights: Floats) -> Floats:
    """For each chunk the weight of query words that stand in it as in the query: each pair once."""
    if found.row.size < 2:
        return np.zeros(rows)
    follows = (
        (found.row[1:] == found.row[:-1])
        & (found.word[1:] == found.word[:-1] + 1)
        & (found.place[1:] - found.place[:-1] <= ADJACENT)
    )
    keys = np.unique(found.row[1:][follows] * weights.size + found.word[1:][follows])
    row, word = keys // weights.size, keys % weights.size
    halves: Floats = (weights[word] + weights[word - 1]) / 2
    return np.bincount(row, halves, minlength=rows).astype(np.float64)


def _in_definitions(
    question: Question,
    files: Sequence[FileCandidate],
    chunks: Sequence[ChunkText],
    texts: Sequence[bytes],
    sources: Sources,
    found: _Found,
) -> tuple[Floats, Floats]:
    """For each chunk `Evidence.defined` and `Evidence.filled`."""
    rows = len(chunks)
    owners, starts, lengths = [], [], []
    ordered = _Ordered.of(chunks)
    for part, places in _by_segment(files, sources).items():
        own, begin, length = _names_of(part, files, places, ordered)
        owners.append(own)
        starts.append(begin)
        lengths.append(length)
    if not sum(own.size for own in owners) or not found.row.size:
        return np.zeros(rows), np.zeros(rows)
    owner, start, length = np.concatenate(owners), np.concatenate(starts), np.concatenate(lengths)
    order = np.lexsort((start, owner))
    owner, start, length = owner[order], start[order], length[order]
    wide = np.int64(1) << 32
    at = np.searchsorted(owner * wide + start, found.row * wide + found.start, "right") - 1
    inside = (at >= 0) & (owner[at] == found.row) & (found.end <= start[at] + length[at])
    if not inside.any():
        return np.zeros(rows), np.zeros(rows)
    name, word, share = at[inside], found.word[inside], found.share[inside]
    covered = np.bincount(name, found.end[inside] - found.start[inside], minlength=owner.size) / length
    words = len(question.words)
    best = np.zeros((owner.size, words))
    np.maximum.at(best, (name, word), share)
    fits = best @ np.array(question.weights) / question.total
    defined, filled = np.zeros(rows), np.zeros(rows)
    np.maximum.at(defined, owner, fits)
    np.maximum.at(filled, owner, fits * np.minimum(covered, 1.0))
    return defined, filled


class _Ordered(NamedTuple):
    """Chunks by file and start."""

    row: Ints
    """their places among the chunks read"""
    file: Ints
    start: Ints
    end: Ints
    keys: Ints
    """file and start in one number, ascending"""

    @classmethod
    def of(cls, chunks: Sequence[ChunkText]) -> _Ordered:
        file, start, end = (
            np.array([getattr(chunk, name) for chunk in chunks], np.int64)
            for name in ("file", "start", "end")
        )
        row = np.lexsort((start, file))
        file, start, end = file[row], start[row], end[row]
        return cls(row, file, start, end, (file << 32) | start)


def _by_segment(files: Sequence[FileCandidate], sources: Sources) -> dict[OpenSegment, list[int]]:
    """Places of the files in each segment that are as they were indexed."""
    found: dict[OpenSegment, list[int]] = {}
    for place, file in enumerate(files):
        if file.path not in sources.changed:
            found.setdefault(file.part, []).append(place)
    return found


def _names_of(
    part: OpenSegment, files: Sequence[FileCandidate], places: Sequence[int], chunks: _Ordered
) -> tuple[Ints, Ints, Ints]:
    """The names defined in the chunks of one segment's files (those at `places`): chunk, first byte in it, length.

    All files at once: numpy's cost a call was two thirds of a query's time when each chunk was asked for."""
    table = part.symbols
    ranges = [table.of_file(files[place].ordinal) for place in places]
    rows = np.concatenate([np.empty(0, np.int64), *(np.arange(own.start, own.stop) for own in ranges)])
    place_of = np.repeat(np.array(places, np.int64), [len(own) for own in ranges])
    main = MAIN_KINDS[table.kinds[rows]]
    rows, place_of = rows[main], place_of[main]
    begin = table.name_starts[rows]
    # Chunks of a file do not overlap: the name is in the last one that begins at or before it, if in any.
    at = np.searchsorted(chunks.keys, (place_of << 32) | begin, "right") - 1
    inside = (at >= 0) & (chunks.file[at] == place_of) & (begin < chunks.end[at])
    at, begin = at[inside], begin[inside]
    lengths = table.distinct.lengths(table.names[rows[inside]])
    return chunks.row[at], begin - chunks.start[at], lengths
