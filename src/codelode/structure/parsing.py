"""One text through tree-sitter, with an end to its patience."""

from __future__ import annotations

import re
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Parser, Tree

PARSE_SECONDS = 2.0
"""A text that takes longer to parse has no structure for us."""

TIMED_BYTES = 16 << 10
"""Shorter texts are parsed without watching the clock: a callback costs."""

_CONFLICT = re.compile(rb"^(?:<{7} |\|{7} |={7}\r?$|>{7} )[^\n]*", re.MULTILINE)
"""A line that a merge left.  With blanks in its place both sides are parsed, where they stand."""


class SlowParse(Exception):
    """Parsing took longer than `PARSE_SECONDS`."""


class _Desk:
    """Where texts lie while they are parsed with an eye on the clock.

    py-tree-sitter 0.26 watches the clock only when it asks for the text by a callback, and never lets go of what
    that returns.  So it gets views of memory that stays ours: 200 bytes are lost a call instead of the text.
    """

    def __init__(self) -> None:
        self.lock = Lock()
        """held while any parser works: they are shared by threads, and a callback lets other threads in"""
        self._view = memoryview(bytearray(512 << 10))

    def lay(self, text: bytes) -> memoryview:
        if len(text) > len(self._view):
            self._view = memoryview(bytearray(2 * len(text)))
        self._view[: len(text)] = text
        return self._view[: len(text)]


_desk = _Desk()


def parse(parser: Parser, text: bytes) -> Tree:
    """The syntax tree of `text` (UTF-8).  Safe to call from several threads.  Raises SlowParse."""
    if b"\n>>>>>>> " in text and b"<<<<<<< " in text:
        text = _CONFLICT.sub(lambda line: b" " * len(line[0]), text)
    with _desk.lock:
        if len(text) <= TIMED_BYTES:
            return parser.parse(text)
        deadline = monotonic() + PARSE_SECONDS
        view = _desk.lay(text)
        try:
            return parser.parse(
                lambda offset, _point: view[offset:],
                progress_callback=lambda _offset, _error: monotonic() > deadline,
            )
        except ValueError as exc:
            parser.reset()
            raise SlowParse from exc
