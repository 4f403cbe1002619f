"""The forms of an answer in text: the hits as lines, vimgrep's places, paths, or lines a file.

Everything here is pure: hits in, lines of text out, each with its line feed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum

from codelode.model import RANKED, Hit, Mode
from codelode.surfaces import render
from codelode.surfaces.lines import Line, hit_lines, is_file, snippet
from codelode.surfaces.output import Look, encode


class Format(Enum):
    """What ``--format`` can be; `SCREEN` when it is not given."""

    SCREEN = ""
    """headings on a terminal, else `GREP`"""
    GREP = "grep"
    VIMGREP = "vimgrep"
    PATHS = "paths"
    COUNT = "count"
    JSON = "json"
    JSONL = "jsonl"

    @property
    def is_json(self) -> bool:
        """Whether programs read it, not lines of text."""
        return self in (Format.JSON, Format.JSONL)


WITH_CONTEXT = (Format.SCREEN, Format.GREP, Format.JSON, Format.JSONL)
"""Formats that have lines around the matches"""


@dataclass(frozen=True, slots=True)
class Layout:
    """How the hits of one answer become lines of text."""

    form: Format
    mode: Mode
    shown: render.Shown
    look: Look
    context: int | None = None
    every: bool = False
    """all matches, in path order: a file's hits follow each other"""
    beside: render.Beside | None = None
    """what is said of each hit below it, on a terminal"""

    @property
    def spans(self) -> bool:
        """Whether hits are pieces of files, to be shown by their best lines; else each line of a hit counts."""
        return self.mode in RANKED or (self.mode is Mode.AST and not self.every)

    @property
    def cuts(self) -> bool:
        """Whether no more than the best lines of a hit are shown: a hit may be as long as a function."""
        return self.context is None and (self.spans or (self.mode is Mode.QUERY and not self.every))

    @property
    def plain(self) -> Layout:
        """The same as a program reads it: without colours, headings and remarks."""
        return replace(self, look=Look(), beside=None)

    def lines(self, hits: Iterable[Hit]) -> Iterator[str]:
        """The text for `hits`."""
        look = self.look if self.form is Format.SCREEN else replace(self.look, terminal=False)
        if self.form is Format.VIMGREP:
            return _vimgrep(hits, self.shown, look, best=self.cuts)
        if self.form is Format.PATHS:
            return _paths(hits, self.shown, look)
        if self.form is Format.COUNT:
            return _counts(hits, self.shown, look, every=self.every)
        if self.spans:
            return render.ranked(hits, self.shown, look, self.context, self.beside)
        return render.grep(hits, self.shown, look, self.context or 0, self.beside, snippets=self.cuts)


def _vimgrep(hits: Iterable[Hit], shown: render.Shown, look: Look, *, best: bool) -> Iterator[str]:
    """``path:line:column:text`` for each match, as ``rg --vimgrep`` prints them: columns in bytes, of a match over
    several lines the first.  With `best` only in the lines of a hit that match best.  One without a match is its first
    line."""
    path, painted = "", ""
    for hit in hits:
        if hit.path != path:
            path, painted = hit.path, look.paint(render.PATH, shown(hit.path))
        if hit.start_line == hit.end_line and hit.matches and not look.colour and hit.text.isascii():
            # The commonest case, four times as fast: 60,000 lines in 80 ms.
            prefix, text = f"{painted}:{hit.start_line}:", f":{hit.text}\n"
            yield from [f"{prefix}{match.column}{text}" for match in hit.matches]
            continue
        lines = hit_lines(hit)
        chosen = snippet(lines, 0) if best or not hit.matches else lines
        if not hit.matches:
            yield _place(painted, chosen[0], 0, 0, look)
            continue
        numbers = {line.number for line in chosen}
        for match in sorted(hit.matches):
            if match.line in numbers:
                line = lines[match.line - hit.start_line]
                start = min(match.column - 1, len(line.text))
                yield _place(painted, line, start, min(start + match.length, len(line.text)), look)


def _place(painted: str, line: Line, start: int, end: int, look: Look) -> str:
    before, match, after = line.text[:start], line.text[start:end], line.text[end:]
    column = start if before.isascii() else len(encode(before))
    number = look.paint(render.NUMBER, str(line.number))
    return f"{painted}:{number}:{column + 1}:{before}{look.paint(render.MATCH, match)}{after}\n"


def _paths(hits: Iterable[Hit], shown: render.Shown, look: Look) -> Iterator[str]:
    """Each path once."""
    seen: set[str] = set()
    for hit in hits:
        if hit.path not in seen:
            seen.add(hit.path)
            yield f"{look.paint(render.PATH, shown(hit.path))}\n"


def _counts(hits: Iterable[Hit], shown: render.Shown, look: Look, *, every: bool) -> Iterator[str]:
    """``path:N``: lines of a file that match.  With `every` match in path order each as soon as it is known."""
    numbers: dict[str, set[int]] = {}
    for hit in hits:
        if every and numbers and hit.path not in numbers:
            yield from _totals(numbers, shown, look)
            numbers.clear()
        found = numbers.setdefault(hit.path, set())
        if hit.start_line == hit.end_line and hit.matches:  # not worth its lines' objects
            found.add(hit.start_line)
        elif not is_file(hit):
            found.update(line.number for line in hit_lines(hit) if line.matched)
    yield from _totals(numbers, shown, look)


def _totals(numbers: dict[str, set[int]], shown: render.Shown, look: Look) -> Iterator[str]:
    for path, found in numbers.items():
        yield f"{look.paint(render.PATH, shown(path))}:{len(found)}\n"
