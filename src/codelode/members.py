"""One of several indexes that are searched as one: whether it can be searched, and its part of the whole."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codelode.app import Index
from codelode.errors import CodelodeError, IndexLockedError, IndexNotFoundError, RootError
from codelode.model import RelPath

if TYPE_CHECKING:
    from codelode.ingest.report import Progress, RunReport
    from codelode.search.snapshot import OpenSegment, Snapshot, VectorChoice


class Member:
    """One of several indexes, and whether it can be searched."""

    def __init__(self, root: str, prefix: RelPath, index: Index | None, why: str = "") -> None:
        """Without `index`, `why` says what keeps it from being opened at all."""
        self.root, self.prefix, self.index = root, prefix, index
        self.note = ""
        """what the user should know of it though it is searched"""
        self.state: tuple[Snapshot | None, str] | None = None
        """the newest snapshot, or why there is none; None before `open` has ended"""
        self._why = why
        self._damaged: tuple[Snapshot, str] | None = None
        self._placed: tuple[tuple[Snapshot, ...], list[OpenSegment]] | None = None

    def open(self) -> None:
        """Look for its newest snapshot."""
        self.state = self._open()

    def _open(self) -> tuple[Snapshot | None, str]:
        if self.index is None:
            return None, self._why
        known = self.state is not None and self.state[0] is not None
        if (
            not known and not Path(self.root).is_dir()
        ):  # one that goes away later has stale files, as any index
            return None, "this folder does not exist"
        try:
            found = self.index._current()
        except IndexNotFoundError as exc:
            return None, self._why or str(exc)
        except Exception as exc:
            return None, _told(exc, self.index)
        if self._damaged and self._damaged[0] is found:
            return None, self._damaged[1]
        return found, ""

    def refresh(self, progress: Progress | None = None, **options: Any) -> RunReport | None:
        """What `Index.refresh` did; None when it failed, which is no reason not to search what is there."""
        report, note = self._refresh(progress, options)
        self.note = f"{self.root} is searched as it was: {note}" if note else ""
        return report

    def _refresh(self, progress: Progress | None, options: Mapping[str, Any]) -> tuple[RunReport | None, str]:
        if self.index is None:
            return None, ""
        try:
            return self.index.refresh(progress=progress, wait=False, **options), ""
        except RootError:
            return None, ""  # nor can it be opened
        except IndexLockedError as exc:
            self._why = str(exc)
            return None, str(exc)
        except Exception as exc:
            return None, _told(exc, self.index)

    def damaged(self, exc: Exception) -> str:
        """How its snapshot is damaged, when that may be why a search failed with `exc`; "" when it is sound."""
        if self.index is None or self.state is None or self.state[0] is None:
            return ""
        if isinstance(exc, CodelodeError):
            # Such errors name the file.
            found = str(exc) if f"{self.index.location}{os.sep}" in str(exc) else ""
        else:
            found = next(iter(self.index.verify()), "")
        if found:
            self._damaged = self.state[0], found
        return found

    def place(
        self, snapshot: Snapshot, choice: VectorChoice, inner: Mapping[RelPath, Snapshot]
    ) -> list[OpenSegment]:
        """The segments of its `snapshot` for a snapshot of all, made once; see `search.combined.place`."""
        from codelode.search.combined import place

        made_from = (snapshot, *inner.values())
        if self._placed is None or self._placed[0] != made_from:
            self._placed = made_from, place(snapshot, self.prefix, choice, inner)
        return self._placed[1]


def _told(exc: Exception, index: Index) -> str:
    """What went wrong; of an error that nobody foresaw, the damage of the index that may be why."""
    if isinstance(exc, CodelodeError | OSError):
        return str(exc)
    return next(iter(index.verify()), f"{type(exc).__name__}: {exc}")
