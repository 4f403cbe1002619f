"""A definition as a person sees it: signature, documentation and place, from the text of its file."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass

from codelode.model import RelPath, Symbol, display_path
from codelode.structure.definitions import Definitions
from codelode.structure.rules import KINDS, PRIVATE, PROTECTED, PUBLIC
from codelode.structure.tables import rules_for

SIGNATURE_CHARS = 400
DOC_CHARS = 2000
"""Longer signatures and documentations are cut."""

VISIBILITIES = {0: "", PUBLIC: "public", PROTECTED: "protected", PRIVATE: "private"}

_SIGNATURE_BYTES = 4 * SIGNATURE_CHARS
_OPENER = re.compile(r"(?:\s*(?:\{|:|=>|=)|\s+do)+\s*\Z")
"""What stands between a signature and its body"""

_LAST_COMMENTS = re.compile(rb"(?:\n[ \t]*(?:#|//|/\*|--)[^\n]*)+\s*\Z")
"""Comments on lines of their own, before the first statement of the body"""

_LINE_COMMENT = re.compile(r"(?://+[/!]?|#+(?![\[!])['|]?|--+(?!\[)(?: \|)?|;+|%+)\s?")
_BLOCKS = {"/*": "*/", "(*": "*)", "{-": "-}", "<!--": "-->", "--[[": "]]", "=begin": "=end", "=pod": "=cut"}
_DOCSTRING = re.compile(
    rb"\s*(?:#[^\n]*\s*)*[rRuU]?(?:(\"\"\"|''')(.*?)\1|([\"'])((?:\\.|[^\\\n])*?)\3)", re.DOTALL
)
_DOCUMENTED = frozenset(KINDS.index(kind) for kind in ("function", "method", "class"))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a definition stands in the text of its file: byte offsets and 1-based lines."""

    name: bytes
    kind: int
    visibility: int
    lead: int
    start: int
    end: int
    body: int
    name_start: int
    name_end: int
    line: int
    """of the start"""
    name_line: int
    end_line: int
    qualifiers: tuple[bytes, ...]
    """what it belongs to, outermost first"""
    depth: int
    """definitions around it"""


def found_places(found: Definitions, text: bytes) -> list[Place]:
    """Where the definitions that were `found` in `text` stand."""
    counter = _LineCounter(text)
    places: list[Place] = []
    for row in range(len(found)):
        parent = places[found.parents[row]] if found.parents[row] >= 0 else None
        around: tuple[bytes, ...] = ()
        if parent is not None:
            around = (*parent.qualifiers, parent.name)
        owner = text[found.qualifier_starts[row] : found.qualifier_ends[row]]
        start, end, name = found.starts[row], found.ends[row], found.name_starts[row]
        places.append(
            Place(
                name=text[name : found.name_ends[row]],
                kind=found.kinds[row],
                visibility=found.visibilities[row],
                lead=found.leads[row],
                start=start,
                end=end,
                body=found.bodies[row],
                name_start=name,
                name_end=found.name_ends[row],
                line=(line := counter.line(start)),
                name_line=line + text.count(b"\n", start, name),
                end_line=line + text.count(b"\n", start, end - 1),
                qualifiers=(*around, owner) if owner else around,
                depth=parent.depth + 1 if parent is not None else 0,
            )
        )
    return places


class _LineCounter:
    """Numbers of lines at ascending offsets: each byte is looked at once."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._at, self._number = 0, 1

    def line(self, offset: int) -> int:
        self._number += self._text.count(b"\n", self._at, offset)
        self._at = offset
        return self._number


def describe(place: Place, text: bytes, path: RelPath, language: str) -> Symbol:
    """The definition at `place` in `text`: of the file as it is now, or empty when that is not known."""
    rules = rules_for(language)
    separator = rules.separator if rules is not None else "."
    name = _decoded(place.name)
    parent = separator.join(map(_decoded, place.qualifiers))
    before = text[text.rfind(b"\n", 0, place.name_start) + 1 : place.name_start]
    docstring = rules is not None and rules.docstring and place.kind in _DOCUMENTED
    return Symbol(
        name=name,
        kind=KINDS[place.kind],
        path=display_path(path),
        line=place.name_line,
        column=len(_decoded(before)) + 1,
        start_line=place.line,
        end_line=place.end_line,
        language=language,
        qualified=f"{parent}{separator}{name}" if parent else name,
        parent=parent,
        visibility=VISIBILITIES[place.visibility],
        signature=signature(text, place),
        doc=(_docstring(text, place) if docstring else "") or _comment(text, place),
        depth=place.depth,
    )


def signature(text: bytes, place: Place) -> str:
    """Its text up to the body on one line, without what opens the body."""
    end = min(place.body, place.start + _SIGNATURE_BYTES)
    head = text[place.start : end]
    if end < place.end:
        head = _LAST_COMMENTS.sub(b"", head)
    shown = " ".join(_decoded(head).split())
    if end < place.end:
        shown = _OPENER.sub("", shown)
    return _cut(shown, SIGNATURE_CHARS)


def _docstring(text: bytes, place: Place) -> str:
    """The string that its body begins with."""
    found = _DOCSTRING.match(text, place.body, place.end)
    if found is None:
        return ""
    return _cut(inspect.cleandoc(_decoded(found[2] if found[1] else found[4])), DOC_CHARS)


def _comment(text: bytes, place: Place) -> str:
    """The comment before it without its marks; attributes and annotations in between are left out."""
    shown: list[str] = []
    close = ""
    for line in _decoded(text[place.lead : place.start]).splitlines():
        rest = line.strip()
        if not close:
            opening = next((mark for mark in _BLOCKS if rest.startswith(mark)), "")
            mark = None if opening else _LINE_COMMENT.match(rest)
            if mark:
                shown.append(rest[mark.end() :])
            if not opening:
                continue
            close = _BLOCKS[opening]
            rest = rest[len(opening) :].lstrip("*!|-")
        rest, closing, _ = rest.partition(close)
        if closing:
            close = ""
            rest = rest.rstrip("*-")
        shown.append(rest.strip().removeprefix("*").strip())
    return _cut("\n".join(shown).strip(), DOC_CHARS)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "replace")
