"""Which files of a segment its trigrams let through, when what is looked for may lie in several blocks of a file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from codelode.index.trigram import Blocks, Place, TrigramReader
from codelode.query.trees import ALL, And, Or, Require, TrigramTree
from codelode.search.candidates import evaluate
from codelode.search.snapshot import Mask, OpenSegment


def files_with_all(trees: Sequence[TrigramTree], part: OpenSegment, within: Mask) -> Mask:
    """The files of `within` in which each of `trees` is satisfied by some block."""
    found = within.copy()
    for tree in trees:
        if tree == ALL:
            continue
        if not found.any():
            break
        found &= _owners(part, evaluate(tree, part.trigrams))
    return found


class BlockCandidates:
    """The files in which some block satisfies a tree, and which blocks do: for what lies within a line."""

    def __init__(self, tree: TrigramTree) -> None:
        self._tree = tree
        self._blocks: dict[int, Blocks] = {}
        """by a segment's id"""

    def __call__(self, part: OpenSegment, within: Mask) -> Mask:
        """The files of `within`."""
        if self._tree == ALL or not within.any():
            return within.copy()
        blocks = self._blocks[id(part)] = evaluate(self._tree, part.trigrams)
        return within & _owners(part, blocks)

    def places(self, part: OpenSegment, ordinal: int) -> list[Place]:
        """Where the blocks of a file lie that may hold a match; none when they are not known, or most of the file."""
        known = self._blocks.get(id(part))
        if known is None:
            return []
        own = part.trigrams.blocks_of(ordinal)
        first, last = np.searchsorted(known, (own.start, own.stop)).tolist()
        if 2 * (last - first) > len(own):
            return []
        return [part.trigrams.place(block) for block in known[first:last].tolist()]


def files_satisfying(tree: TrigramTree, part: OpenSegment, within: Mask) -> Mask:
    """The files of `within` that satisfy `tree` with all their blocks together."""
    found = within.copy()
    if isinstance(tree, Require):
        for trigram in tree.trigrams:
            if not found.any():
                break
            found &= _owners(part, _containing(part.trigrams, trigram))
    elif isinstance(tree, And):
        for own in tree.parts:
            found = files_satisfying(own, part, found)
    elif isinstance(tree, Or):
        some = np.zeros_like(found)
        for own in tree.parts:
            some |= files_satisfying(own, part, within)
        found = some
    elif tree != ALL:
        found &= _owners(part, evaluate(tree, part.trigrams))
    return found


def _containing(reader: TrigramReader, trigram: int) -> Blocks:
    return reader.containing_all(np.array([trigram], np.uint32))


def _owners(part: OpenSegment, blocks: Blocks) -> Mask:
    holds = np.zeros(len(part.files), bool)
    holds[part.trigrams.owners(blocks)] = True
    return holds
