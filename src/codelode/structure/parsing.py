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

TIMED_BYTES = 64 << 10
"""Shorter texts are parsed without watching the clock: the worst grammar (Perl) takes a fifth of a second for them.
A callback costs: Perl asks for the text thousands of times, and is seven times faster without."""

NODE_BYTES = 64
"""A node's text is asked for in pieces; whoever asks wants a name."""

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


class _Reader:
    """What a tree asks for its text: while it is parsed, and later for the `text` of its nodes."""

    def __init__(self, text: bytes, view: memoryview) -> None:
        self._text = text
        self._view: memoryview | None = view

    def parsed(self) -> None:
        """The desk is needed for another text."""
        self._view = None

    def __call__(self, offset: int, _point: object) -> memoryview | bytes:
        if self._view is not None:
            return self._view[offset:]
        return self._text[offset : offset + NODE_BYTES]  # only bytes will do, and these it does let go of


def parse(parser: Parser, text: bytes) -> Tree:
    """The syntax tree of `text` (UTF-8).  Safe to call from several threads.  Raises SlowParse."""
    if b"\n>>>>>>> " in text and b"<<<<<<< " in text:
        text = _CONFLICT.sub(lambda line: b" " * len(line[0]), text)
    with _desk.lock:
        if len(text) <= TIMED_BYTES:
            return parser.parse(text)
        deadline = monotonic() + PARSE_SECONDS
        reader = _Reader(text, _desk.lay(text))
        try:
            tree = parser.parse(reader, progress_callback=lambda _offset, _error: monotonic() > deadline)
        except ValueError as exc:
            parser.reset()
            raise SlowParse from exc
        reader.parsed()
        return tree
