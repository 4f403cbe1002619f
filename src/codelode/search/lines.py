"""Matches as lines: line numbers, columns in characters, and context."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from codelode.model import Match
from codelode.search.spans import Span


class MatchedLine(NamedTuple):
    """A line with matches, or several that one match goes across.  A ``\\r`` before the newline is part of the line."""

    number: int
    """1-based; of the first line"""
    start: int
    """byte offset of the line in the text"""
    end: int
    """byte offset of the last line's newline, or the text's length"""
    spans: list[Span]
    """the matches, in bytes from the first line's start"""
    last: int
    """number of the last line"""


def group_lines(text: bytes, spans: Sequence[Span]) -> list[MatchedLine]:
    """The lines of `text` that `spans` (ascending, as a matcher gives them) lie in."""
    lines: list[MatchedLine] = []
    number, counted_to = 1, 0
    for span in spans:
        # Counting newlines runs at several GB/s and each byte is counted once, so that an array of all newlines
        # (numpy) never pays.
        number += text.count(b"\n", counted_to, span[0])
        counted_to = span[0]
        add_match(lines, text, span, number)
    return lines


def add_match(lines: list[MatchedLine], text: bytes, span: Span, number: int, base: int = 0) -> None:
    """Add a match that begins in line `number` to the last of `lines` when it lies in it, else as a new one.

    `span` counts in `text`, the offsets of `lines` from `base` on.
    """
    first, last = span
    end = text.find(b"\n", first)
    across = 0 <= end < last
    if across:  # a newline at the end of a match belongs to the line that it ends
        end = last - 1 if text[last - 1] == 0x0A else text.find(b"\n", last)
    if end < 0:
        end = len(text)
    run = lines[-1] if lines else None
    if run is None or number > run.last:
        start = text.rfind(b"\n", 0, first) + 1
        spans = [(first - start, last - start)]
        number_of_last = number + text.count(b"\n", first, end) if across else number
        lines.append(MatchedLine(number, start - base, end - base, spans, number_of_last))
        return
    start = run.start + base
    run.spans.append((first - start, last - start))
    if end - base > run.end:
        more = text.count(b"\n", run.end + base, end)
        lines[-1] = run._replace(end=end - base, last=run.last + more)


def matches_in(text: bytes, line: MatchedLine) -> list[Match]:
    """The matches of `line` of `text`, in characters."""
    if line.last == line.number:
        shown = text[line.start : line.end]
        return [Match(line.number, column, length) for column, length in columns(shown, line.spans)]
    found = []
    for first, last in line.spans:
        at = line.start + first
        start = text.rfind(b"\n", 0, at) + 1
        number = line.number + text.count(b"\n", line.start, at)
        length = _characters(text[at : line.start + last])
        found.append(Match(number, _characters(text[start:at]) + 1, length))
    return found


def columns(line: bytes, spans: Sequence[Span]) -> list[tuple[int, int]]:
    """(column, length) in characters of each of `spans` (bytes from the line's start); columns from 1."""
    if line.isascii():
        return [(start + 1, end - start) for start, end in spans]
    found: list[tuple[int, int]] = []
    at, column = 0, 1
    for start, end in spans:
        column += _characters(line[at:start])
        length = _characters(line[start:end])
        found.append((column, length))
        at, column = end, column + length
    return found


def _characters(utf8: bytes) -> int:
    return len(utf8.decode("utf-8", "replace"))


@dataclass(frozen=True, slots=True)
class LineGroup:
    """A run of lines to show: matched ones and their context."""

    first: int
    """number of its first line, 1-based"""
    last: int
    """number of its last line, inclusive"""
    start: int
    """byte offset of its first line in the text"""
    end: int
    """byte offset of its last line's newline, or the text's length"""
    matched: tuple[MatchedLine, ...]


def with_context(text: bytes, lines: Sequence[MatchedLine], context: int) -> list[LineGroup]:
    """`lines` (ascending) with `context` lines around each; groups that touch or overlap are one, as in grep.

    Without context each line is a group of its own.
    """
    groups: list[LineGroup] = []
    for line in lines:
        first, start = _before(text, line, context)
        last, end = _after(text, line, context)
        previous = groups[-1] if groups else None
        if previous and context and first <= previous.last + 1:
            groups[-1] = LineGroup(previous.first, last, previous.start, end, (*previous.matched, line))
        else:
            groups.append(LineGroup(first, last, start, end, (line,)))
    return groups


def _before(text: bytes, line: MatchedLine, context: int) -> tuple[int, int]:
    number, start = line.number, line.start
    while number > 1 and line.number - number < context:
        start = text.rfind(b"\n", 0, start - 1) + 1
        number -= 1
    return number, start


def _after(text: bytes, line: MatchedLine, context: int) -> tuple[int, int]:
    number, end = line.last, line.end
    while number - line.last < context and end + 1 < len(text):
        following = text.find(b"\n", end + 1)
        end = len(text) if following < 0 else following
        number += 1
    return number, end


def numbered(text: bytes, group: LineGroup) -> Iterator[tuple[int, bytes]]:
    """(number, line without its newline) of each line of `group`."""
    yield from enumerate(text[group.start : group.end].split(b"\n"), group.first)
