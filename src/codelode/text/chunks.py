"""Cutting texts into chunks, the unit of ranking: whole lines, whole definitions where they fit."""

from __future__ import annotations

from collections.abc import Sequence

TARGET_BYTES = 1800
"""Most bytes of a chunk (but for one longer line): some 40 lines, what one looks at."""

OWN_BYTES = 600
"""A definition from this size on is a chunk of its own; smaller neighbours share one."""

REST_BYTES = 240
"""What is left before a definition is a chunk of its own from this size on, else it belongs to the definition."""

UNIT_BYTES = 120
"""Smaller definitions (a constant, a one-line macro) may be cut off from the next, as any lines may."""

MINIFIED_BYTES = 16 << 10
MINIFIED_LINE = 1000
"""From `MINIFIED_BYTES` on, a text whose mean line is longer than this is generated or minified: its words are
noise.  Nothing a person wrote in the Linux tree has a mean above 200."""


def is_minified(text: bytes) -> bool:
    """Whether `text` is too dense to be ranked."""
    return len(text) >= MINIFIED_BYTES and len(text) > MINIFIED_LINE * (text.count(b"\n") + 1)


def cut(text: bytes, spans: Sequence[tuple[int, int]] = ()) -> list[int]:
    """Byte offsets at which the chunks of `text` begin, ascending, the first 0; none for an empty text.

    `spans` are the definitions: (first byte, comments before it included, byte after the last), in the order of
    their starts; one may lie inside another.  A definition of `OWN_BYTES` to `TARGET_BYTES` is a chunk, smaller
    neighbours merge, a larger one is cut where the definitions inside it begin and end, then at blank lines.
    """
    if not text:
        return []
    starts = [0]
    at = done = 0
    for first, last in spans:
        size = last - first
        if size < UNIT_BYTES or first < done:
            continue
        if size > TARGET_BYTES:
            begin = text.rfind(b"\n", 0, first) + 1
            if begin - at >= REST_BYTES:
                at = _close(text, starts, at, begin)
            continue
        end = text.find(b"\n", last - 1) + 1 or len(text)
        if size >= OWN_BYTES or end - at > TARGET_BYTES:
            begin = text.rfind(b"\n", 0, first) + 1
            if begin > at and (begin - at >= REST_BYTES or end - at > TARGET_BYTES):
                at = _close(text, starts, at, begin)
        if size >= OWN_BYTES:
            at = _close(text, starts, at, end)
        done = end
    _close(text, starts, at, len(text))
    return starts


def _close(text: bytes, starts: list[int], at: int, end: int) -> int:
    """Cut what lies between the open chunk's start `at` and `end` into chunks; the next one begins at `end`."""
    while end - at > TARGET_BYTES:
        pieces = -(-(end - at) // TARGET_BYTES)
        ideal = at + (end - at) // pieces
        middle = (at + ideal) // 2
        place = text.rfind(b"\n\n", middle, ideal + 2)
        border = place + 2 if place >= 0 else text.rfind(b"\n", at, ideal) + 1
        if border <= at:  # one line is longer than a chunk
            border = text.find(b"\n", ideal) + 1 or end
        if border >= end:
            break
        starts.append(border)
        at = border
    if end < len(text):
        starts.append(end)
    return end
