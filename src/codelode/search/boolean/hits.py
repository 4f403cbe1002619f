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
    text = subject.text
    first, last = (row.spans[0][0], max(end for _, end in row.spans)) if row.spans else (row.start, row.end)
    start, end = _before(text, first, context), _after(text, last, context)
    line = text.count(b"\n", 0, start) + 1
    symbol = ""
    if subject.fresh:
        symbol = symbol_at(subject.part, subject.ordinal, line + text.count(b"\n", start, first))
    return _hit(subject, start, end, line, row.spans, row.score, symbol)


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
    counted = number = 0  # line feeds are counted once, however many hits a file has
    for run in _runs(text, sorted(set(spans)), context):
        start = _before(text, run[0][0], context)
        number += text.count(b"\n", counted, start)
        counted = start
        end = _after(text, max(last for _, last in run), context)
        yield _hit(subject, start, end, number + 1, run, 0.0, "")


def _runs(text: bytes, spans: Sequence[Span], context: int) -> Iterator[list[Span]]:
    """`spans` (ascending) in runs whose lines are shown as one: without context those that share a line."""
    run: list[Span] = []
    stop = -1
    for span in spans:
        if run and _before(text, span[0], context) >= stop + (0 if context else 1):
            yield run
            run = []
        run.append(span)
        stop = max(stop, _after(text, span[1], context))
    yield run


def _hit(
    subject: Subject, start: int, end: int, line: int, spans: Sequence[Span], score: float, symbol: str
) -> Hit:
    """The hit for the text from `start`, in line `line`, to `end`."""
    shown = subject.text[start:end]
    return Hit(
        display_path(subject.path),
        line,
        line + shown.count(b"\n"),
        score,
        _language(subject),
        symbol,
        shown.decode("utf-8", "replace"),
        tuple(_matches(shown, line, [(first - start, last - start) for first, last in spans])),
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
