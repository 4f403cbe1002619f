"""Texts of several files, split and cut into chunks together: numpy's cost a call is shared."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from codelode.text import tokens

GROUP_BYTES = 256 << 10
"""Texts are split and cut into chunks this many bytes at a time: a third of the time of one by one, and the arrays
still fit the cache (4 MB groups are slower again)."""


class Group(NamedTuple):
    """Some files, one behind the other, with their chunks."""

    split: bytes
    """their texts, split (`tokens.split_identifiers`), each ended by a newline"""
    starts: npt.NDArray[np.int64]
    """where each chunk begins in `split`"""
    paths: list[str]
    """of the files"""
    counts: list[int]
    """how many chunks each file has"""
    columns: dict[str, npt.NDArray[np.uint32]]
    """of each chunk: ordinal of its file, first byte and first line in it; see docs/format.md"""


class TextGroups:
    """Collects files until they are worth a group."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._texts: list[bytes] = []
        self._ordinals: list[int] = []
        self._paths: list[str] = []
        self._starts: list[Sequence[int]] = []
        self._size = 0

    def add(self, ordinal: int, path: str, text: bytes, starts: Sequence[int]) -> Group | None:
        """Add the file with `ordinal`, its chunks beginning at `starts` (see `text.chunks.cut`); the group that it
        completes."""
        self._texts.append(text if text.endswith(b"\n") else text + b"\n")
        self._ordinals.append(ordinal)
        self._paths.append(path)
        self._starts.append(starts)
        self._size += len(text)
        return self.take() if self._size >= GROUP_BYTES else None

    def take(self) -> Group | None:
        """What was added since the last group; None when there is nothing."""
        if not self._texts:
            return None
        joined = b"".join(self._texts)
        text_starts = np.zeros(len(self._texts), np.int64)
        np.cumsum([len(text) for text in self._texts[:-1]], out=text_starts[1:])
        counts = [len(starts) for starts in self._starts]
        own_starts = np.fromiter(itertools.chain.from_iterable(self._starts), np.int64, sum(counts))
        first_of = np.repeat(text_starts, counts)
        starts = own_starts + first_of
        borders = tokens.split_positions(joined)
        newlines = np.flatnonzero(np.frombuffer(joined, np.uint8) == 10)
        lines = np.searchsorted(newlines, starts) - np.searchsorted(newlines, first_of) + 1
        columns = {
            "file": np.repeat(np.array(self._ordinals, np.uint32), counts),
            "start": own_starts.astype(np.uint32),
            "line": lines.astype(np.uint32),
        }
        split = tokens.split_identifiers(joined, borders)
        group = Group(split, starts + np.searchsorted(borders, starts), self._paths, counts, columns)
        self._clear()
        return group
