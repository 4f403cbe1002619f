"""Fitting an answer into so many tokens, for readers that pay for each of them.

As many of the best hits as possible are kept: each by no more than its best line if it must be, the last ones left out
when even that is too much.  What room is left gives the first hits their other matches and their context back.  One hit
always remains, at last with its text cut.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from codelode.model import Hit
from codelode.surfaces.lines import hit_lines, telling, worth

CHARACTERS_A_TOKEN = 4
"""The usual estimate for English and for code; the tokenizers of large models give 3 to 4.5."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """What is left of an answer, and what was given up."""

    hits: tuple[Hit, ...]
    narrowed: int = 0
    """hits that lost lines"""
    dropped: int = 0
    """hits left out"""
    cut: bool = False
    """whether the text of the one remaining hit was cut"""


def fit(hits: Sequence[Hit], tokens: int, cost: Callable[[Hit], int], overhead: int = 0) -> Fitted:
    """As much of `hits` (best first) as `tokens` allow.

    `cost` is the number of characters that a hit takes in the output, `overhead` what the rest takes.
    """
    room = tokens * CHARACTERS_A_TOKEN - overhead
    forms = [_forms(hit, cost) for hit in hits]
    kept = _count([least for *_, (least, _) in forms], room)
    if not kept:
        return (
            Fitted((_cut(forms[0][-1][1], room, cost),), 0, len(hits) - 1, cut=True) if hits else Fitted(())
        )
    left = room - sum(least for *_, (least, _) in forms[:kept])
    chosen = []
    narrowed = 0
    for choices in forms[:kept]:
        least = choices[-1][0]
        place = next(place for place, (size, _) in enumerate(choices) if size - least <= left)
        left -= choices[place][0] - least
        narrowed += place > 0
        chosen.append(choices[place][1])
    return Fitted(tuple(chosen), narrowed, len(hits) - kept)


def fit_files(hits: Sequence[Hit], tokens: int, cost: Callable[[Hit], int]) -> Fitted:
    """The same where a file is printed once, with the `cost` of any of its hits: those of the first files."""
    firsts = {hit.path: hit for hit in reversed(hits)}
    paths = list(dict.fromkeys(hit.path for hit in hits))
    kept = set(paths[: max(_count([cost(firsts[path]) for path in paths], tokens * CHARACTERS_A_TOKEN), 1)])
    chosen = tuple(hit for hit in hits if hit.path in kept)
    return Fitted(chosen, 0, len(hits) - len(chosen))


def _count(costs: Sequence[int], room: int) -> int:
    """How many of `costs`, from the first on, fit together into `room`."""
    for number, cost in enumerate(costs):
        room -= cost
        if room < 0:
            return number
    return len(costs)


def _forms(hit: Hit, cost: Callable[[Hit], int]) -> list[tuple[int, Hit]]:
    """`hit` with its cost, as it is and with fewer and fewer lines, each form cheaper than the one before."""
    found = [(cost(hit), hit)]
    for small in (narrow(hit), best_line(hit)):
        if (size := cost(small)) < found[-1][0]:
            found.append((size, small))
    return found


def narrow(hit: Hit) -> Hit:
    """`hit` without the lines before its first and after its last match."""
    matched = [line for line in hit_lines(hit) if line.matched]
    return _lines(hit, matched[0].number, matched[-1].number) if matched else hit


def best_line(hit: Hit) -> Hit:
    """`hit` with no more than the line in which most different things begin to match, and as far as those go; without
    a match, its first line that says something."""
    lines = hit_lines(hit)
    if not hit.matches:
        first = lines[telling(lines)].number
        return _lines(hit, first, first)
    begun = [lines[number - hit.start_line] for number in dict.fromkeys(match.line for match in hit.matches)]
    best = max(begun, key=worth).number  # the first of equals
    before = sum(len(line.text) + 1 for line in lines[: best - hit.start_line])
    starts = [(before + match.column - 1, match.length) for match in hit.matches if match.line == best]
    return _lines(hit, best, best + max(hit.text.count("\n", at, at + length) for at, length in starts))


def _lines(hit: Hit, first: int, last: int) -> Hit:
    """The lines of `hit` from `first` to `last`, and what begins to match in them."""
    lines = hit.text.split("\n")[first - hit.start_line : last - hit.start_line + 1]
    matches = tuple(match for match in hit.matches if first <= match.line <= last)
    return hit._replace(start_line=first, end_line=last, text="\n".join(lines), matches=matches)


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
