"""Fitting an answer into so many tokens, for readers that pay for each of them.

Given up in this order: context lines (of the last hit first), whole hits from the end, and at last the end of
the first hit's text.  One hit always remains.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from codelode.model import Hit
from codelode.surfaces.lines import hit_lines

CHARACTERS_A_TOKEN = 4
"""The usual estimate for English and for code; the tokenizers of large models give 3 to 4.5."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """What is left of an answer, and what was given up."""

    hits: tuple[Hit, ...]
    narrowed: int = 0
    """hits that lost their context lines"""
    dropped: int = 0
    """hits left out"""
    cut: bool = False
    """whether the text of the one remaining hit was cut"""


def fit(hits: Sequence[Hit], tokens: int, cost: Callable[[Hit], int], overhead: int = 0) -> Fitted:
    """As much of `hits` (best first) as `tokens` allow.

    `cost` is the number of characters that a hit takes in the output, `overhead` what the rest takes.
    """
    room = tokens * CHARACTERS_A_TOKEN - overhead
    kept = list(hits)
    costs = [cost(hit) for hit in kept]
    total = sum(costs)
    narrowed = set()
    for index in range(len(kept) - 1, -1, -1):
        if total <= room:
            break
        small = narrow(kept[index])
        if small.text != kept[index].text:
            total -= costs[index]
            kept[index], costs[index] = small, cost(small)
            total += costs[index]
            narrowed.add(index)
    while total > room and len(kept) > 1:
        total -= costs[len(kept) - 1]
        kept.pop()
    cut = total > room and bool(kept)
    if cut:
        kept[0] = _cut(kept[0], room, cost)
    return Fitted(tuple(kept), sum(index < len(kept) for index in narrowed), len(hits) - len(kept), cut)


def narrow(hit: Hit) -> Hit:
    """`hit` without the lines before its first and after its last match."""
    matched = [line for line in hit_lines(hit) if line.matched]
    if not matched:
        return hit
    first, last = matched[0].number, matched[-1].number
    lines = hit.text.split("\n")[first - hit.start_line : last - hit.start_line + 1]
    return hit._replace(start_line=first, end_line=last, text="\n".join(lines))


def _cut(hit: Hit, room: int, cost: Callable[[Hit], int]) -> Hit:
    """`hit` with as much of its text's beginning as fits into `room` characters."""
    fits, too_long = 0, len(hit.text)
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if cost(_beginning(hit, middle)) <= room:
            fits = middle
        else:
            too_long = middle
    return _beginning(hit, fits)


def _beginning(hit: Hit, characters: int) -> Hit:
    """The first `characters` of `hit`; its first match stays, even behind the end: it says where to look."""
    text = hit.text[:characters]
    end_line = hit.start_line + text.count("\n")
    column = len(text) - (text.rfind("\n") + 1)
    inside = tuple(m for m in hit.matches if m.line < end_line or (m.line == end_line and m.column <= column))
    return hit._replace(end_line=end_line, text=text, matches=inside or hit.matches[:1])
