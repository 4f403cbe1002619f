"""What each segment's word index proposes for a query: its best chunks and paths, weighed by global statistics."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from codelode.index.terms import BODY, AllOf, AnyOf, Term, Wanted, terms
from codelode.search.snapshot import Mask, OpenSegment, Snapshot
from codelode.text import tokens

EXACT_FREQUENCY = 2_000
"""Document frequencies up to this are counted without tombstones; above, the share of live chunks is near enough."""

WEIGHTS_KEPT = 1 << 16
"""Weights of words that a snapshot remembers: asking 18 segments for one takes 50 us, and a question has 50 words with
those related to them."""

LEAST_ASKED = 16
"""Hits a segment is asked for at first when many share the work"""

STOP_WORDS = frozenset((
    "a", "an", "and", "are", "as", "at", "be", "by", "can", "do", "does", "for", "from", "how", "i", "in",
    "is", "it", "of", "on", "or", "that", "the", "this", "to", "was", "what", "when", "where", "which",
    "who", "why", "will", "with",
))  # fmt: skip
"""Words of a question that say nothing of its subject."""


def query_words(query: str) -> list[str]:
    """The distinct words of `query` in order; stop words only when there is nothing else."""
    words = list(dict.fromkeys(tokens.words(query)))
    return [word for word in words if word not in STOP_WORDS] or words


def global_weight(snapshot: Snapshot, field: str, word: str) -> float:
    """Inverse document frequency of `word` over all segments; 0 for a word that is nowhere."""
    known = snapshot.word_weights.get((field, word))
    if known is None:
        total = snapshot.chunks if field == BODY else snapshot.files
        frequency = sum(_live_frequency(part, field, word) for part in snapshot.segments)
        known = math.log1p((total - frequency + 0.5) / (frequency + 0.5)) if frequency else 0.0
        if len(snapshot.word_weights) >= WEIGHTS_KEPT:
            snapshot.word_weights.clear()
        snapshot.word_weights[field, word] = known
    return known


def _live_frequency(part: OpenSegment, field: str, word: str) -> int:
    frequency = part.terms.frequency(field, word)
    if not frequency or not part.has_tombstones:
        return frequency
    if frequency > EXACT_FREQUENCY:
        return round(frequency * part.live_chunks / len(part.chunks))
    ordinals = part.terms.every(field, Term(word))
    files = part.chunks.files[ordinals] if field == BODY else ordinals
    return int(part.live[files].sum())


def propose(
    snapshot: Snapshot, field: str, weights: Mapping[str, float], masks: Sequence[Mask], count: int
) -> list[tuple[int, int]]:
    """The best (segment index, chunk or file ordinal) of all segments with any of the words, by Tantivy's scores."""
    known = {word: weight for word, weight in weights.items() if weight}
    return best_of(snapshot, field, AnyOf(terms(known)), masks, count) if known else []


def propose_all(
    snapshot: Snapshot, weights: Mapping[str, float], masks: Sequence[Mask], count: int
) -> list[tuple[int, int]]:
    """The same of the chunks that have all of the words: fewer than `count` when there are no more."""
    if not weights or not all(weights.values()):
        return []
    return best_of(snapshot, BODY, AllOf(terms(weights)), masks, count)


def best_of(
    snapshot: Snapshot, field: str, wanted: Wanted, masks: Sequence[Mask], count: int
) -> list[tuple[int, int]]:
    """The best (segment index, chunk or file ordinal) of all segments for `wanted`, best first.

    `masks`: for each segment which ordinals of its files pass.  One after the other: two threads took as long for two
    words (1.2 ms, 18 segments of Linux), and saved 1.3 of 3.8 ms for fifteen."""
    # A segment has few of the best: each is asked for its share, and those that may have more for all of them.
    asked = min(count, max(LEAST_ASKED, 4 * count // max(len(masks), 1)))
    found = [
        _top_allowed(part, field, wanted, mask, asked)
        for part, mask in zip(snapshot.segments, masks, strict=True)
    ]
    if asked < count:
        scores = sorted((score for own in found for _, score in own), reverse=True)
        least = scores[count - 1] if len(scores) >= count else 0.0
        for index, own in enumerate(found):
            if len(own) == asked and own[-1][1] > least:
                found[index] = _top_allowed(snapshot.segments[index], field, wanted, masks[index], count)
    best = sorted((-score, index, ordinal) for index, own in enumerate(found) for ordinal, score in own)
    return [(index, ordinal) for _, index, ordinal in best[:count]]


def every_of(
    snapshot: Snapshot, field: str, wanted: Wanted, masks: Sequence[Mask]
) -> list[npt.NDArray[np.int64]]:
    """For each segment the ordinals (ascending) of all chunks or files for `wanted` that pass the masks."""
    found = []
    for part, mask in zip(snapshot.segments, masks, strict=True):
        ordinals = part.terms.every(field, wanted) if mask.any() else np.empty(0, np.int64)
        files = part.chunks.files[ordinals] if field == BODY else ordinals
        found.append(ordinals[mask[files]])
    return found


def _top_allowed(
    part: OpenSegment, field: str, wanted: Wanted, mask: Mask, count: int
) -> list[tuple[int, float]]:
    """The `count` best documents whose file is in `mask`."""
    if not mask.any():
        return []
    asked = count
    while True:
        ordinals, scores = part.terms.top(field, wanted, asked)
        if not ordinals.size:
            return []
        kept = np.flatnonzero(mask[part.chunks.files[ordinals] if field == BODY else ordinals])
        if kept.size >= count or ordinals.size < asked:
            kept = kept[:count]
            return list(zip(ordinals[kept].tolist(), scores[kept].tolist(), strict=True))
        asked *= 8  # filters and tombstones took most: ask for more
