"""Which chunks of the files that a query is true of come first, and why."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from codelode.search.boolean.atoms import Atom
from codelode.search.boolean.subject import Subject
from codelode.search.boolean.tree import Mark
from codelode.search.judge import Judge
from codelode.search.prominence import is_aside
from codelode.search.spans import Span
from codelode.search.words import K1, REPEAT_FACTOR
from codelode.text import chunks as chunking

ASIDE = 1.0
"""Taken from tests, examples, vendored and generated code"""

CLOSE = 0.5
"""Share of the lesser weight that two atoms side by side add; half of it 40 bytes apart"""

CLOSE_BYTES = 40

LINES_JUDGED = 4
"""Matching lines of a chunk that are looked at for a definition or a comment"""

FIRST_ROWS = 2
"""Chunks of a file that compete at first: a third counts a sixth of what it scores"""

SPANS_SCORED = 32
"""Matches of an atom in a file that are looked for when the best are wanted, beside those in chunks that were proposed:
a header of 20,000 constants is no better for the last ones"""


@dataclass(slots=True)
class Row:
    """A chunk of a file with what it scores."""

    subject: Subject
    start: int
    end: int
    """first byte, and byte after the last"""
    spans: list[Span]
    """the matches in it, ascending, distinct; none where only its meaning is near, or where the file is the answer"""
    signals: dict[str, float] = field(default_factory=dict)
    score: float = 0.0


def rank_file(subject: Subject, marks: Sequence[Mark], judge: Judge, most: int) -> list[Row]:
    """The `most` best chunks of a file in which something matches, the best first; the file as such when nothing does.

    What chunks score for their words alone decides which those are: the rest costs 50 us a chunk, and a file may have
    hundreds."""
    starts = _chunk_starts(subject)
    near = _near_chunks(subject)
    texts = _text_scores(starts, marks)
    for chunk, worth in near.items():
        texts[chunk] += worth
    found = np.flatnonzero(texts)
    best = found[np.argsort(-texts[found], kind="stable")[:most]].tolist()
    spans = _spans_of(starts, best, marks)
    rows = []
    for chunk in best:
        own = spans[chunk]
        end = starts[chunk + 1] if chunk + 1 < len(starts) else len(subject.text)
        row = Row(subject, starts[chunk], end, list(dict.fromkeys(span for span, _ in own)))
        row.signals = {"text": float(texts[chunk]) - near.get(chunk, 0.0), "close": _closeness(own)}
        row.signals["line"] = _best_line(subject.text, row.spans, judge)
        row.signals["meaning"] = near.get(chunk, 0.0)
        rows.append(row)
    if not rows:
        rows = [Row(subject, 0, 0, [])]
    path = judge.file_score(subject.path, int(found.size))
    aside = -ASIDE if is_aside(subject.path) else 0.0
    for row in rows:
        row.signals |= {"path": path, "aside": aside}
        row.score = sum(row.signals.values())
    rows.sort(key=lambda row: (-row.score, row.start))
    for place, row in enumerate(rows):
        if place and row.score > 0:
            row.score *= REPEAT_FACTOR**place
            row.signals["repeat"] = row.score - sum(row.signals.values())
    return rows


def _text_scores(starts: Sequence[int], marks: Sequence[Mark]) -> npt.NDArray[np.float64]:
    """For each chunk what the counts of the atoms in it score, as BM25 has it for texts of one length; what names of
    definitions score, by how much of the best of them was asked for."""
    scores = np.zeros(len(starts))
    for mark in marks:
        if not mark.spans:
            continue
        spans = np.array(mark.spans)
        chunks = np.searchsorted(starts, spans[:, 0], "right") - 1
        if asked := mark.atom.name_bytes:
            shares = np.zeros(len(starts))
            np.maximum.at(shares, chunks, np.minimum(asked / (spans[:, 1] - spans[:, 0]), 1.0))
            scores += mark.atom.weight * (K1 + 1) * shares
        else:
            counts = np.bincount(chunks, minlength=len(starts))
            scores += mark.atom.weight * counts * (K1 + 1) / (counts + K1)
    return scores


def _spans_of(
    starts: Sequence[int], chunks: Sequence[int], marks: Sequence[Mark]
) -> dict[int, list[tuple[Span, Atom]]]:
    """The matches in each of `chunks`, ascending, with their atoms."""
    found: dict[int, list[tuple[Span, Atom]]] = {}
    for chunk in chunks:
        end = starts[chunk + 1] if chunk + 1 < len(starts) else None
        own = []
        for mark in marks:
            first = bisect_left(mark.spans, (starts[chunk],))
            last = len(mark.spans) if end is None else bisect_left(mark.spans, (end,))
            own += [(span, mark.atom) for span in mark.spans[first:last]]
        found[chunk] = sorted(own, key=lambda pair: pair[0])
    return found


def _best_line(text: bytes, spans: Sequence[Span], judge: Judge) -> float:
    """The best of what the first few matching lines show."""
    lines: dict[int, Span] = {}
    for start, end in spans:
        begin = text.rfind(b"\n", 0, start) + 1
        if begin not in lines:
            if len(lines) == LINES_JUDGED:
                break
            lines[begin] = (start - begin, end - begin)
    scores = []
    for begin, span in lines.items():
        stop = text.find(b"\n", begin)
        scores.append(judge.line_score(text[begin : stop if stop >= 0 else len(text)], span))
    return max(scores, default=0.0)


def _closeness(found: Sequence[tuple[Span, Atom]]) -> float:
    """What the nearest two matches of different atoms add."""
    best = 0.0
    for (before, one), (after, other) in zip(found, found[1:], strict=False):
        if one is not other:
            gap = max(after[0] - before[1], 0)
            best = max(best, CLOSE * min(one.weight, other.weight) / (1 + gap / CLOSE_BYTES))
    return best


def _near_chunks(subject: Subject) -> dict[int, float]:
    """Chunks near a meaning, by their place in the file."""
    if not subject.near or not subject.fresh:
        return {}
    first = subject.part.chunks.of_file(subject.ordinal).start
    found: dict[int, float] = {}
    for chunk, worth in subject.near:
        found[chunk - first] = max(worth, found.get(chunk - first, 0.0))
    return found


def _chunk_starts(subject: Subject) -> list[int]:
    """Where the chunks of the file begin; cut anew where it is not as it was indexed, or too large to be ranked."""
    if subject.fresh:
        chunks = subject.part.chunks
        own = chunks.of_file(subject.ordinal)
        if len(own):
            starts: list[int] = chunks.starts[own.start : own.stop].tolist()
            return starts
    return chunking.cut(subject.text) or [0]
