"""Which of two lists of spans lie close together: NEAR and phrases with room between their words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from codelode.search.boolean.subject import Subject
from codelode.search.spans import Span

Bounds = npt.NDArray[np.int64]
"""(n, 2): first byte and byte after the last of each span"""


class Pairs(NamedTuple):
    """The spans that lie close together."""

    covers: list[Span]
    """from the first byte of either to the last of either, ascending, distinct"""
    members: list[Span]
    """the spans themselves, of both lists, ascending, distinct"""


def near_pairs(
    subject: Subject, left: Sequence[Span], right: Sequence[Span], distance: int, *, ordered: bool
) -> Pairs:
    """Every span of `left` with every one of `right` that does not overlap it and lies at most `distance` words from
    it: one more than the number of words that begin between the two.  With `ordered`, `left` comes first.
    """
    if not left or not right:
        return Pairs([], [])
    first, second = np.array(left, np.int64), np.array(right, np.int64)
    found = [_following(subject, first, second, distance)]
    if not ordered:
        found.append(_following(subject, second, first, distance))
    before = np.concatenate([one for one, _ in found])
    after = np.concatenate([other for _, other in found])
    covers = np.column_stack([before[:, 0], np.maximum(before[:, 1], after[:, 1])])
    return Pairs(_distinct(covers), _distinct(np.concatenate([before, after])))


def _following(subject: Subject, before: Bounds, after: Bounds, distance: int) -> tuple[Bounds, Bounds]:
    """All pairs of a span of `before` and one of `after` that begins behind its end, at most `distance` words on."""
    after = after[np.argsort(after[:, 0], kind="stable")]
    low = np.searchsorted(after[:, 0], before[:, 1])
    before, low = before[low < len(after)], low[low < len(after)]
    # Most have their next neighbour far away: the runs between tell that at a quarter of the price.
    close = subject.runs_between(before[:, 1], after[low, 0]) < distance
    before, low = before[close], low[close]
    high = np.searchsorted(after[:, 0], subject.reach(before[:, 1].tolist(), distance), "right")
    counts = np.maximum(high - low, 0)
    ones = np.repeat(np.arange(len(before)), counts)
    others = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(low, counts)
    return before[ones], after[others]


def _distinct(bounds: Bounds) -> list[Span]:
    return sorted({(start, end) for start, end in bounds.tolist()})
