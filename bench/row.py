"""One line of a result: a value beside its target, its goal and its peer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.measure import Spread, spread


@dataclass(frozen=True, slots=True)
class Row:
    """`target` and `goal` are bounds on the median; `peer_value` is a peer's median in the same run."""

    name: str
    unit: str = ""
    value: Spread | None = None
    """None when the row failed: then `error` says why."""
    target: float | None = None
    goal: float | None = None
    higher_is_better: bool = False
    peer: str = ""
    peer_value: float | None = None
    beat_peer: bool = False
    """The target is the peer's value, and must be beaten."""
    note: str = ""
    error: str = ""
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def bound(self) -> float | None:
        """What the value is held against."""
        return self.peer_value if self.beat_peer else self.target

    @property
    def reached(self) -> bool | None:
        """Whether the target is met; None for a row without one; a failed one is not."""
        if self.value is None:
            return False if self.target is not None or self.beat_peer else None
        if self.bound is None:
            return None
        if self.beat_peer:
            return self.value.median < self.bound
        return self._meets(self.bound)

    @property
    def goal_reached(self) -> bool | None:
        if self.goal is None or self.value is None:
            return None
        return self._meets(self.goal)

    def _meets(self, bound: float) -> bool:
        assert self.value is not None  # noqa: S101  (both callers looked)
        return self.value.median >= bound if self.higher_is_better else self.value.median <= bound

    def to_json(self) -> dict[str, Any]:
        value = self.value
        return {
            "name": self.name,
            "unit": self.unit,
            "median": value and value.median,
            "min": value and value.low,
            "max": value and value.high,
            "runs": value.runs if value else 0,
            "target": self.bound,
            "goal": self.goal,
            "higher_is_better": self.higher_is_better,
            "reached": self.reached,
            "goal_reached": self.goal_reached,
            "peer": self.peer,
            "peer_value": self.peer_value,
            "note": self.note,
            "error": self.error,
            "detail": self.detail,
        }


def row(name: str, unit: str, values: Sequence[float], **rest: Any) -> Row:
    """A row of measured `values`; `rest` are the other fields of `Row`."""
    return Row(name, unit, spread(values), **rest)
