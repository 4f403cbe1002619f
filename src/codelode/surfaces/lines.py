"""The lines of a hit, with what matched in each; and which of them make a snippet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from codelode.model import Hit

SNIPPET_LINES = 8
"""Lines shown of one ranked hit: ten hits then fill two screens, not ten."""


@dataclass(slots=True)
class Line:
    """One line of a file."""

    number: int
    """1-based"""
    text: str
    """without its line feed"""
    spans: list[tuple[int, int]] = field(default_factory=list)
    """start and end of each match, in characters from 0; empty matches are spans too"""

    @property
    def matched(self) -> bool:
        """Whether some match, an empty one perhaps, is in this line."""
        return bool(self.spans)


def is_file(hit: Hit) -> bool:
    """Whether `hit` is a whole file rather than lines of one: a query of filters alone lists files."""
    return not hit.text and not hit.matches


def hit_lines(hit: Hit) -> list[Line]:
    """All lines of `hit`, in order."""
    lines = [Line(number, text) for number, text in enumerate(hit.text.split("\n"), hit.start_line)]
    for match in hit.matches:
        start, left = match.column - 1, match.length
        for line in lines[max(match.line - hit.start_line, 0) :]:
            begin = min(start, len(line.text))
            end = min(start + left, len(line.text))
            line.spans.append((begin, end))
            left -= end - begin + 1  # and its line feed
            start = 0
            if left <= 0:
                break
    return lines


def groups(lines: Sequence[Line]) -> Iterator[Sequence[Line]]:
    """`lines` cut where line numbers are not consecutive."""
    begin = 0
    for index in range(1, len(lines) + 1):
        if index == len(lines) or lines[index].number != lines[index - 1].number + 1:
            yield lines[begin:index]
            begin = index


def snippet(lines: Sequence[Line], around: int, most: int = SNIPPET_LINES) -> list[Line]:
    """The lines worth showing: those with most different matches, `around` lines about each, `most` in all.

    Without a match (the hit was found by its path or meaning) the first lines that say something stand for the rest.
    """
    order = [index for index, line in enumerate(lines) if line.matched]
    if not order:
        first = telling(lines)
        return list(lines[first : first + 1 + around])
    order.sort(key=lambda index: worth(lines[index]), reverse=True)  # stable: earlier lines first
    chosen: set[int] = set()
    for index in order:
        window = set(range(max(index - around, 0), min(index + around + 1, len(lines))))
        if chosen and len(chosen | window) > most:
            window = {index}
        if len(chosen | window) <= most or not chosen:
            chosen |= window
    return [lines[index] for index in sorted(chosen)]


def telling(lines: Sequence[Line]) -> int:
    """Place of the first of `lines` that holds a letter or digit, not only ``/**`` or a bracket; 0 when none does."""
    return next((index for index, line in enumerate(lines) if any(map(str.isalnum, line.text))), 0)


def worth(line: Line) -> tuple[int, int]:
    """Different words that match in `line`, and matches in all."""
    return len({line.text[start:end].lower() for start, end in line.spans}), len(line.spans)


def clip(line: Line, width: int) -> Line:
    """`line` with at most `width` characters, around its first match, cut ends marked with an ellipsis."""
    if len(line.text) <= width:
        return line
    first = line.spans[0][0] if line.spans else 0
    begin = max(min(first - width // 4, len(line.text) - width), 0)
    end = begin + width
    left, right = "…" if begin else "", "…" if end < len(line.text) else ""
    shift = len(left) - begin
    spans = [
        (max(start, begin) + shift, min(stop, end) + shift)
        for start, stop in line.spans
        if stop >= begin and start <= end
    ]
    return Line(line.number, left + line.text[begin:end] + right, spans)
