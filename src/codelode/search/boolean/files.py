"""The files of a snapshot that masks leave, and the orders in which they are looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from codelode.model import sort_key
from codelode.search.boolean.tree import AndNode, Node
from codelode.search.snapshot import Mask, Snapshot, standing

FEW_FILES = 2_000
"""Below, files are put in order by their paths, 2 us each; else by an order of all files, which is made once"""

File = tuple[int, int]
"""index of a segment in the snapshot, and ordinal of a file in it"""


def needed(root: Node) -> list[Node]:
    """What a file must hold all of."""
    return root.parts if isinstance(root, AndNode) else [root]


def filtered(snapshot: Snapshot, root: Node, masks: Sequence[Mask], *, before: int) -> list[Mask]:
    """`masks` (one a segment) without the files that the filters at the top of the query, of a rank below `before`,
    leave out."""
    free = [node for node in needed(root) if not node.reads and node.rank < before]
    found = []
    for part, mask in zip(snapshot.segments, masks, strict=True):
        for node in free:
            if not mask.any():
                break
            mask = mask & node.masks(part, mask).maybe
        found.append(mask)
    return found


def by_standing(snapshot: Snapshot, masks: Sequence[Mask]) -> Iterator[File]:
    """All files of `masks`, those in few folders first, then by path."""
    if sum(int(mask.sum()) for mask in masks) < FEW_FILES:
        tables = [part.files for part in snapshot.segments]
        yield from sorted(_files(masks), key=lambda file: standing(tables[file[0]].path(file[1])))
        return
    ordinals = [np.flatnonzero(mask) for mask in masks]
    indexes = np.repeat(np.arange(len(masks)), [own.size for own in ordinals])
    places = np.concatenate([places[own] for places, own in zip(snapshot.standing, ordinals, strict=True)])
    joined = np.concatenate(ordinals)
    for place in np.argsort(places):
        yield int(indexes[place]), int(joined[place])


def by_path(snapshot: Snapshot, masks: Sequence[Mask]) -> list[File]:
    """All files of `masks` in the order of paths."""
    tables = [part.files for part in snapshot.segments]
    return sorted(_files(masks), key=lambda file: sort_key(tables[file[0]].path(file[1])))


def _files(masks: Sequence[Mask]) -> list[File]:
    return [(index, ordinal) for index, mask in enumerate(masks) for ordinal in np.flatnonzero(mask).tolist()]
