"""The files that may answer a question: what words, paths, definitions and vectors propose, put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from codelode.index.symbols import SymbolTable
from codelode.index.terms import BODY, PATH
from codelode.model import RelPath, sort_key
from codelode.search.proposals import propose
from codelode.search.question import Question, path_weights
from codelode.search.snapshot import Mask, OpenSegment, Snapshot
from codelode.structure.rules import KINDS

BY_WORDS, BY_MEANING, BY_PATH, BY_NAME = 128, 128, 32, 32
"""Chunks, chunks, files and files that each signal proposes for ten hits."""

FILES = 48
"""Files of the pool that are judged, for ten hits: each costs 0.2 ms.  With 72, NDCG@10 on our own judged
questions is the same to .002, with 36 less by as much."""

MOST_BY_WORDS, MOST_BY_MEANING = 4, 2
"""Chunks of a file that are read: those proposed by words (nearly always all of them, so that which are does not hang
on a segment's own statistics), and its nearest ones."""

ROWS_OF_NAME = 256
"""Definitions of a name that are looked at in a segment: one that so many share says little."""

NESTED, OTHER_KIND, OTHER_CASE = 0.6, 0.5, 0.8
"""What remains of a definition's claim to a name when it is inside another one, is no type or function, or is
written in another case."""

MAIN_KINDS = np.array(
    [kind in {"function", "method", "class", "struct", "interface", "trait", "enum", "type", "module", "macro"}
     for kind in KINDS]
)  # fmt: skip
"""Whether a kind of definition is what people look for by name, by its code"""

RANK_OFFSET = 60
"""Of reciprocal rank fusion (Cormack, Clarke and Buettcher, SIGIR 2009), which only decides who is judged."""

Cosines = npt.NDArray[np.float32]


class Claim(NamedTuple):
    """That a file defines a name."""

    strength: float
    """1 for a type or function at the top of the file, written as in the question; less for others"""
    start: int
    """byte at which that definition begins"""
    files: int
    """how many files define it"""


@dataclass(slots=True)
class FileCandidate:
    """A file of the pool."""

    segment: int
    """index of its segment in the snapshot"""
    ordinal: int
    part: OpenSegment
    path: RelPath
    chunks: list[int] = field(default_factory=list)
    """chunk ordinals to read, ascending"""
    fused: float = 0.0
    """reciprocal ranks in the four lists, summed"""
    claims: list[Claim] = field(default_factory=list)
    """which names in the question it defines"""
    first_chunk: int = 0
    """ordinal of its first chunk"""
    cosines: Cosines = field(default_factory=lambda: np.empty(0, np.float32))
    """of its chunks, in their order; empty without vectors"""


def gather(snapshot: Snapshot, question: Question, masks: Sequence[Mask], limit: int) -> list[FileCandidate]:
    """The files worth judging for `limit` hits, by path.

    `masks`: for each segment which ordinals are alive and pass the filters."""
    scale = max(1.0, limit / 10)
    weights: dict[str, float] = {}
    for term in question.terms:
        weight = term.share * question.weights[term.word]
        weights[term.text] = max(weight, weights.get(term.text, 0.0))
    by_words = propose(snapshot, BODY, weights, masks, int(BY_WORDS * scale))
    by_path = propose(snapshot, PATH, path_weights(snapshot, question), masks, int(BY_PATH * scale))
    claims = _claims(snapshot, question.names, masks)
    by_name = sorted(claims, key=lambda key: (-max(claims[key])[0], key))[: int(BY_NAME * scale)]
    by_meaning: list[tuple[int, int, float]] = []
    if question.vector is not None:
        from codelode.search.nearest import nearest_chunks  # not loaded where nothing has a vector

        # Not in a thread beside Tantivy: each waits so often for the interpreter's lock that both take as long as
        # one after the other (Linux, 20 segments: 24 ms either way, and 32 against 27 ms at the 95th percentile).
        by_meaning = nearest_chunks(snapshot, question.vector, masks, int(BY_MEANING * scale))
    pool: dict[tuple[int, int], FileCandidate] = {}

    def candidate(segment: int, ordinal: int, rank: int) -> FileCandidate:
        key = (segment, ordinal)
        if key not in pool:
            part = snapshot.segments[segment]
            pool[key] = FileCandidate(segment, ordinal, part, part.files.path(ordinal))
        pool[key].fused += 1 / (RANK_OFFSET + rank)
        return pool[key]

    seen: set[tuple[int, int]] = set()
    for rank, (segment, chunk) in enumerate(by_words):
        ordinal = int(snapshot.segments[segment].chunks.files[chunk])
        first = (segment, ordinal) not in seen
        seen.add((segment, ordinal))
        found = candidate(segment, ordinal, rank if first else rank + 2 * RANK_OFFSET)
        if len(found.chunks) < MOST_BY_WORDS:
            found.chunks.append(chunk)
    near: dict[tuple[int, int], list[int]] = {}
    for rank, (segment, chunk, _) in enumerate(by_meaning):
        ordinal = int(snapshot.segments[segment].chunks.files[chunk])
        own = near.setdefault((segment, ordinal), [])
        candidate(segment, ordinal, rank if not own else rank + 2 * RANK_OFFSET)
        own.append(chunk)
    for files in (by_path, by_name):
        for rank, (segment, ordinal) in enumerate(files):
            candidate(segment, ordinal, rank)
    chosen = sorted(pool.values(), key=lambda file: (-file.fused, sort_key(file.path)))[: int(FILES * scale)]
    for file in chosen:
        file.claims = claims.get((file.segment, file.ordinal), [])
    _complete(snapshot, chosen, question)
    return sorted(chosen, key=lambda file: sort_key(file.path))


def _claims(
    snapshot: Snapshot, names: Sequence[str], masks: Sequence[Mask]
) -> dict[tuple[int, int], list[Claim]]:
    """The files, as (segment index, ordinal), that define one of `names`."""
    found: dict[tuple[int, int], list[Claim]] = {}
    for name in names:
        coded = name.encode()
        own: dict[tuple[int, int], tuple[float, int]] = {}
        for segment, (part, mask) in enumerate(zip(snapshot.segments, masks, strict=True)):
            table = part.symbols
            for row in table.exact(coded, case=False)[:ROWS_OF_NAME].tolist():
                key = (segment, int(table.files[row]))
                if mask[key[1]]:
                    strength, start = _strength(table, row, coded), table.starts[row]
                    if key not in own or strength > own[key][0]:
                        own[key] = strength, start
        for key, (strength, start) in own.items():
            found.setdefault(key, []).append(Claim(strength, start, len(own)))
    return found


def _strength(table: SymbolTable, row: int, name: bytes) -> float:
    strength = 1.0 if table.name(row) == name else OTHER_CASE
    if not MAIN_KINDS[table.kinds[row]]:
        strength *= OTHER_KIND
    parent = table.parents[row]
    return strength * NESTED if parent >= 0 and MAIN_KINDS[table.kinds[parent]] else strength


def _complete(snapshot: Snapshot, files: Sequence[FileCandidate], question: Question) -> None:
    """Give each file the cosines of its chunks, and the chunks that are to be read."""
    for segment, part in enumerate(snapshot.segments):
        own = [file for file in files if file.segment == segment]
        if not own:
            continue
        if question.vector is not None:
            from codelode.search.nearest import file_cosines

            found = file_cosines(part, [file.ordinal for file in own], question.vector)
            for file, cosines in zip(own, found, strict=True):
                file.cosines = cosines
        for file in own:
            mine = part.chunks.of_file(file.ordinal)
            best = list(mine[:1])
            if file.cosines.size:
                nearest = np.argsort(-file.cosines, kind="stable")[:MOST_BY_MEANING]
                best = (mine.start + nearest).tolist()
            file.first_chunk = mine.start
            if mine:
                starts = part.chunks.starts[mine.start : mine.stop]
                best += [mine.start + int(np.searchsorted(starts, c.start, "right")) - 1 for c in file.claims]
            file.chunks = sorted({*file.chunks, *best})
