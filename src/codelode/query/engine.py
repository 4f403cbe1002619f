"""RE2, the engine of every pattern that it can say: the only module of search that imports it.

Time is linear in the text whatever the pattern; memory is bounded by `MAX_MEMORY`.
"""

from __future__ import annotations

from collections.abc import Callable

from re2 import _re2

from codelode.errors import PatternError

MAX_MEMORY = 32 << 20
"""Bytes that a compiled pattern and its state tables may take.  ``\\w{50}`` is 70,000 instructions of 16
bytes and takes 33 ms to compile; at this bound a pattern that is refused has cost about 0.5 s."""

_UNANCHORED = _re2.RE2.Anchor.UNANCHORED
_WHOLE = _re2.RE2.Anchor.ANCHOR_BOTH


class Program:
    """A compiled RE2 pattern over UTF-8 bytes, ``^`` and ``$`` at lines; without `multiline` it never matches a
    newline."""

    __slots__ = ("_match", "_regex")

    def __init__(self, pattern: str, *, multiline: bool = False) -> None:
        """Compile.  Raises PatternError with RE2's reason."""
        options = _re2.RE2.Options()
        options.max_mem = MAX_MEMORY
        options.log_errors = False
        options.never_nl = not multiline
        options.never_capture = True
        self._regex = _re2.RE2(f"(?m){pattern}".encode(), options)
        if not self._regex.ok():
            raise PatternError(_reason(self._regex.error().decode("utf-8", "replace")))
        # The binding itself: re2's own wrapper of it costs three times the call (0.5 us) in Python.
        self._match: Callable[..., list[tuple[int, int]]] = self._regex.Match

    def find(self, text: bytes, start: int, end: int) -> tuple[int, int]:
        """The leftmost match in `text[start:end]` (byte offsets into `text`), or (-1, -1).

        `text` around the bounds counts for assertions.
        """
        return self._match(_UNANCHORED, text, start, end)[0]

    def find_each(self, text: bytes) -> list[tuple[int, int]]:
        """Every match in a row.  Only for patterns that cannot match the empty string."""
        match, size, at = self._match, len(text), 0
        spans: list[tuple[int, int]] = []
        while True:
            span = match(_UNANCHORED, text, at, size)[0]
            at = span[1]
            if at < 0:
                return spans
            spans.append(span)

    def is_whole(self, text: bytes) -> bool:
        """Whether all of `text` is a match."""
        return self._match(_WHOLE, text, 0, len(text))[0][0] >= 0


def _reason(error: str) -> str:
    if "pattern too large" in error:
        return "the pattern is too large for RE2: lower its repetition counts, or use fewer Unicode classes"
    if "invalid repetition size" in error:
        return "repetitions inside repetitions come to more than 1,000 copies: lower the counts"
    return f"RE2 refuses the pattern: {error}"
