"""Logs in the index folder that many processes write and that stay small: the last lines of each are kept.

Lines are appended in one write each, without a lock.  A log that has taken enough lines is renamed to ``<name>.old`` in
place of the one before, and a new one begun: both together hold the last lines.  A process that opened the log before
it was renamed writes into the old one, so no line is lost to the change.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from codelode.errors import IndexLockedError, StorageError
from codelode.store.lock import BuildLock

_OLD = ".old"
_LOCK = "lock"
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class Journal:
    """The last lines of one log."""

    def __init__(self, path: Path, most: int, shortest: int) -> None:
        """`most` lines are kept at least, and less than twice as many and what is appended at once at most;
        `shortest`: bytes that a line has at least, its end included."""
        self._path, self.most, self._shortest = path, most, shortest

    def append(self, lines: bytes) -> None:
        """Add `lines`, each with its end.  Raises OSError; the folder must exist."""
        handle = os.open(self._path, _APPEND, 0o644)
        try:
            os.write(handle, lines)
            size = os.fstat(handle).st_size
        finally:
            os.close(handle)
        if size >= self.most * self._shortest and self._is_full():
            self._turn()

    def lines(self) -> list[bytes]:
        """The last lines, oldest first, without their ends; fewer than were kept where a write was cut short."""
        while True:
            with contextlib.ExitStack() as files:
                opened = []
                for path in (self._path, self._old):
                    with contextlib.suppress(FileNotFoundError):
                        opened.append(files.enter_context(path.open("rb")))
                if len(opened) == 2 and os.path.samestat(*(os.fstat(file.fileno()) for file in opened)):
                    continue  # renamed in between
                text = b"".join(file.read() for file in reversed(opened))
                return text.splitlines()[-self.most :]

    @property
    def _old(self) -> Path:
        return self._path.with_name(self._path.name + _OLD)

    def _is_full(self) -> bool:
        try:
            return self._path.read_bytes().count(b"\n") >= self.most
        except FileNotFoundError:  # another process has turned it
            return False

    def _turn(self) -> None:
        # Whoever does not get the lock, or on Windows meets a file that is open, leaves it to the next append.
        with (
            contextlib.suppress(IndexLockedError, StorageError),
            BuildLock(self._path.with_name(_LOCK), wait=False, what="turning"),
        ):
            if self._is_full():
                with contextlib.suppress(PermissionError):
                    self._path.replace(self._old)
