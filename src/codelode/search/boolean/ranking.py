"""Which chunks of the files that a query is true of come first, and why."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from codelode.search.boolean.subject import Subject
from codelode.search.boolean.tree import Atom, Mark
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

SPANS_SCORED = 256
"""Matches of an atom in a file that are looked for when the best are wanted: a header of 20,000 constants is no better
for the last ones"""


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


def rank_file(subject: Subject, marks: Sequence[Mark], judge: Judge) -> list[Row]:
    """The chunks of a file in which something matches, the best first; the file as such when nothing does."""
    starts = _chunk_starts(subject)
    by_chunk: dict[int, list[tuple[Span, Atom]]] = {}
    for mark in marks:
        for span in mark.spans:
            by_chunk.setdefault(bisect_right(starts, span[0]) - 1, []).append((span, mark.atom))
    near = _near_chunks(subject)
    rows = []
    for chunk in sorted(by_chunk.keys() | near.keys()):
        own = sorted(by_chunk.get(chunk, ()), key=lambda found: found[0])
        end = starts[chunk + 1] if chunk + 1 < len(starts) else len(subject.text)
        row = Row(subject, starts[chunk], end, list(dict.fromkeys(span for span, _ in own)))
        row.signals = _text_signals(subject.text, own, judge)
        if chunk in near:
            row.signals["meaning"] = near[chunk]
        rows.append(row)
    if not rows:
        rows = [Row(subject, 0, 0, [])]
    path = judge.file_score(subject.path, len(rows))
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


def _text_signals(text: bytes, found: Sequence[tuple[Span, Atom]], judge: Judge) -> dict[str, float]:
    counts: dict[Atom, int] = {}
    for _, atom in found:
        counts[atom] = counts.get(atom, 0) + 1
    signals = {
        "text": sum(atom.weight * count * (K1 + 1) / (count + K1) for atom, count in counts.items()),
        "close": _closeness(found),
    }
    lines: dict[int, Span] = {}
    for (start, end), _ in found:
        begin = text.rfind(b"\n", 0, start) + 1
        if len(lines) < LINES_JUDGED or begin in lines:
            lines.setdefault(begin, (start - begin, end - begin))
    scores = []
    for begin, span in lines.items():
        stop = text.find(b"\n", begin)
        scores.append(judge.line_score(text[begin : stop if stop >= 0 else len(text)], span))
    signals["line"] = max(scores, default=0.0)
    return signals


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
