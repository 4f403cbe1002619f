"""Copies and near copies among ranked files: shown once, with the paths of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codelode.model import RelPath, display_path

SAME = 0.9
"""Two texts are copies when so large a share of the lines of both together is in each (Jaccard index): a licence year
or a renamed import apart.  Below, parallel versions of a module begin, which are different answers."""

FEW_LINES = 4
"""Texts with fewer lines of code are copies only when they are the same."""


@dataclass(slots=True)
class Group:
    """Files whose best chunks say the same."""

    first: int
    """place of the best one in the ranking that was given"""
    copies: tuple[str, ...] = ()
    """paths of the others, best first"""


def fold_copies(paths: Sequence[RelPath], bodies: Sequence[bytes], limit: int) -> list[Group]:
    """The first `limit` groups of a ranking: `paths` and `bodies` of its chunks, best first."""
    groups: list[Group] = []
    known: list[frozenset[bytes]] = []
    for place, (path, body) in enumerate(zip(paths, bodies, strict=True)):
        lines = frozenset(line for part in body.split(b"\n") if len(line := part.strip()) > 1)
        for group, other in zip(groups, known, strict=True):
            if _same(lines, other):
                group.copies += (display_path(path),)
                break
        else:
            if len(groups) == limit:
                break
            groups.append(Group(place))
            known.append(lines)
    return groups


def _same(a: frozenset[bytes], b: frozenset[bytes]) -> bool:
    if a == b:
        return bool(a)
    if min(len(a), len(b)) < FEW_LINES:
        return False
    common = len(a & b)
    return common >= SAME * (len(a) + len(b) - common)
