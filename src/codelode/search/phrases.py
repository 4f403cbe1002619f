"""How close to each other the words of a query stand in texts, in the order of the query."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from codelode.search.wordfinder import Occurrences

Floats = npt.NDArray[np.float64]
Sequenced = tuple[tuple[int, int], ...]
"""The words of a query as it has them: index of the word, and how many words stand before it"""

WINDOW = 8
"""Two words of a query that stand further apart in a text say nothing by that."""

_WIDE = 1 << 40
"""More than there are places in all texts of a query: a row times this and a place are one number."""


def sequenced(phrase: Sequence[str], words: Sequence[str]) -> Sequenced:
    """Where each of `words` (distinct) stands among those of a query; words that are not asked for count as places."""
    index = {word: number for number, word in enumerate(words)}
    return tuple((index[word], at) for at, word in enumerate(phrase) if word in index)


def closeness(found: Occurrences, rows: int, asked: Sequenced, weights: Floats) -> tuple[Floats, Floats]:
    """For each of `rows` texts how much of a query stands in it together, by the words' `weights`.

    The first is the weight of the whole query where all of it stands there as it was asked, words that were left out
    of it (stop words) replaced by any; else 0.  The second is the sum over neighbouring words of the query of their
    mean weight, divided by how far apart they stand at best, in order: 1 is as in the query, nothing beyond `WINDOW`.
    A query of one word has neither."""
    phrase, near = np.zeros(rows), np.zeros(rows)
    if len(asked) < 2 or not found.row.size:
        return phrase, near
    keys = found.row * _WIDE + found.place
    of_word = [keys[found.word == word] for word in range(weights.size)]
    for (left, at), (right, then) in zip(asked, asked[1:], strict=False):
        row, gap = _following(of_word[left], of_word[right])
        steps = np.maximum(gap - (then - at), 0) + 1
        close = steps <= WINDOW
        best = np.zeros(rows)
        np.maximum.at(best, row[close], 1 / steps[close])
        near += best * (weights[left] + weights[right]) / 2
    first, begin = asked[0]
    whole = of_word[first]
    for word, at in asked[1:]:
        whole = whole[np.isin(whole + (at - begin), of_word[word])]
    phrase[whole // _WIDE] = sum(weights[word] for word, _ in asked)
    return phrase, near


def _following(
    left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], ...]:
    """For each of `left` that one of `right` follows in the same row: the row, and how many words further on."""
    at = np.searchsorted(right, left, "right")
    inside = at < right.size
    left, right = left[inside], right[at[inside]]
    same = left // _WIDE == right // _WIDE
    return left[same] // _WIDE, (right - left)[same]
