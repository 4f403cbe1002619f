"""Taking over segments that a stopped run had finished but not published."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from codelode.errors import CorruptIndexError, IndexFormatError
from codelode.index.files import FileTable
from codelode.ingest.build import WorkItem
from codelode.store import segment
from codelode.store.catalog import FileRow, SegmentRow
from codelode.store.files import GONE, SEGMENTS

LEAST_SHARE = 0.5
"""A segment of which fewer files are still wanted is built anew instead."""


def segment_row(finished: segment.FinishedSegment, dead: Iterable[int] = ()) -> SegmentRow:
    """The catalog row of a finished segment, `dead` its tombstones."""
    return SegmentRow(
        finished.name, finished.files, finished.text_bytes, finished.guard, SegmentRow.pack(dead)
    )


def finished_orphans(location: Path, live: set[str], fingerprint: str) -> list[segment.FinishedSegment]:
    """Finished segments below `location` that no catalog row names, built under the same settings."""
    found = []
    for folder in sorted((location / SEGMENTS).iterdir()):
        orphan = folder.name not in live and folder.suffix != GONE
        manifest = segment.read_manifest(folder) if orphan else None
        if manifest is not None and manifest.fingerprint == fingerprint:
            found.append(manifest)
    return found


def claim(
    location: Path, orphan: segment.FinishedSegment, wanted: list[WorkItem]
) -> tuple[SegmentRow, list[FileRow]] | None:
    """The rows of those files of `orphan` that are still as they were when it was built; None if too few are."""
    folder = segment.segment_folder(location, orphan.name)
    try:
        segment.check_guard(folder, orphan.guard)
        table = FileTable(folder / segment.FILES)
    except (CorruptIndexError, IndexFormatError, OSError):
        return None  # not worth a word: it is built again, and the folder collected
    now = {item[0]: item for item in wanted}
    rows: list[FileRow] = []
    dead = []
    for ordinal in range(len(table)):
        entry = table.entry(ordinal)
        stat = entry.stat
        item = (entry.path, stat.size, stat.mtime_ns, stat.ctime_ns)
        if now.get(entry.path) == item and not entry.racy:
            rows.append((*item, entry.hash, entry.language, orphan.name, ordinal, entry.reason, "", 0))
        else:
            dead.append(ordinal)
    if len(rows) < LEAST_SHARE * len(table):
        return None
    return segment_row(orphan, dead), rows
