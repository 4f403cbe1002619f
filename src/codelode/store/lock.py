"""Locks of an index: one writer, across processes, released by the system when its holder dies."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from codelode.errors import IndexLockedError
from codelode.store.files import storage_errors

POLL_SECONDS = 0.05


class BuildLock:
    """``with BuildLock(path, wait=True):`` holds the lock; the file stays, only the lock on it counts."""

    def __init__(
        self,
        path: Path,
        *,
        wait: bool,
        waiting: Callable[[str], None] | None = None,
        what: str = "building",
    ) -> None:
        """`waiting` is called once, with the holder's process id as text, when the lock is taken.

        With `wait` false, entering raises IndexLockedError at once instead; `what` its holder does to the index.
        """
        self._path, self._wait, self._waiting, self._what = path, wait, waiting, what
        self._handle = -1

    def __enter__(self) -> BuildLock:
        with storage_errors(self._path):
            while True:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
                try:
                    self._acquire()
                    if self._is_current():
                        os.ftruncate(self._handle, 0)
                        os.lseek(self._handle, 0, os.SEEK_SET)
                        os.write(self._handle, str(os.getpid()).encode())
                        return self
                except BaseException:
                    os.close(self._handle)
                    raise
                os.close(self._handle)

    def _is_current(self) -> bool:
        """Whether the locked file is still the one at the path: its last holder may have removed it."""
        try:
            return os.path.samestat(os.fstat(self._handle), self._path.stat())
        except FileNotFoundError:
            return False

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        _unlock(self._handle)
        os.close(self._handle)

    def _acquire(self) -> None:
        told = False
        while not _try_lock(self._handle):
            holder = self._holder()
            if not self._wait:
                raise IndexLockedError(
                    f"{self._path}: process {holder} is {self._what} this index; wait for it, or drop --no-wait"
                )
            if not told and self._waiting:
                self._waiting(holder)
                told = True
            time.sleep(POLL_SECONDS)

    def _holder(self) -> str:
        return _holder(self._path)


def holder_of(path: Path) -> str:
    """The process id, as text, of who holds the lock at `path`; "" when nobody does.  Nothing is written."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return ""
    try:
        if _try_lock(handle):
            _unlock(handle)
            return ""
        return _holder(path)
    finally:
        os.close(handle)


def _holder(path: Path) -> str:
    try:
        return path.read_text().strip() or "?"
    except OSError:
        return "?"


if sys.platform == "win32":
    import msvcrt

    # A byte far behind the content: Windows locks forbid reading, and the holder's id must stay readable.
    _LOCKED_BYTE = 1 << 30

    def _try_lock(handle: int) -> bool:
        os.lseek(handle, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(handle: int) -> None:
        os.lseek(handle, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)
