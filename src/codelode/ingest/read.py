"""Reading one source file: a whole, consistent copy of its bytes, or the reason why there is none."""

from __future__ import annotations

import os
import stat
import sys
import time
from dataclasses import dataclass

import xxhash

from codelode.model import FileStat, SkipReason

TRIES = 3
"""A file that changes during each of three reads is UNSTABLE: a log being written, say."""

RACY_SLACK_NS = 50_000_000
"""Times within 50 ms of the reading clock are not trusted: Linux stamps files with a clock that ticks every 1 to
10 ms, so a later edit of the same size could carry the same time (git's racy rule)."""

COARSE_SLACK_NS = 2_000_000_000
"""For a time in whole seconds: FAT keeps 2 s, HFS+ and ext3 1 s."""


@dataclass(frozen=True, slots=True)
class Content:
    """A file's bytes, and the signature they were read under."""

    data: bytes
    stat: FileStat
    racy: bool

    @property
    def hash(self) -> bytes:
        """xxh3-128 of the bytes."""
        return xxhash.xxh3_128_digest(self.data)


def is_racy(found: FileStat, now_ns: int) -> bool:
    """Whether an edit after `now_ns` could leave the signature `found` unchanged."""
    if found.ctime_ns > now_ns - RACY_SLACK_NS:
        return True
    if found.mtime_ns > now_ns + COARSE_SLACK_NS and sys.platform != "win32":
        return False  # set by hand to a day to come: an edit shows in the change time, which nobody can set
    slack = RACY_SLACK_NS if found.mtime_ns % 1_000_000_000 else COARSE_SLACK_NS
    return found.mtime_ns > now_ns - slack


def read_file(path: bytes, limit: int) -> Content | tuple[SkipReason, str]:
    """The content of `path`, or a skip reason with its detail.

    Never follows a link and never blocks: what was a file when it was listed may be a FIFO now.  `limit` is
    `max_exact_bytes`: a file that grew above it is TOO_LARGE.
    """
    for _ in range(TRIES):
        try:
            handle = os.open(path, _OPEN_FLAGS)
        except FileNotFoundError:
            return SkipReason.VANISHED, ""
        except OSError as exc:
            return SkipReason.UNREADABLE, exc.strerror or str(exc)
        try:
            now_ns = time.time_ns()
            before = os.fstat(handle)
            if not stat.S_ISREG(before.st_mode):
                return SkipReason.NOT_A_FILE, "was a file when it was listed"
            if before.st_size > limit:
                return SkipReason.TOO_LARGE, f"{before.st_size} bytes"
            data = _read_all(handle, before.st_size)
            after = os.fstat(handle)
        except OSError as exc:
            return SkipReason.UNREADABLE, exc.strerror or str(exc)
        finally:
            os.close(handle)
        if _signature(before) == _signature(after) and len(data) == after.st_size:
            found = FileStat(*_signature(after))
            return Content(data, found, is_racy(found, now_ns))
    return SkipReason.UNSTABLE, f"changed during {TRIES} reads"


# O_NONBLOCK: opening a FIFO must not wait for its writer.  O_BINARY: Windows would translate line ends.
_OPEN_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def _read_all(handle: int, size: int) -> bytes:
    # One byte more than the size shows growth, and ends the loop of a file that did not grow.
    data = os.read(handle, size + 1)
    if len(data) == size:
        return data
    parts = [data]
    got = len(data)
    while got <= size and (more := os.read(handle, size + 1 - got)):
        parts.append(more)
        got += len(more)
    return b"".join(parts)


def _signature(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns
