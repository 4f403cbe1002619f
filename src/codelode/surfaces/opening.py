"""The index of a search, or several as one: opened, and brought up to date under the eyes of the user."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

from codelode import config
from codelode.errors import BuildInterrupted, CodelodeError
from codelode.surfaces import targets
from codelode.surfaces.answering import note
from codelode.surfaces.progress import TerminalProgress
from codelode.surfaces.refreshing import refresh

if TYPE_CHECKING:
    from codelode.many import Indexes
    from codelode.searches import Searches


FAILED = 2
"""The exit status of an error"""

REFRESH_SHARE = 0.5
"""Part of the time of a search that looking for changes may take"""


class Opened:
    """What a search is asked of."""

    def __init__(self, searches: Searches, several: Indexes | None, until: float | None) -> None:
        self.searches = searches
        self._several = several
        self._until = until

    @property
    def timeout_ms(self) -> int | None:
        """What is left of the time that was given; None for no bound."""
        return None if self._until is None else max(0, int((self._until - monotonic()) * 1000))

    def leave(self, status: int) -> None:
        """End the process with `status` if threads that were given up may still be at work.

        Python would end them when they next need it, in the middle of what Rust does, and that aborts the process."""
        if self._several is not None and self._several.gave_up:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    @property
    def told(self) -> dict[str, Any]:
        """What the JSON of a search of several says about them, after the search."""
        return {} if self._several is None else {"indexes": list(self._several.roots), "failed": self.failed}

    @property
    def failed(self) -> list[dict[str, Any]]:
        """Those of several that the last search left out."""
        return [] if self._several is None else [failure.to_json() for failure in self._several.failed]


@contextmanager
def opened(
    target: targets.Target, flags: Mapping[str, Any], *, fresh: bool, timeout_ms: int | None = None
) -> Iterator[Opened]:
    """What `target` is about, brought up to date when it is to be `fresh`; `flags` are settings by name.

    Raises what `Index.refresh` raises for one index; one of several that is broken is left out."""
    until = None if timeout_ms is None else monotonic() + timeout_ms / 1000
    if not target.roots:
        from codelode.app import Index

        with Index(target.root, config.load(target.root, flags, os.environ)) as index:
            if fresh:
                refresh(index, thorough=False)
            yield Opened(index, None, until)
        return
    from codelode.many import Indexes

    with Indexes(target.roots, flags=flags, unreadable=target.unreadable) as indexes:
        if fresh:
            _refresh(indexes, None if timeout_ms is None else int(timeout_ms * REFRESH_SHARE))
        place = Opened(indexes, indexes, until)
        try:
            yield place
        except CodelodeError as exc:
            if indexes.gave_up:
                note(str(exc))
                place.leave(FAILED)
            raise


def _refresh(indexes: Indexes, timeout_ms: int | None) -> None:
    try:
        with TerminalProgress(sys.stderr) as progress:
            reports = indexes.refresh(thorough=False, timeout_ms=timeout_ms, progress=progress)
    except KeyboardInterrupt as exc:
        raise BuildInterrupted(
            "stopped; the indexes are as they were, and the next run goes on from here"
        ) from exc
    for index in indexes.indexes:
        report = reports.get(index.root)
        if report is not None and (report.added or report.changed):
            from codelode.surfaces.background import (
                embed_in_background,
            )  # a search that changes nothing pays nothing

            embed_in_background(index, inline=False)
