"""Cutting out of C-like text what cannot hold a definition worth indexing, before it is parsed.

Function bodies and initialisers are over half of C source, ``#define`` lines another sixth, and tree-sitter reads
8 MB/s of the Linux tree on one core.  Where the layout shows plainly where a body begins and ends (an opening
brace that ends its line, after ``)`` or ``=`` on a line that begins in column 0; a closing one in column 0) its
inside is left out: 25 MB/s, and conditional compilation inside bodies can no longer break the tree.  Macros are
found by a pattern and left out too: 43 MB/s.  Any other layout is parsed as it is.  ADR 7 has the measurement.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

_WORD_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_DEFINE = re.compile(
    rb"#[ \t]*define[ \t]+(\w++)(?:[^\n\\/]++|\\(?:\r?\n|.)|/\*(?:[^*]++|\*(?!/))*+\*/|//[^\n]*+|/)*+"
)
_OPENING_LINE = re.compile(rb"\n[A-Za-z_{][^\n]*\{\r?\n|\n\{")
_COMMENT = re.compile(rb"/\*(?:[^*]++|\*(?!/))*+\*/")


@dataclass(slots=True)
class Skimmed:
    """A text without the parts that were cut out."""

    text: bytes
    starts: list[int]
    """offset in `text` of each kept run, ascending, the first 0"""
    origins: list[int]
    """offset of each of those runs in the whole text"""
    macros: list[tuple[int, int, int, int]]
    """start, end, name start, name end of each ``#define`` in the whole text"""

    def origin(self, offset: int) -> int:
        """Where byte `offset` of `text` stands in the whole text."""
        run = bisect_right(self.starts, offset) - 1
        return self.origins[run] + offset - self.starts[run]

    def end(self, offset: int) -> int:
        """Where a span that ends before byte `offset` of `text` ends in the whole text."""
        return self.origin(offset - 1) + 1 if offset else 0


def skim(text: bytes, keep: Iterable[re.Pattern[bytes]] = ()) -> Skimmed:
    """`text` without macros, initialisers and bodies of functions; bodies in which one of `keep` matches stay."""
    macros, holes = _macros(text)
    holes += _bodies(text, sorted(hit.start() for pattern in keep for hit in pattern.finditer(text)))
    holes.sort()
    pieces: list[bytes] = []
    starts, origins = [], []
    kept = at = 0
    for start, end in holes:
        if start > at:
            pieces.append(text[at:start])
            starts.append(kept)
            origins.append(at)
            kept += start - at
        at = max(at, end)
    if at < len(text) or not starts:
        pieces.append(text[at:])
        starts.append(kept)
        origins.append(at)
    return Skimmed(b"".join(pieces), starts, origins, macros)


def _macros(text: bytes) -> tuple[list[tuple[int, int, int, int]], list[tuple[int, int]]]:
    macros = []
    comments: list[int] | None = None
    ends: list[int] = []
    for found in _DEFINE.finditer(text):
        start, end = found.span()
        line = text.rfind(b"\n", 0, start) + 1
        if start != line and text[line:start].strip():
            continue
        if comments is None:
            spans = [match.span() for match in _COMMENT.finditer(text)]
            comments, ends = [span[0] for span in spans], [span[1] for span in spans]
        inside = bisect_right(comments, start) - 1
        if inside >= 0 and ends[inside] > start:
            continue
        macros.append((start, end, *found.span(1)))
    return macros, [(start, end) for start, end, _, _ in macros]


def _bodies(text: bytes, kept: list[int]) -> list[tuple[int, int]]:
    """Spans between the braces of functions and initialisers whose layout is beyond doubt.

    `kept`: offsets, ascending, that must not be cut out.
    """
    holes = []
    at = 0
    while (brace := text.find(b"{\n", at)) >= 0:
        line = text.rfind(b"\n", 0, brace) + 1
        at = brace + 2
        if line != brace and text[line] not in _WORD_BYTES:
            continue
        before = text[max(0, brace - 3) : brace].rstrip()[-1:]
        # A function's closing brace stands alone; an initialiser's is followed by a semicolon.
        after = {b")": b"\n", b"=": b";"}.get(before)
        if after is None:
            continue
        close = text.find(b"\n}", brace + 1)
        if close < 0:
            break
        if text[close + 2 : close + 3] not in (after, b"") or not _is_one_body(text, brace + 1, close):
            continue
        at = close + 2
        hit = bisect_left(kept, brace)
        if hit == len(kept) or kept[hit] > close:
            holes.append((brace + 1, close + 1))
    return holes


def _is_one_body(text: bytes, start: int, end: int) -> bool:
    """Whether what stands between two braces looks like the inside of one body, and of nothing else.

    A comment or a string that quotes half of a function, and a body whose lines begin in column 0, would
    swallow definitions.
    """
    count = text.count
    if count(b"/*", start, end) != count(b"*/", start, end) or count(b'"', start, end) & 1:
        return False
    if count(b"{", start, end) == count(b"}", start, end):
        return True
    # Branches of conditional compilation may open a brace each.
    return text.find(b"\n#", start, end) >= 0 and _OPENING_LINE.search(text, start, end) is None
