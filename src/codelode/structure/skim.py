"""Cutting out of C-like text what cannot hold a definition worth indexing, before it is parsed.

Function bodies and initialisers are over half of C source, ``#define`` lines another sixth, and tree-sitter reads
8 MB/s of the Linux tree on one core.  Where the layout shows plainly where a body begins and ends (an opening
brace that ends its line, after ``)`` or ``=`` on a line that begins in column 0; a closing one in column 0) its
inside is left out: 25 MB/s, and conditional compilation inside bodies can no longer break the tree.  Macros are
found by a pattern and left out too: 43 MB/s.  Any other layout is parsed as it is.  ADR 7 has the measurement.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_WORD_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_DEFINE = re.compile(
    rb"#[ \t]*define[ \t]+(\w++)(?:[^\n\\/]++|\\(?:\r?\n|.)|/\*(?:[^*]++|\*(?!/))*+\*/|//[^\n]*+|/)*+"
)
_INSTANCE = re.compile(rb"DEFINE_(\w*+)\(((?:[^;{}()#]|\([^;{}()#]*+\))*+)\)[ \t]*;")
"""``DEFINE_MUTEX(name);``: a variable that a macro of the kernel's manner defines"""
_NAME = re.compile(rb"\s*+([A-Za-z_]\w*+)\s*+[,)]")
_OPENING_LINE = re.compile(rb"\n[A-Za-z_{][^\n]*\{\r?\n|\n\{")
_COMMENT = re.compile(rb"/\*(?:[^*]++|\*(?!/))*+\*/")


Cut = tuple[int, int, int, int]
"""start, end, name start, name end of a definition that is left out"""


@dataclass(slots=True)
class Skimmed:
    """A text without the parts that were cut out."""

    text: bytes
    starts: list[int]
    """offset in `text` of each kept run, ascending, the first 0"""
    origins: list[int]
    """offset of each of those runs in the whole text"""
    macros: list[Cut]
    """start, end, name start, name end of each ``#define`` in the whole text"""
    variables: list[Cut]
    """the same of each ``DEFINE_THING(name);``"""

    def origins_of(self, offsets: Sequence[int]) -> list[int]:
        """Where bytes of `text` stand in the whole text."""
        return self._moved(np.array(offsets, np.int64), 0)

    def ends_of(self, offsets: Sequence[int]) -> list[int]:
        """Where spans that end before bytes of `text` end in the whole text."""
        return self._moved(np.array(offsets, np.int64), 1)

    def _moved(self, offsets: npt.NDArray[np.int64], back: int) -> list[int]:
        starts = np.array(self.starts, np.int64)
        shifts = np.array(self.origins, np.int64) - starts
        runs = np.searchsorted(starts, np.maximum(offsets - back, 0), "right") - 1
        moved: list[int] = (offsets + shifts[runs]).tolist()
        return moved


def skim(text: bytes, keep: Iterable[re.Pattern[bytes]] = ()) -> Skimmed:
    """`text` without macros, initialisers and bodies of functions; bodies in which one of `keep` matches stay."""
    comments = _Comments(text)
    macros, variables = _macros(text, comments), _instances(text, comments)
    holes = [cut[:2] for cut in macros + variables]
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
    return Skimmed(b"".join(pieces), starts, origins, macros, variables)


class _Comments:
    """Where comments stand in a text, looked for when first asked."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._spans: npt.NDArray[np.int64] | None = None

    def outside(self, cuts: list[Cut]) -> list[Cut]:
        """Those of `cuts` that do not begin in a comment."""
        if self._spans is None:
            spans = [found.span() for found in _COMMENT.finditer(self._text)]
            self._spans = np.array([(-1, -1), *spans], np.int64)
        offsets = np.array([cut[0] for cut in cuts], np.int64)
        before = np.searchsorted(self._spans[:, 0], offsets, "right") - 1
        covered = self._spans[before, 1] > offsets
        if not covered.any():
            return cuts
        return [cut for cut, inside in zip(cuts, covered.tolist(), strict=True) if not inside]


def _macros(text: bytes, comments: _Comments) -> list[Cut]:
    macros = []
    for found in _DEFINE.finditer(text):
        start, end = found.span()
        line = text.rfind(b"\n", 0, start) + 1
        if start == line or not text[line:start].strip():
            macros.append((start, end, *found.span(1)))
    return comments.outside(macros) if macros else macros


def _instances(text: bytes, comments: _Comments) -> list[Cut]:
    variables: list[Cut] = []
    if b"DEFINE_" not in text:
        return variables
    for found in _INSTANCE.finditer(text):
        line = text.rfind(b"\n", 0, found.start()) + 1
        if text[line : found.start()] not in (b"", b"static "):
            continue
        start = found.start(2)
        if found[1].startswith(b"PER_CPU"):  # the type stands first
            start += found[2].find(b",") + 1
        name = _NAME.match(text, start)
        if name is not None:
            variables.append((line, found.end(), *name.span(1)))
    return comments.outside(variables) if variables else variables


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
