"""Hits of a query: the lines of a chunk from its first to its last match, single lines, or files as such."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from codelode.model import Hit, Match, RelPath, display_path
from codelode.search.boolean.ranking import Row
from codelode.search.boolean.subject import Subject
from codelode.search.enclosing import symbol_at
from codelode.search.spans import Span


def file_hit(path: RelPath, language: str, score: float = 0.0) -> Hit:
    """A file as such: no text, no matches."""
    return Hit(display_path(path), 1, 1, score, language, "", "", ())


def row_hit(row: Row, context: int) -> Hit:
    """The lines of a chunk from its first to its last match, with `context` lines around; all of it where nothing
    in it matches as text."""
    subject = row.subject
    if row.end == row.start:
        return file_hit(subject.path, _language(subject), row.score)
    first, last = (row.spans[0][0], max(end for _, end in row.spans)) if row.spans else (row.start, row.end)
    return _lines_hit(subject, first, last, row.spans, context, row.score, named=True)


def chunk_spans(subject: Subject) -> list[Span]:
    """The chunks that are near a meaning, each as a span."""
    if not subject.near or not subject.fresh:
        return []
    spans = []
    for chunk in sorted({chunk for chunk, _ in subject.near}):
        _, _, start, end = subject.part.chunks.span(chunk)
        spans.append((start, len(subject.text) if end is None else end))
    return spans


def line_hits(subject: Subject, spans: Sequence[Span], context: int) -> Iterator[Hit]:
    """A hit for each run of lines that share matches (with context: that touch), ascending; the file as such when
    there are none."""
    if not spans:
        yield file_hit(subject.path, _language(subject))
        return
    text = subject.text
    run: list[Span] = []
    stop = -1
    for span in sorted(set(spans)):
        begin = _before(text, span[0], context)
        # Without context each line is a hit of its own, but a match of several lines holds them together.
        if run and begin >= stop + (0 if context else 1):
            yield _lines_hit(subject, run[0][0], max(end for _, end in run), run, context, 0.0, named=False)
            run = []
        run.append(span)
        stop = max(stop, _after(text, span[1], context))
    yield _lines_hit(subject, run[0][0], max(end for _, end in run), run, context, 0.0, named=False)


def _lines_hit(
    subject: Subject, first: int, last: int, spans: Sequence[Span], context: int, score: float, *, named: bool
) -> Hit:
    text = subject.text
    start, end = _before(text, first, context), _after(text, last, context)
    top = text.count(b"\n", 0, start) + 1
    shown = text[start:end]
    bottom = top + shown.count(b"\n")
    matches = tuple(_matches(shown, top, [(a - start, b - start) for a, b in spans]))
    symbol = ""
    if named and subject.fresh:
        symbol = symbol_at(subject.part, subject.ordinal, matches[0].line if matches else top)
    return Hit(
        display_path(subject.path),
        top,
        bottom,
        score,
        _language(subject),
        symbol,
        shown.decode("utf-8", "replace"),
        matches,
    )


def _matches(text: bytes, line: int, spans: Sequence[Span]) -> Iterator[Match]:
    """`spans` of `text` by line (the first is `line`) and column in characters."""
    at = begin = 0
    for start, end in spans:
        line += text.count(b"\n", at, start)
        at = max(at, start)
        begin = text.rfind(b"\n", 0, start) + 1
        yield Match(line, _characters(text[begin:start]) + 1, _characters(text[start:end]))


def _characters(utf8: bytes) -> int:
    return len(utf8) if utf8.isascii() else len(utf8.decode("utf-8", "replace"))


def _before(text: bytes, at: int, lines: int) -> int:
    """Start of the line so many `lines` before that of the offset `at`."""
    start = text.rfind(b"\n", 0, at) + 1
    for _ in range(lines):
        if start == 0:
            break
        start = text.rfind(b"\n", 0, start - 1) + 1
    return start


def _after(text: bytes, at: int, lines: int) -> int:
    """End of the line so many `lines` behind that of the last byte before `at`, without its line feed."""
    # A match that ends with a line feed ends in the line before it.
    end = _line_end(text, at - 1 if at and text[at - 1 : at] == b"\n" else at)
    for _ in range(lines):
        if end + 1 >= len(text):
            break
        end = _line_end(text, end + 1)
    return end


def _line_end(text: bytes, at: int) -> int:
    end = text.find(b"\n", at)
    return len(text) if end < 0 else end


def _language(subject: Subject) -> str:
    return subject.part.files.language(subject.ordinal)
