"""What the timings of an index say: by kind, and which questions were slow."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from codelode.caching import CacheCounts
from codelode.monitor import HIT, LOG, MISS, NO_CACHE, RECORD_BYTES, SLOW, Monitor, journal

CACHED = "cached"
"""The kind of all answers from a cache together."""

_RECORD = re.compile(rf" *([0-9]+\.[0-9]{{3}})([{re.escape(NO_CACHE + MISS + HIT)}])")


@dataclass(frozen=True, slots=True)
class Timing:
    """How long the last answers of a kind took, in milliseconds; the times are of those that were computed."""

    kind: str
    """a mode, a question about structure, `build` or `refresh`; `CACHED` for the times of those from a cache"""
    count: int
    """how many of the last 1,000 were computed"""
    cached: int
    """how many came from a cache"""
    average_ms: float | None
    """None, as the others, when none was computed"""
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None

    @staticmethod
    def of(kind: str, times: Sequence[float], cached: int = 0) -> Timing:
        """The timing of `times`."""
        ordered = sorted(times)
        average = sum(ordered) / len(ordered) if ordered else None
        p50, p95, p99 = (_percentile(ordered, percent) for percent in (50, 95, 99))
        return Timing(kind, len(ordered), cached, average, p50, p95, p99)

    def to_json(self) -> dict[str, Any]:
        """All fields; times rounded to microseconds."""
        found = asdict(self)
        return {name: round(value, 3) if isinstance(value, float) else value for name, value in found.items()}


@dataclass(frozen=True, slots=True)
class Metrics:
    """How an index did lately, in all processes that asked it."""

    timings: tuple[Timing, ...]
    """by kind, in alphabetical order; `CACHED` last"""
    hit_rate: float | None
    """share, 0 to 1, of those of the last answers for which a cache was asked that came from it; None for none"""
    cache: CacheCounts
    """of this process"""
    slow: tuple[dict[str, Any], ...]
    """the last slow questions, oldest first; see `monitor.slow_line`"""
    trouble: str
    """why the timings of this process are kept in memory only; "" while they are written"""

    def to_json(self) -> dict[str, Any]:
        """All fields."""
        return {
            "timings": [timing.to_json() for timing in self.timings],
            "hit_rate": None if self.hit_rate is None else round(self.hit_rate, 4),
            "cache": self.cache.to_json(),
            "slow": list(self.slow),
            "trouble": self.trouble,
        }


def metrics(monitor: Monitor, cache: CacheCounts) -> Metrics:
    """All that is known of the index of `monitor`, what this process noted a moment ago included."""
    monitor.flush()
    timings, from_cache, missed = [], [], 0
    for kind in _kinds(monitor):
        lines = _lines(monitor, kind + LOG)
        records = [
            match for line in lines if len(line) == RECORD_BYTES - 1 and (match := _RECORD.fullmatch(line))
        ]
        computed = [float(match[1]) for match in records if match[2] != HIT]
        reused = [float(match[1]) for match in records if match[2] == HIT]
        missed += sum(match[2] == MISS for match in records)
        from_cache += reused
        timings.append(Timing.of(kind, computed, len(reused)))
    if from_cache:
        timings.append(Timing.of(CACHED, from_cache))
    asked = len(from_cache) + missed
    rate = len(from_cache) / asked if asked else None
    return Metrics(tuple(timings), rate, cache, tuple(slow_questions(monitor)), monitor.trouble)


def slow_questions(monitor: Monitor) -> list[dict[str, Any]]:
    """The last slow questions, oldest first."""
    monitor.flush()
    found = []
    for line in _lines(monitor, SLOW):
        with contextlib.suppress(ValueError):  # a write that was cut short
            found.append(json.loads(line))
    return found


def _kinds(monitor: Monitor) -> list[str]:
    names = {path.name for path in monitor.folder.glob(f"*{LOG}*")} | monitor.unwritten().keys()
    return sorted({name.partition(LOG)[0] for name in names if LOG in name})


def _lines(monitor: Monitor, name: str) -> list[str]:
    log = journal(monitor.folder, name)
    written = [line.decode("utf-8", "replace") for line in log.lines()]
    return [*written, *(line.rstrip("\n") for line in monitor.unwritten().get(name, ()))][-log.most :]


def _percentile(ordered: Sequence[float], percent: float) -> float | None:
    """The value below which `percent` of the `ordered` ones lie, linear between neighbours."""
    if not ordered:
        return None
    position = (len(ordered) - 1) * percent / 100
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)
