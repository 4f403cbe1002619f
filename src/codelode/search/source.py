"""Source files as they are now: every line a search shows is read from the file, never from the index."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence

from codelode.index.trigram import Place
from codelode.model import RelPath, SearchStats, SkipReason
from codelode.search.snapshot import OpenSegment
from codelode.text.decode import decode

# What was a file when it was indexed may be a FIFO now, which must not block, or a link out of the root.
_OPEN_FLAGS = (
    os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
)


class Sources:
    """Reads the files of segments and counts the work."""

    def __init__(self, stats: SearchStats, limit: int) -> None:
        """`limit`: bytes from which a file is not read (`max_exact_bytes`)."""
        self._stats = stats
        self.changed: set[RelPath] = set()
        """files read so far that are not as they were indexed"""
        self._limit = limit

    @property
    def stale(self) -> int:
        """How many files were not as they were indexed, so far."""
        return self._stats.stale

    def text(self, path: RelPath, part: OpenSegment, ordinal: int) -> bytes | None:
        """The file's text as UTF-8; None when it is gone or no text any more.  Counts a changed file as stale."""
        pieces = self.pieces(path, part, ordinal, ())
        return pieces[0][0] if pieces else None

    def pieces(
        self, path: RelPath, part: OpenSegment, ordinal: int, places: Sequence[Place]
    ) -> list[tuple[bytes, int]]:
        """The text at each of `places` with the number of its first line; all of it, from line 1, for no places.

        A file that is not as it was indexed, or whose bytes are not its text, is given whole too; one that is
        gone gives nothing.
        """
        stats = self._stats
        try:
            handle = os.open(part.locate(path), _OPEN_FLAGS)
        except OSError:
            stats.stale += 1
            return []
        try:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode) or found.st_size > self._limit:
                stats.stale += 1
                return []
            stats.files_read += 1
            size, mtime_ns, plain = part.files.signature(ordinal)
            fresh = found.st_mtime_ns == mtime_ns and found.st_size == size
            if places and fresh and plain:
                return [self._piece(handle, size, place) for place in places]
            data = os.read(handle, found.st_size + 1)
        except OSError:
            stats.stale += 1
            return []
        finally:
            os.close(handle)
        stats.bytes_read += len(data)
        if fresh and plain:
            return [(data, 1)]
        if not fresh and self._differs(data, part, ordinal):
            stats.stale += 1
            self.changed.add(path)
        text = decode(data)
        return [] if isinstance(text, SkipReason) else [(text, 1)]

    def _piece(self, handle: int, size: int, place: Place) -> tuple[bytes, int]:
        start, end, line = place
        os.lseek(handle, start, os.SEEK_SET)
        data = os.read(handle, (size if end < 0 else end) - start)
        self._stats.bytes_read += len(data)
        return data, line

    @staticmethod
    def _differs(data: bytes, part: OpenSegment, ordinal: int) -> bool:
        import xxhash

        return xxhash.xxh3_128_digest(data) != part.files.entry(ordinal).hash
