"""A process that matches one pattern after the other with the `regex` module, which backtracks and may take forever:
it can be killed without harm.

`search.regexpool` starts it and holds the other end of its pipes; `search.regexwire` is what they say.
"""

from __future__ import annotations

import os
import signal
import struct
import sys
from array import array
from collections.abc import Iterator
from time import perf_counter
from typing import BinaryIO

import regex

from codelode.search.regexwire import ANSWER, COMPLAINT, DONE, GAVE_UP, PATTERN, TEXTS, UNSEEN

MEMORY = 2 << 30
"""Bytes of address space: backtracking keeps what it may return to, and must not fill the machine."""


def main() -> None:
    """Serve until the input ends: the main process closed it, or died."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the main process decides
    _limit_memory()
    inbox, outbox = sys.stdin.buffer, sys.stdout.buffer
    try:
        _serve(inbox, outbox)
    except (EOFError, BrokenPipeError):
        os._exit(0)  # the main process is gone: nobody to tell


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _read(inbox: BinaryIO, size: int) -> bytes:
    data = inbox.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _serve(inbox: BinaryIO, outbox: BinaryIO) -> None:
    pattern, empties = regex.compile(""), True
    while True:
        kind = _read(inbox, 1)
        if kind == b"P":
            _, size, empties = PATTERN.unpack(kind + _read(inbox, PATTERN.size - 1))
            source, complaint = _read(inbox, size).decode(), b""
            try:
                pattern = regex.compile(source, regex.V1 | regex.MULTILINE)
            except (regex.error, RecursionError, MemoryError, OverflowError) as exc:
                complaint = str(getattr(exc, "msg", exc)).encode() or b"too large"
            outbox.write(COMPLAINT.pack(len(complaint)) + complaint)
        else:
            _, count, each, total, first = TEXTS.unpack(kind + _read(inbox, TEXTS.size - 1))
            sizes = struct.unpack(f"<{count}I", _read(inbox, 4 * count))
            texts = [_read(inbox, size) for size in sizes]
            deadline = perf_counter() + total
            for text in texts:
                end, spans = UNSEEN, array("Q")
                if (left := deadline - perf_counter()) > 0:
                    end, spans = _match(pattern, text, min(each, left), empties=empties, first=first)
                outbox.write(ANSWER.pack(end, len(spans)) + spans.tobytes())
                outbox.flush()
        outbox.flush()


def _match(
    pattern: regex.Pattern[str], text: bytes, seconds: float, *, empties: bool, first: bool
) -> tuple[bytes, array[int]]:
    decoded = text.decode("utf-8", "surrogateescape")
    found, end = array("Q"), DONE
    matches = _each(pattern, decoded, seconds) if empties else pattern.finditer(decoded, timeout=seconds)
    try:
        for match in matches:
            found.extend(match.span())
            if first:
                break
    except (TimeoutError, MemoryError):
        end = GAVE_UP
    if len(decoded) != len(text):
        found = _bytes(decoded, found)
    return end, found


def _each(pattern: regex.Pattern[str], text: str, seconds: float) -> Iterator[regex.Match[str]]:
    """The matches of a pattern that can match the empty string, by the rules of `spans.iter_spans`."""
    at, last, deadline = 0, -1, perf_counter() + seconds
    while at <= len(text):
        left = deadline - perf_counter()
        if left <= 0:
            raise TimeoutError
        match = pattern.search(text, at, timeout=left)
        if match is None:
            return
        start, end = match.span()
        if start < end:
            at = last = end
            yield match
            continue
        at = end + 1
        if end == last and text[end - 1] != "\n":
            continue
        if end == len(text) and (not text or text[-1] == "\n"):
            return
        last = end
        yield match


def _bytes(text: str, offsets: array[int]) -> array[int]:
    """Offsets in characters as offsets in bytes of UTF-8."""
    found = array("Q")
    at = behind = 0
    for offset in offsets:
        if offset < behind:  # only a match that \K began behind its end
            at = behind = 0
        at += len(text[behind:offset].encode("utf-8", "surrogateescape"))
        behind = offset
        found.append(at)
    return found
