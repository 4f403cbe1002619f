"""Which exact matches come first: scores from what the line and the path show."""

from __future__ import annotations

import math
import re

from codelode.model import RelPath, display_path
from codelode.search.spans import Span
from codelode.text import tokens

_WORD_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")

_DEFINES = re.compile(
    rb"\s*(?:(?:pub(?:\([^)]*\))?|export|default|public|private|protected|internal|static|abstract|final|async"
    rb"|inline|extern|unsafe|virtual|override|open|data|sealed|partial)\s+)*"
    rb"(?:def|class|fn|func|function|fun|struct|enum|union|trait|interface|type|impl|module|namespace|typedef"
    rb"|#\s*define|macro_rules!|const|let|var|val|object|defmodule|defp)\s+\W?\Z"
)
"""What stands before a name that is being defined, in the languages people search most."""


_COMMENT = re.compile(rb"\s*(?!#\s*define)(?://|/\*|\*(?:\s|$)|#\s|--\s|;;|<!--)")
"""How a line of nothing but comment begins, ``# define`` aside."""


class Judge:
    """Scores of exact matches of one query.

    A definition outweighs everything (3), a whole word beats a part of one (1), code beats a comment (0.7), matches
    in the file's name and many matched lines count a little: enough to order, simple enough to foresee.
    """

    def __init__(self, query: str) -> None:
        self._words = set(tokens.words(query))

    def name_share(self, path: RelPath) -> float:
        """The share of the query's words that the file's own name has, 0 to 1."""
        if not self._words:
            return 0.0
        name = display_path(path[path.rfind(b"/") + 1 :])
        return len(self._words & set(tokens.words(name))) / len(self._words)

    def file_score(self, path: RelPath, lines: int) -> float:
        """What the file brings to each of its lines; `lines` is how many matched."""
        return 1.5 * self.name_share(path) + 0.2 * math.log2(1 + lines)

    def line_score(self, line: bytes, match: Span) -> float:
        """What the line's first match shows; `match` is in bytes from the line's start."""
        start, end = match
        score = 0.5 * _is_border(line, start) + 0.5 * _is_border(line, end)
        if _COMMENT.match(line):
            return score - 0.7
        name_end = start
        while name_end < len(line) and line[name_end] in _WORD_BYTES:
            name_end += 1
        whole = _is_border(line, start) and start < name_end <= end
        if whole and (_DEFINES.match(line[:start]) or _is_c_function(line, start, name_end)):
            score += 3.0
        return score


def _is_border(line: bytes, at: int) -> bool:
    """Whether no word goes on across the offset `at`."""
    inside = 0 < at < len(line)
    return not (inside and line[at - 1] in _WORD_BYTES and line[at] in _WORD_BYTES)


def _is_c_function(line: bytes, start: int, end: int) -> bool:
    """Whether a C-like function of that name seems to begin: unindented, ``name(``, no call and no prototype."""
    return (
        start > 0
        and not line.startswith((b" ", b"\t", b"extern "))
        and line[end : end + 1] == b"("
        and line.rstrip().endswith(
            (b")", b"{", b",", b"(")
        )  # a prototype ends with ";", a sentence with a word
        and all(byte in _WORD_BYTES or byte in b" \t*&:<>,~" for byte in line[:start])
    )
