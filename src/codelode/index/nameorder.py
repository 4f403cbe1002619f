"""Sorting many names at once, and numbering them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from codelode.index.packed import Values

PADDING = 4
"""Bytes that must follow the names: so many are compared at a time"""


def sort_names(blob: bytes, starts: Values, lengths: Values) -> tuple[Values, Values]:
    """Number the distinct names among those of `lengths` bytes at `starts` in `blob` (int64), which ends with `PADDING`
    bytes more.

    Numbers ascend with (name without case, name).  Returns the number of each name given, and for each number a
    place where it was given.  A radix sort from the left (Bentley and Sedgewick, Fast algorithms for sorting and
    searching strings, 1997): each round sorts those names that are still equal by four more bytes.
    """
    order = np.arange(starts.size)
    group = np.zeros(starts.size, np.int64)
    """for each place in the order, the first place whose name is equal as far as was looked"""
    for text in (blob.lower(), blob):
        words = np.ndarray(len(text) - PADDING + 1, ">u4", text, strides=(1,))
        at, tied = 0, _tied(group, np.arange(starts.size))
        while tied.size:
            rows = order[tied]
            beyond = 8 * np.clip(at + PADDING - lengths[rows], 0, PADDING)
            word = words[np.minimum(starts[rows] + at, words.size - 1)].astype(np.int64)
            _refine(order, group, tied, word >> beyond << beyond)
            at += PADDING
            tied = _tied(group, tied)
            tied = tied[_any_longer(group[tied], lengths[order[tied]], at)]
        tied = _tied(group, np.arange(starts.size))
        _refine(order, group, tied, lengths[order[tied]])  # so far "a" and "a\0" are equal
    opens = group == np.arange(starts.size)
    ids = np.empty(starts.size, np.int64)
    ids[order] = np.cumsum(opens) - 1
    return ids, order[opens]


def _tied(group: Values, places: Values) -> Values:
    """Those of `places` (ascending, whole groups) that share their group."""
    same = np.diff(group[places]) == 0
    shared = np.zeros(places.size, bool)
    shared[1:] = same
    shared[:-1] |= same
    return places[shared]


def _refine(order: Values, group: Values, places: Values, keys: Values) -> None:
    """Sort within each of the groups at `places` by `keys` (below 2^32), and part what differs."""
    keys = group[places] << 32 | keys
    sorting = np.argsort(keys)
    keys = keys[sorting]
    order[places] = order[places[sorting]]
    opens = np.ones(places.size, bool)
    np.not_equal(keys[1:], keys[:-1], out=opens[1:])
    group[places] = places[np.maximum.accumulate(np.where(opens, np.arange(places.size), 0))]


def _any_longer(groups: Values, lengths: Values, size: int) -> npt.NDArray[np.bool_]:
    """Of each place (its group, its name's length): whether any name of the group is longer than `size`."""
    if not groups.size:
        return np.zeros(0, bool)
    first = np.flatnonzero(np.diff(groups, prepend=-1))
    longest = np.maximum.reduceat(lengths, first)
    return np.repeat(longest > size, np.diff(first, append=groups.size))
