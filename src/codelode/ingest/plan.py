"""What a run has to do: a pure comparison of the catalog's rows with what a scan found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from codelode.ingest.build import BATCH_FILES, WorkItem
from codelode.model import RelPath, SkipReason
from codelode.store.catalog import FileRow

OldRow = tuple[RelPath, int, int, int, bytes, str, int, str, int, str]
"""path, size, mtime_ns, ctime_ns, hash, segment, ordinal, reason, racy, detail, as `Catalog.stats` gives them"""

SkippedPath = tuple[RelPath, SkipReason, str, int, int, int]
"""path, reason, detail, size, mtime_ns, ctime_ns, as `scan` gives them"""

_CONTENT_REASONS = {SkipReason.BINARY.value, SkipReason.UNDECODABLE.value, SkipReason.WORKER_DIED.value}
"""Reasons that hold for as long as the file's signature does."""


@dataclass(slots=True)
class Plan:
    """The difference between two states of a tree."""

    add: list[WorkItem] = field(default_factory=list)
    """not indexed yet"""
    change: list[tuple[WorkItem, OldRow]] = field(default_factory=list)
    """indexed, and certainly different now"""
    doubt: list[tuple[WorkItem, OldRow]] = field(default_factory=list)
    """indexed; the content's hash decides whether it changed (touched, chmod, or racy)"""
    retry: list[tuple[WorkItem, OldRow]] = field(default_factory=list)
    """could not be read last time, and look the same; with the same outcome nothing has changed"""
    delete: list[OldRow] = field(default_factory=list)
    skip: list[FileRow] = field(default_factory=list)
    """rows of skipped paths that are new or have another reason"""
    dropped: list[OldRow] = field(default_factory=list)
    """indexed before, skipped now"""
    kept: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether the tree is as the catalog has it."""
        return not (self.add or self.change or self.doubt or self.delete or self.skip)


def compare(old_rows: Iterable[OldRow], files: Iterable[WorkItem], skipped: Iterable[SkippedPath]) -> Plan:
    """The plan that turns the catalog's rows into what the scan found."""
    plan = Plan()
    old = {row[0]: row for row in old_rows}
    for item in files:
        row = old.pop(item[0], None)
        if row is None:
            plan.add.append(item)
        elif row[1:4] == item[1:4] and not row[8] and (row[5] or row[7] in _CONTENT_REASONS):
            plan.kept += 1
        elif not row[5]:
            _compare_unindexed(plan, item, row)
        elif row[1] == item[1]:
            plan.doubt.append((item, row))
        else:
            plan.change.append((item, row))
    for path, reason, detail, size, mtime_ns, ctime_ns in skipped:
        row = old.pop(path, None)
        if row is not None and (row[7], row[9], row[1], row[5]) == (reason.value, detail, size, ""):
            plan.kept += 1
            continue
        plan.skip.append((path, size, mtime_ns, ctime_ns, b"", "", "", -1, reason.value, detail, 0))
        if row is not None and row[5]:
            plan.dropped.append(row)
    plan.delete.extend(old.values())
    return plan


def _compare_unindexed(plan: Plan, item: WorkItem, row: OldRow) -> None:
    if row[7] in _CONTENT_REASONS and row[1] == item[1] and row[4]:
        plan.doubt.append((item, row))
    elif row[7] not in _CONTENT_REASONS and row[1:4] == item[1:4]:
        plan.retry.append((item, row))
    else:
        plan.add.append(item)


def cut_batches(items: Sequence[WorkItem], batch_bytes: int) -> list[list[WorkItem]]:
    """`items` in order, in batches of about `batch_bytes` of source each."""
    batches: list[list[WorkItem]] = []
    room = 0
    for item in items:
        if not batches or room < item[1] or len(batches[-1]) >= BATCH_FILES:
            batches.append([])
            room = batch_bytes
        batches[-1].append(item)
        room -= item[1]
    return batches


@dataclass(frozen=True, slots=True)
class SegmentLoad:
    """What the merge policy knows of a segment."""

    name: str
    files: int
    dead: int
    """tombstones"""
    text_bytes: int

    @property
    def live_bytes(self) -> int:
        """Estimated source bytes of the files that are not dead."""
        return self.text_bytes * (self.files - self.dead) // max(self.files, 1)


MERGE_FACTOR = 6
"""Segments of one size class before they are rewritten as one.  A query costs 0.1 ms a segment, and every byte is
rewritten at most once a class: four times between 1 MB and 256 MB."""

CLASS_BYTES = (1 << 20, 8 << 20, 32 << 20)
"""Upper bounds of the size classes; larger segments are rewritten for their tombstones only."""

DEAD_SHARE = 0.5
"""A segment with more tombstones than this is rewritten."""


def choose_merges(segments: Sequence[SegmentLoad], budget_bytes: int, most_bytes: int) -> set[str]:
    """Names of the segments to rewrite now, at most `budget_bytes` of live source (the merge policy).

    `most_bytes`: source of the largest segment that memory lets a builder make.  Those of half that size would
    not grow by merging, and be merged again by every run.
    """
    chosen: set[str] = set()

    def take(some: list[SegmentLoad]) -> None:
        nonlocal budget_bytes
        cost = sum(segment.live_bytes for segment in some)
        if cost <= budget_bytes:
            chosen.update(segment.name for segment in some)
            budget_bytes -= cost

    for segment in segments:
        if segment.dead > DEAD_SHARE * segment.files:
            take([segment])
    floor = 0
    for ceiling in CLASS_BYTES:
        most = min(ceiling, most_bytes // 2)
        peers = [s for s in segments if floor <= s.live_bytes < most and s.name not in chosen]
        if len(peers) >= MERGE_FACTOR:
            take(peers)
        floor = ceiling
    return chosen
