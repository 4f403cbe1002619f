"""What an index holds, as `Index.status` says it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Status:
    """What an index holds and how fresh it is."""

    root: str
    location: str
    root_exists: bool
    files: int
    """files found by exact search"""
    exact_only: int
    """of those, not ranked: too large or minified"""
    skipped: dict[str, int]
    """paths by reason, those found by exact search only included"""
    segments: int
    tombstones: int
    indexed_bytes: int
    """source text in the live segments"""
    bytes_on_disk: int
    last_refresh: float
    """unix time at which the index was last known to match the tree"""
    generation: int
    format_version: int
    last_run: dict[str, Any] | None
    """metrics of the last run that changed something"""

    def to_json(self) -> dict[str, Any]:
        """All fields."""
        return asdict(self)
