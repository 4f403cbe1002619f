"""The processes that match with the `regex` module (`search.regexworker`), as the main process sees them.

One that is idle waits for the next query: starting one takes 40 ms, most of them the module's import.
"""

from __future__ import annotations

import atexit
import os
import struct
import subprocess
import threading
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, NamedTuple

from codelode import processes
from codelode.errors import PatternError, StorageError
from codelode.search import regexwire as wire
from codelode.search.spans import Span

MAX_IDLE = 2
"""Idle workers kept, of 20 MB each."""

GRACE_S = 0.5
"""A worker that has not come back so long after its time is killed.  The module looks at the clock every now and then
only, and not at all while it compiles."""

COMPILE_S = 2.0
"""What compiling a pattern may take."""


_ADVICE = {
    "unknown property": "there are general categories (Lu), scripts (Greek) and others such as Alphabetic"
}
"""What to do about complaints of the module"""


class Found(NamedTuple):
    """What a worker found in a text."""

    spans: list[Span]
    end: bytes
    """`regexwire.DONE`, GAVE_UP when matches may be missing, UNSEEN when it was not looked at"""


class WorkerDiedError(Exception):
    """A worker was killed because its time was over, or ended by itself; says which."""


class Worker:
    """A process; used by one thread at a time."""

    def __init__(self) -> None:
        try:
            self._process = subprocess.Popen(
                processes.command("codelode.search.regexworker"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=processes.environment(),
                start_new_session=True,  # the terminal's Ctrl-C is for the main process
            )
        except OSError as exc:
            raise StorageError(f"cannot start a process for this pattern ({exc})") from exc
        self.loaded = ""
        """source of the pattern it has"""
        self._late = False

    @property
    def alive(self) -> bool:
        """Whether it can still be asked."""
        return self._process.poll() is None

    def load(self, source: str, *, can_be_empty: bool) -> None:
        """Give it a pattern.  Raises PatternError when `source` is wrong, WorkerDiedError when compiling it takes
        too long."""
        if self.loaded == source:
            return
        self.loaded = ""
        encoded = source.encode()
        with self._within(COMPILE_S):
            self._send(wire.PATTERN.pack(b"P", len(encoded), can_be_empty) + encoded)
            (size,) = wire.COMPLAINT.unpack(self._receive(wire.COMPLAINT.size))
            complaint = self._receive(size).decode()
        if complaint:
            advice = f"; {_ADVICE[complaint]}" if complaint in _ADVICE else ""
            raise PatternError(f"the pattern is refused: {complaint}{advice}")
        self.loaded = source

    def find(self, texts: Sequence[bytes], *, each: float, total: float, first: bool) -> Iterator[Found]:
        """What the pattern matches in each of `texts`, of which one may take `each` seconds and all `total`; only one
        match of each when `first`.  Raises WorkerDiedError after those that it has seen."""
        with self._within(total + GRACE_S):
            sizes = struct.pack(f"<{len(texts)}I", *map(len, texts))
            self._send(wire.TEXTS.pack(b"T", len(texts), each, total, first) + sizes + b"".join(texts))
            for _ in texts:
                end, count = wire.ANSWER.unpack(self._receive(wire.ANSWER.size))
                numbers = array("Q", self._receive(8 * count)).tolist()
                yield Found(list(zip(numbers[::2], numbers[1::2], strict=True)), end)

    def stop(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            _close(pipe)

    @contextmanager
    def _within(self, seconds: float) -> Iterator[None]:
        """Kill the process when the block takes longer: a pipe cannot be waited for with a limit everywhere."""
        timer = threading.Timer(seconds, self._kill)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _kill(self) -> None:
        self._late = True
        self._process.kill()

    def _dead(self) -> WorkerDiedError:
        status = self._process.wait()
        return WorkerDiedError(
            "it takes too long" if self._late else f"its process ended with status {status}"
        )

    def _send(self, data: bytes) -> None:
        try:
            self._pipe(self._process.stdin).write(data)
            self._pipe(self._process.stdin).flush()
        except OSError as exc:
            raise self._dead() from exc

    def _receive(self, size: int) -> bytes:
        data = self._pipe(self._process.stdout).read(size)
        if len(data) < size:
            raise self._dead()
        return data

    @staticmethod
    def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
        if pipe is None:
            raise AssertionError("workers are started with pipes")
        return pipe


def _close(pipe: IO[bytes] | None) -> None:
    try:
        if pipe:
            pipe.close()
    except OSError:
        return  # unsent bytes for a dead worker


class WorkerPool:
    """Idle workers, from which each query takes one."""

    def __init__(self) -> None:
        self._idle: list[Worker] = []
        self._lock = threading.Lock()

    @contextmanager
    def lease(self, source: str) -> Iterator[Worker]:
        """A worker for the block, one that has `source` loaded where there is one; it comes back unless the block
        raises something else than PatternError: then nobody knows what it is doing."""
        worker = self._take(source) or Worker()
        try:
            yield worker
        except PatternError:
            self._give_back(worker)
            raise
        except BaseException:
            worker.stop()
            raise
        self._give_back(worker)

    def _take(self, source: str) -> Worker | None:
        with self._lock:
            for worker in sorted(self._idle, key=lambda worker: worker.loaded != source):
                self._idle.remove(worker)
                if worker.alive:
                    return worker
                worker.stop()
        return None

    def _give_back(self, worker: Worker) -> None:
        with self._lock:
            if len(self._idle) < MAX_IDLE:
                self._idle.append(worker)
                return
        worker.stop()

    def stop(self) -> None:
        """End every idle worker."""
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.stop()

    def forget(self) -> None:
        """In a forked child, where the workers are the parent's."""
        self._idle, self._lock = [], threading.Lock()


POOL = WorkerPool()
atexit.register(POOL.stop)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=POOL.forget)
