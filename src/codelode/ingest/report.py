"""What a run did and what it cost."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol


class Progress(Protocol):
    """Told how far a run is: stage is scan, wait, build or publish, and counts are files and bytes, totals 0 if
    unknown; or it is embed or wait to embed, and counts are chunks, or it is refresh, and counts are folders."""

    def __call__(self, stage: str, done: int, total: int, bytes_done: int, bytes_total: int) -> None:
        """Called often; must be quick, and may be called from the main thread only."""


def no_progress(stage: str, done: int, total: int, bytes_done: int, bytes_total: int) -> None:
    """The Progress of a run that nobody watches."""


@dataclass(slots=True)
class RunReport:
    """Metrics of one refresh; `status` keeps the last one that changed anything."""

    files: int = 0
    """files in the index after it"""
    added: int = 0
    changed: int = 0
    deleted: int = 0
    kept: int = 0
    adopted: int = 0
    """files taken from segments that a stopped run had finished"""
    merged: int = 0
    """segments rewritten by the merge policy"""
    segments: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    """paths by skip reason, after it"""
    read_bytes: int = 0
    """bytes of source files that were read"""
    indexed_bytes: int = 0
    """bytes of source text in all live segments"""
    seconds: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)
    """seconds: scan, plan and publish on the clock; read, decode, trigrams, split, documents and terms summed over
    the workers; build on the clock"""
    files_per_second: float = 0.0
    mb_per_second: float = 0.0
    peak_rss_mb: float = 0.0
    """largest resident memory of all processes together, sampled at every event of the pool"""
    jobs: int = 1
    rebuild_reason: str = ""
    """why everything was built anew; "" when not"""
    generation: int = 0
    notes: list[str] = field(default_factory=list)
    """what the user should know about this run, one line each"""

    @property
    def from_nothing(self) -> bool:
        """Whether it made an index where there was none."""
        return bool(self.added) and not self.kept and not self.deleted

    def add_stages(self, stages: dict[str, float]) -> None:
        """Add seconds to the stages."""
        for name, seconds in stages.items():
            self.stages[name] = self.stages.get(name, 0.0) + seconds

    def to_json(self) -> dict[str, Any]:
        """All fields; times rounded to milliseconds."""
        out = asdict(self)
        out["seconds"] = round(self.seconds, 3)
        out["stages"] = {name: round(seconds, 3) for name, seconds in self.stages.items()}
        for name in ("files_per_second", "mb_per_second", "peak_rss_mb"):
            out[name] = round(out[name], 1)
        return out


def resident_bytes(pid: int | str) -> int:
    """Resident memory of a process; 0 where the system has no /proc, or the process is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError, ValueError):
        return 0


def peak_of_this_process() -> int:
    """Largest resident memory so far of this process alone, in bytes; 0 where it cannot be asked."""
    if sys.platform == "win32":
        return 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def resident_sum(pids: Iterable[int]) -> int:
    """Resident memory of this process and `pids`, together."""
    return resident_bytes("self") + sum(map(resident_bytes, pids))


def _page_size() -> int:
    import os

    return os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


_PAGE = _page_size()
