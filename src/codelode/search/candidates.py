"""Which files of a segment can contain a match: the trigram tree walked over postings, then the filters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from codelode.index.files import FileTable
from codelode.index.trigram import Blocks, TrigramReader
from codelode.model import RelPath, SearchOptions, sort_key
from codelode.query.trees import All, And, KeyRange, Or, Require, TrigramTree
from codelode.search.snapshot import Mask, OpenSegment
from codelode.text.globs import GlobFilter


def evaluate(tree: TrigramTree, reader: TrigramReader) -> Blocks:
    """The blocks (int64, ascending) that satisfy `tree`."""
    if isinstance(tree, All):
        return np.arange(reader.blocks)
    if isinstance(tree, Require):
        return reader.containing_all(np.array(tree.trigrams, np.uint32))
    if isinstance(tree, KeyRange):
        return reader.containing_any_in(tree.first, tree.last)
    if isinstance(tree, Or):
        parts = [evaluate(part, reader) for part in tree.parts]
        return np.unique(np.concatenate(parts)) if parts else np.empty(0, np.int64)
    return _evaluate_and(tree, reader)


def _evaluate_and(tree: And, reader: TrigramReader) -> Blocks:
    # An And's Require comes first (query.trees): the others are skipped once nothing is left.
    found = evaluate(tree.parts[0], reader)
    for part in tree.parts[1:]:
        if not found.size:
            break
        found = np.intersect1d(found, evaluate(part, reader), assume_unique=True)
    return found


class FileFilter:
    """The filters of a search, compiled once and applied to each segment's file table.

    Globs see a path from the root of its own index; `under` is of the paths that hits have.
    """

    def __init__(self, options: SearchOptions) -> None:
        self._languages = options.languages
        self._globs = GlobFilter(options.globs) if options.globs else None
        self._under = tuple(path.rstrip(b"/") for path in options.under if path.rstrip(b"/"))
        self._chosen = options.chosen
        self._passes_all = not (self._languages or self._globs or self._under or self._chosen)

    def mask(self, part: OpenSegment) -> Mask:
        """Which ordinals of `part` are alive and pass."""
        if self._passes_all:
            return part.live
        mask = part.live.copy()
        table = part.files
        if self._languages:
            codes = [i for i, name in enumerate(table.languages) if name in self._languages]
            mask &= np.isin(table.language_codes, codes)
        if self._under:
            mask &= self._ordinals_mask(part, self._inside(table))
        if self._globs:
            own = table.own_paths
            chosen = self._globs.select(own)
            mask &= self._ordinals_mask(part, [i for i, path in enumerate(own) if path in chosen])
        if self._chosen:
            from codelode.search.boolean.filters import passing  # of the query language: others never load it

            mask &= passing(self._chosen, part)
        return mask

    def _inside(self, table: FileTable) -> Sequence[int]:
        prefixes = tuple(path + b"/" for path in self._under)
        if table.prefix.startswith(prefixes):
            return range(len(table))
        if not any(prefix.startswith(table.prefix) for prefix in prefixes):
            return ()  # all of it in another index
        return [i for i, path in enumerate(table.paths) if path.startswith(prefixes) or path in self._under]

    @staticmethod
    def _ordinals_mask(part: OpenSegment, ordinals: Sequence[int]) -> Mask:
        mask = np.zeros(len(part.files), bool)
        mask[np.array(ordinals, np.int64)] = True
        return mask


class Candidate(NamedTuple):
    """A file to look at."""

    path: RelPath
    segment: int
    """its segment's index in the snapshot"""
    ordinal: int
    blocks: Blocks | None
    """the trigram blocks that can match; None for all of the file"""


def find_candidates(
    tree: TrigramTree, segments: Sequence[OpenSegment], masks: Sequence[Mask]
) -> list[Candidate]:
    """Every file to look at, in path order."""
    found: list[Candidate] = []
    for index, (part, mask) in enumerate(zip(segments, masks, strict=True)):
        ordinals, blocks = part.trigrams.files_of(evaluate(tree, part.trigrams))
        allowed = mask[ordinals].tolist()
        # One path at a time is cheap for a few; for many the whole list is made once and kept.
        path = part.files.paths.__getitem__ if len(allowed) > 64 else part.files.path
        found += [
            Candidate(path(ordinal), index, ordinal, own)
            for ordinal, own, passes in zip(ordinals.tolist(), blocks, allowed, strict=True)
            if passes
        ]
    found.sort(key=lambda candidate: sort_key(candidate.path))
    return found


def find_files_with_all(
    trees: Sequence[TrigramTree], segments: Sequence[OpenSegment], masks: Sequence[Mask]
) -> list[Candidate]:
    """Every file that satisfies each of `trees` somewhere, in different blocks perhaps; in no order."""
    found: list[Candidate] = []
    for index, (part, mask) in enumerate(zip(segments, masks, strict=True)):
        passes = mask.copy()
        for tree in trees:
            if not passes.any():
                break
            holds = np.zeros_like(passes)
            holds[part.trigrams.files_of(evaluate(tree, part.trigrams))[0]] = True
            passes &= holds
        found += [
            Candidate(part.files.path(ordinal), index, ordinal, None)
            for ordinal in np.flatnonzero(passes).tolist()
        ]
    return found
