"""What the word index can be asked for a part of a query: which chunks are worth a look first."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from codelode.index.terms import BODY, AllOf, AnyOf, InRow, Term, Typos, Wanted, wildcard
from codelode.search.boolean.atoms import Candidates
from codelode.search.proposals import global_weight
from codelode.search.snapshot import Mask, OpenSegment, Snapshot

USUAL_WEIGHT = 5.0
"""Weight of an atom whose frequency is not known: that of a word in every 150th chunk."""

LEAST_WEIGHT = 2.5
"""Of a word in every twelfth chunk: where all words of a phrase are commoner the word index is not asked.  To find the
best of the 376,000 chunks with "return 0" in Linux takes 43 ms, and any are as good."""

LEAST_SPELLED = 3
"""Letters of a wildcard from which the word index is asked: ``i*`` is in every other chunk"""


def in_row(words: Sequence[str], weights: Sequence[float], slop: int) -> Wanted | None:
    """Words in this order, with room for `slop` others after each; the rarest of them where all are common; None when
    one is nowhere."""
    if not words or not all(weights):
        return None
    rarest = max(range(len(words)), key=weights.__getitem__)
    if len(words) == 1 or weights[rarest] < LEAST_WEIGHT:
        return Term(words[rarest], weights[rarest])
    return InRow(tuple(words), slop * (len(words) - 1))


def all_words(snapshot: Snapshot, words: Sequence[str]) -> Wanted | None:
    """Those of `words` that are anywhere, in one chunk."""
    weights = [global_weight(snapshot, BODY, word) for word in words]
    terms = [Term(word, weight) for word, weight in zip(words, weights, strict=True) if weight]
    return together(terms)


def wildcard_words(snapshot: Snapshot, text: str) -> Wanted | None:
    """The words of a wildcard as far as they are spelled out: whole ones that follow each other in a row."""
    known: list[Wanted] = []
    row: list[str] = []

    def end_row() -> None:
        if found := in_row(row, [global_weight(snapshot, BODY, word) for word in row], 0):
            known.append(found)
        row.clear()

    for part in re.findall(r"[a-z0-9*?]+", re.sub(r"\\.", " ", text.lower())):
        spelled = re.sub(r"[*?]", "", part)
        if part == spelled:
            row.append(part)
            continue
        end_row()
        if part[0] not in "*?" and len(spelled) >= LEAST_SPELLED:
            known.append(wildcard(part, USUAL_WEIGHT))
    end_row()
    return together(known)


def like(snapshot: Snapshot, typos: Typos) -> Wanted:
    """A word and those like it, itself first."""
    weight = global_weight(snapshot, BODY, typos.text)
    return AnyOf((Term(typos.text, weight), typos)) if weight else typos


def close_by(known: Sequence[Wanted], distance: int) -> Wanted | None:
    """Two parts near each other: words in either order with room between, where each is one."""
    if len(known) < 2:
        return known[0] if known else None
    one, other = known
    if not (isinstance(one, Term) and isinstance(other, Term)) or one.text == other.text:
        return AllOf((one, other))
    weight = one.weight + other.weight
    orders = ((one.text, other.text), (other.text, one.text))
    return AnyOf(tuple(InRow(words, distance - 1, weight) for words in orders))


def having(wanted: Wanted) -> Candidates:
    """The files with a chunk for `wanted`."""

    def candidates(part: OpenSegment, within: Mask) -> Mask:
        found = np.zeros(len(part.files), bool)
        if within.any():
            found[part.chunks.files[part.terms.every(BODY, wanted)]] = True
        return found

    return candidates


def together(known: Sequence[Wanted]) -> Wanted | None:
    """All of `known` in one chunk."""
    if len(known) < 2:
        return known[0] if known else None
    return AllOf(tuple(known))
