"""Which file was being parsed when the process died: what the next run in the same process leaves unparsed.

Workers that die on a file are watched by the pool (`schedule`).  A small build runs in the main process, which
nobody watches: it notes the file it parses in a memory-mapped file, which survives the process, and takes the note
back afterwards.  A note found at the start names the file that the run before died on.
"""

from __future__ import annotations

import mmap
from pathlib import Path

from codelode.model import RelPath
from codelode.store.files import storage_errors

NAME = "parsing"
_BYTES = 8 << 10
"""Longer than any path."""

DEATHS = 2
"""A file is left unparsed after so many: one may have been a kill from outside, or the power."""


class BlackBox:
    """The note of one index; writing it costs a copy of the path."""

    def __init__(self, location: Path) -> None:
        """Open or make the note in the index folder; raises StorageError."""
        path = location / NAME
        with storage_errors(path):
            if not path.exists() or path.stat().st_size != _BYTES:
                path.write_bytes(b"\0" * _BYTES)
            with path.open("r+b") as file:
                self._map = mmap.mmap(file.fileno(), _BYTES)
        self._last = bytes(self._map[1 : self._map.find(b"\0", 1)])
        self._deaths = self._map[0] if self._last else 0
        self.clear()

    def suspects(self, path: RelPath) -> bool:
        """Whether parsing `path` ended the runs before this one."""
        return path == self._last and self._deaths >= DEATHS

    def note(self, path: RelPath) -> None:
        """`path` is about to be parsed."""
        self._map[0] = min(self._deaths + 1, 255) if path == self._last else 1
        self._map[1 : len(path) + 2] = path + b"\0"

    def clear(self) -> None:
        """Nothing is being parsed."""
        self._map[1] = 0

    def close(self) -> None:
        """Let go of the file."""
        self._map.close()
