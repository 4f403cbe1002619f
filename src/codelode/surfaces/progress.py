"""What a build shows while it works: one line on a terminal, redrawn in place; silence everywhere else."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from typing import TextIO

from codelode.surfaces import figures

REDRAW_SECONDS = 0.1
"""Ten pictures a second are as many as an eye needs."""

PATIENCE_SECONDS = 0.3
"""Nothing is drawn before: a refresh of a small tree is over by then, and would only flicker."""

TRUST_SECONDS = 0.5
"""The time left is a guess from the rate so far; before this it jumps about."""

WAITS = {"wait": "building", "wait to embed": "embedding"}
"""Stages in which another process is waited for, and what it does to the index."""


class TerminalProgress:
    """Draws progress on `stream`; a context manager that leaves the line empty.

    Without a terminal it says one thing only: that it waits for another process (which may take long).
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        clock: Callable[[], float] = time.monotonic,
        width: Callable[[], int] = lambda: shutil.get_terminal_size().columns,
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._width = width
        self._live = stream.isatty()
        self._started = self._stage_started = clock()
        self._drawn_at = float("-inf")
        self._drawn = 0
        self._stage = ""

    def __enter__(self) -> TerminalProgress:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def __call__(self, stage: str, done: int, total: int, bytes_done: int, bytes_total: int) -> None:
        """The `Progress` that a build reports to."""
        now = self._clock()
        fresh = stage != self._stage
        if fresh:
            self._stage, self._stage_started = stage, now
        if not self._live:
            if fresh and stage in WAITS:
                print(f"codelode: {describe(stage, done, 0, 0, 0, 0)}", file=self._stream, flush=True)
            return
        if now - self._started < PATIENCE_SECONDS and stage not in WAITS:
            return
        if now - self._drawn_at < REDRAW_SECONDS and not fresh:
            return
        self._drawn_at = now
        self._draw(describe(stage, done, total, bytes_done, bytes_total, now - self._stage_started))

    def clear(self) -> None:
        """Removes the line from the terminal."""
        if self._drawn:
            self._write("\r" + " " * self._drawn + "\r")
            self._drawn = 0

    def _draw(self, line: str) -> None:
        line = line[: max(self._width() - 1, 1)]  # a full last column makes some terminals wrap
        # Blanks instead of "erase to the end of the line": old Windows consoles know no codes.
        self._write("\r" + line + " " * (self._drawn - len(line)))
        self._drawn = len(line)

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def describe(stage: str, done: int, total: int, bytes_done: int, bytes_total: int, seconds: float) -> str:
    """The line for a `stage` that has run for `seconds`; in those of `WAITS`, `done` is the id of the process."""
    if stage in WAITS:
        return f"process {done or 'unknown'} is {WAITS[stage]} this index; waiting for it"
    unit = {"embed": "chunk", "refresh": "folder"}.get(stage, "file")
    parts = [f"{stage:<7}"]
    if total:
        parts.append(f"{done:,}/{figures.count(total, unit)}")
    elif done:
        parts.append(figures.count(done, unit))
    if bytes_done and seconds >= TRUST_SECONDS:
        parts.append(figures.rate(bytes_done, seconds))
        if bytes_total > bytes_done:
            parts.append(f"{_left((bytes_total - bytes_done) * seconds / bytes_done)} left")
    if stage == "embed" and 0 < done < total and seconds >= TRUST_SECONDS:
        parts.append(f"{_left((total - done) * seconds / done)} left")
    return "  ".join(parts).rstrip()


def _left(seconds: float) -> str:
    whole = max(1, round(seconds))
    return f"{whole} s" if whole < 120 else f"{whole // 60} min"
