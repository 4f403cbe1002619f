"""All matches of a compiled pattern in a text, in order: ripgrep's rules, line by line."""

from __future__ import annotations

from collections.abc import Iterator

from codelode.query.engine import Program

Span = tuple[int, int]
"""Byte offsets of a match: start, end (exclusive)."""


def iter_spans(program: Program, text: bytes) -> Iterator[Span]:
    """The matches of `program` in `text` (UTF-8), leftmost first, none overlapping another.

    An empty match right after another match in its line is no match, nor is one inside a character, nor one behind
    the last newline, where no line begins.
    """
    size = len(text)
    at, last = 0, -1
    while at <= size:
        start, end = program.find(text, at, size)
        if start < 0:
            return
        if start < end:
            at = last = end
            yield start, end
            continue
        at = end + 1
        if (end == last and text[end - 1] != 0x0A) or (end < size and text[end] & 0xC0 == 0x80):
            continue
        if end == size and (size == 0 or text[-1] == 0x0A):
            return
        last = end
        yield start, end


def find_spans(program: Program, text: bytes) -> list[Span]:
    """The same as a list."""
    return list(iter_spans(program, text))
