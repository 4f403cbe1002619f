"""One file under the eyes of a query: its text, with what several atoms need of it, made once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from codelode.model import RelPath
from codelode.search.snapshot import OpenSegment
from codelode.search.spans import Span
from codelode.sharing import lazy
from codelode.text import tokens
from codelode.text.borders import is_border
from codelode.text.folding import fold_in_place

Offsets = npt.NDArray[np.int64]

FEW_PLACES = 256
"""From so many places on it is cheaper to find all words of a file than those behind each place: 10 ms a MB, or 5 us
for eight words"""

_RUN = re.compile(rb"[A-Za-z0-9\x80-\xff]+")


class Subject:
    """A file whose atoms are looked at."""

    def __init__(self, part: OpenSegment, ordinal: int, path: RelPath, text: bytes) -> None:
        self.part = part
        self.ordinal = ordinal
        self.path = path
        """as hits have it"""
        self.text = text
        """UTF-8"""
        self.fresh = True
        """it is as it was indexed"""
        self.found: dict[int, list[Span]] = {}
        """spans of atoms that were asked for, by the atom's number"""
        self.members: dict[int, list[Span]] = {}
        """of a NEAR that was found: the spans that are near each other"""
        self.proposed: list[Span] = []
        """chunks that the word index proposes for the query"""
        self.near: list[tuple[int, float]] = []
        """chunks of the file that are near a meaning, with what that counts"""

    @lazy
    def folded(self) -> bytes:
        """The text in lower case, byte for byte at the same offsets."""
        return fold_in_place(self.text)

    def reach(self, ends: Sequence[int], words: int) -> Offsets:
        """For each of `ends` the offset at which the last of the next `words` words begins (the text's length when
        fewer follow): a word that begins in it counts."""
        if len(ends) <= FEW_PLACES:
            return np.array([_nth_word(self.text, end, words) for end in ends], np.int64)
        starts = self._word_starts
        places = np.searchsorted(starts, ends) + words - 1
        return np.append(starts, len(self.text))[np.minimum(places, starts.size)]

    def runs_between(self, ends: Offsets, begins: Offsets) -> Offsets:
        """How many runs of letters and digits begin between each of `ends` and the one of `begins`: at least so many
        words do."""
        runs = self._runs
        return np.searchsorted(runs, begins) - np.searchsorted(runs, ends)

    @lazy
    def _runs(self) -> Offsets:
        """Where a run of letters and digits begins with an ASCII one, and so a word; but for one at the beginning."""
        inside = np.frombuffer(self.text.translate(_IN_RUN), np.bool_)
        begins = np.frombuffer(self.text.translate(_IN_WORD), np.bool_)
        return np.flatnonzero(begins[1:] & ~inside[:-1]) + 1

    @lazy
    def _word_starts(self) -> Offsets:
        """Where each word begins (int64, ascending)."""
        return word_starts(self.text)


def _nth_word(text: bytes, at: int, words: int) -> int:
    """Where the last of the next `words` words from `at` on begins."""
    while at > 0 and not is_border(text, at):  # inside a word: it does not begin here
        at += 1
    begin = at
    while begin > 0 and _RUN.match(text, begin - 1, begin):
        begin -= 1
    for run in _RUN.finditer(text, begin):
        first = run.start()
        for place in _starts_in_run(run[0]):
            if first + place >= at:
                words -= 1
                if not words:
                    return first + place
    return len(text)


@lru_cache(maxsize=1 << 15)
def _starts_in_run(run: bytes) -> tuple[int, ...]:
    """Where words begin in a run of letters and digits."""
    return tuple(word_starts(run).tolist())


def word_starts(text: bytes) -> Offsets:
    """Offsets at which the words of `text` (UTF-8), as `text.tokens` cuts them, begin (int64, ascending)."""
    inner = tokens.split_positions(text)
    if text.isascii():
        letters = np.frombuffer(text.translate(_IN_WORD), np.bool_)
        first = letters.copy()
        first[1:] &= ~letters[:-1]
        outer = np.flatnonzero(first)
    else:
        shown = text.decode("utf-8", "replace")
        characters = np.array([found.start() for found in tokens.WORD.finditer(shown)], np.int64)
        outer = _character_offsets(text)[characters]
    return np.union1d(outer, inner)


def _character_offsets(text: bytes) -> Offsets:
    """Offset of each character of `text` (valid UTF-8)."""
    return np.flatnonzero((np.frombuffer(text, np.uint8) & 0xC0) != 0x80)


_IN_WORD = bytes(chr(byte).isalnum() and byte < 128 for byte in range(256))
_IN_RUN = bytes(byte >= 128 or chr(byte).isalnum() for byte in range(256))
"""beyond ASCII a character may be a letter: what follows it need not begin a word"""
