"""Files with the same bytes in several indexes: a hit in them is shown once, with the paths of the others."""

from __future__ import annotations

import os
from collections.abc import Iterator

from codelode.model import Hit, Mode, RelPath, SearchOptions, SearchResult, display_path
from codelode.search.candidates import FileFilter
from codelode.search.combined import CombinedSnapshot
from codelode.search.snapshot import Mask, OpenSegment


def fold(snapshot: CombinedSnapshot, result: SearchResult, options: SearchOptions) -> list[Hit]:
    """The hits of `result` without those that say what a better one says: the same lines of a file with the same bytes.

    `Hit.copies` names all files of the snapshot with these bytes that pass the filters, whether or not the search has
    come to them.  Files that are not as they were indexed are no copies of anything, nor are empty ones.
    """
    twins = _Twins(snapshot, options, among_hits=result.mode is Mode.QUERY)
    shown: dict[object, Hit] = {}
    for hit in result.hits:
        digest = twins.digest(hit.path)
        key = (
            (hit.path, hit.start_line, hit.end_line)
            if digest is None
            else (digest, hit.start_line, hit.end_line)
        )
        first = shown.setdefault(key, hit)
        if digest is None:
            continue
        others = (hit.path,) if twins.among_hits else twins.paths(digest)
        copies = dict.fromkeys((*first.copies, *hit.copies, *others))
        copies.pop(first.path, None)
        shown[key] = first._replace(copies=tuple(copies))
    return list(shown.values())


class _Twins:
    """The files of a snapshot by their bytes, as far as somebody asks."""

    def __init__(self, snapshot: CombinedSnapshot, options: SearchOptions, *, among_hits: bool) -> None:
        self._snapshot = snapshot
        self._filter = FileFilter(options)
        self._masks: dict[int, Mask] = {}
        self._found: dict[bytes, tuple[str, ...]] = {}
        self.among_hits = among_hits
        """only hits are copies: the query has filters of its own, which are not known here"""

    def digest(self, path: str) -> bytes | None:
        """The hash of the bytes of this file; None when it is empty, or not what was indexed."""
        found = self._snapshot.find(os.fsencode(path))
        return None if found is None or not _is_as_indexed(*found) else found[0].files.digest(found[1])

    def paths(self, digest: bytes) -> tuple[str, ...]:
        """All files with this hash, in path order."""
        if digest not in self._found:
            self._found[digest] = tuple(sorted(display_path(path) for path in self._search(digest)))
        return self._found[digest]

    def _search(self, digest: bytes) -> Iterator[RelPath]:
        for segment, ordinal in self._snapshot.with_bytes(digest):
            part = self._snapshot.segments[segment]
            if segment not in self._masks:
                self._masks[segment] = self._filter.mask(part)
            if self._masks[segment][ordinal] and _is_as_indexed(part, ordinal):
                yield part.files.path(ordinal)


def _is_as_indexed(part: OpenSegment, ordinal: int) -> bool:
    size, mtime_ns, _ = part.files.signature(ordinal)
    try:
        found = os.lstat(part.locate(part.files.path(ordinal)))
    except OSError:
        return False
    return bool(size) and (found.st_size, found.st_mtime_ns) == (size, mtime_ns)
