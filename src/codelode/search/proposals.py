"""What each segment's word index proposes for a query: its best chunks and paths, weighed by global statistics."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from codelode.index.terms import BODY
from codelode.search.snapshot import Mask, OpenSegment, Snapshot
from codelode.text import tokens

EXACT_FREQUENCY = 2_000
"""Document frequencies up to this are counted without tombstones; above, the share of live chunks is near enough."""

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


def global_weight(snapshot: Snapshot, field: str, word: str, total: int) -> float:
    """Inverse document frequency of `word` over all segments; 0 for a word that is nowhere."""
    frequency = sum(_live_frequency(part, field, word) for part in snapshot.segments)
    return math.log1p((total - frequency + 0.5) / (frequency + 0.5)) if frequency else 0.0


def _live_frequency(part: OpenSegment, field: str, word: str) -> int:
    frequency = part.terms.frequency(field, word)
    if not frequency or not part.has_tombstones:
        return frequency
    if frequency > EXACT_FREQUENCY:
        return round(frequency * part.live_chunks / len(part.chunks))
    ordinals, _ = part.terms.top(field, {word: 1.0}, frequency)
    files = part.chunks.files[ordinals] if field == BODY else ordinals
    return int(part.live[files].sum())


def propose(
    snapshot: Snapshot, field: str, weights: dict[str, float], masks: Sequence[Mask], count: int
) -> list[tuple[int, int]]:
    """The best (segment index, chunk or file ordinal) of all segments by Tantivy's scores."""
    known = {word: weight for word, weight in weights.items() if weight}
    if not known:
        return []
    found: list[tuple[float, int, int]] = []
    for index, (part, mask) in enumerate(zip(snapshot.segments, masks, strict=True)):
        for ordinal, score in _top_allowed(part, field, known, mask, count):
            found.append((-score, index, ordinal))
    found.sort()
    return [(index, ordinal) for _, index, ordinal in found[:count]]


def _top_allowed(
    part: OpenSegment, field: str, weights: dict[str, float], mask: Mask, count: int
) -> list[tuple[int, float]]:
    """The `count` best documents whose file is in `mask`."""
    if not mask.any():
        return []
    wanted = count
    while True:
        ordinals, scores = part.terms.top(field, weights, wanted)
        allowed = mask[part.chunks.files[ordinals] if field == BODY else ordinals]
        if allowed.sum() >= count or ordinals.size < wanted:
            kept = np.flatnonzero(allowed)[:count]
            return list(zip(ordinals[kept].tolist(), scores[kept].tolist(), strict=True))
        wanted *= 8  # filters and tombstones took most: ask for more
