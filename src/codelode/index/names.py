"""The distinct names of a segment: sorted without regard to case, and looked up in many ways.

Names are bytes as written.  Letters are folded in ASCII only; a typo is one of a byte.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from codelode.index.packed import Packed, PackedWriter, Values
from codelode.store.columns import ColumnFile

Ids = npt.NDArray[np.int64]
"""numbers of names, ascending"""

LONGEST_FUZZY = 64
"""Bytes of a name that can be looked for with typos: the bits of a word."""

_WORD = 4
"""bytes compared at a time when names are sorted"""


def _letters() -> bytes:
    """The letter of each byte, 0 to 31: a to z without case, ``_``, three for the digits, two for all else."""
    letters = bytearray([30] * 128 + [31] * 128)
    for at in range(26):
        letters[ord("a") + at] = letters[ord("A") + at] = at
    letters[ord("_")] = 26
    for digit in range(10):
        letters[ord("0") + digit] = 27 + digit % 3
    return bytes(letters)


_LETTERS = _letters()


def _bits(text: bytes) -> npt.NDArray[np.uint32]:
    """A bit for the letter of each byte."""
    return np.left_shift(np.uint32(1), np.frombuffer(text.translate(_LETTERS), np.uint8), dtype=np.uint32)


def sort_names(blob: bytes, starts: Values, lengths: Values) -> tuple[Values, Values]:
    """Number the distinct names among those of `lengths` bytes at `starts` in `blob` (all int64).

    Numbers ascend with (name without case, name).  Returns the number of each name given, and for each number a
    place where it was given.  A radix sort from the left (Bentley and Sedgewick, Fast algorithms for sorting and
    searching strings, 1997): each round sorts those names that are still equal by four more bytes.
    """
    order = np.arange(starts.size)
    group = np.zeros(starts.size, np.int64)
    """for each place in the order, the first place whose name is equal as far as was looked"""
    for text in (blob.lower(), blob):
        words = np.ndarray(len(text) + 1, ">u4", text + bytes(_WORD), strides=(1,))
        at, tied = 0, _tied(group, np.arange(starts.size))
        while tied.size:
            rows = order[tied]
            beyond = 8 * np.clip(at + _WORD - lengths[rows], 0, _WORD)
            word = words[np.minimum(starts[rows] + at, len(text))].astype(np.int64)
            _refine(order, group, tied, word >> beyond << beyond)
            at += _WORD
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


_PARTS = re.compile(rb"[A-Z]?[a-z0-9]+|[A-Z]|[\x80-\xff]+")


def hump_parts(query: bytes) -> list[bytes]:
    """What the words of a name must begin with, one after the other: g, U and N for ``gUN``."""
    return _PARTS.findall(query)


def _hump_pattern(parts: Sequence[bytes]) -> re.Pattern[bytes]:
    # The first word that fits a part is as good as any later one: nothing is ever tried again, hence (?>...).
    rest = [b"(?>.*?" + _word_start(part[:1]) + _any_case(part[1:]) + b")" for part in parts[1:]]
    return re.compile(b"_{0,2}" + _any_case(parts[0]) + b"".join(rest), re.DOTALL)


def _any_case(part: bytes) -> bytes:
    return b"".join(b"[%c%c]" % (byte, part[at : at + 1].upper()[0]) for at, byte in enumerate(part.lower()))


def _word_start(letter: bytes) -> bytes:
    """A pattern for `letter` at the start of a word: after no letter or digit, or as the hump of a camel."""
    upper = letter.upper()
    if letter.isdigit() or not letter.isascii():
        return b"(?<![0-9])" + letter
    return b"(?:(?<![A-Za-z0-9])%s|(?<![A-Z])%s|%s(?=[a-z]))" % (_any_case(letter), upper, upper)


def _typos(name: bytes, text: npt.NDArray[np.uint8], lengths: Values) -> Values:
    """Typos between `name` (lower case, at most 64 bytes) and each row of `text`, of which `lengths` bytes count.

    Bit-parallel optimal string alignment over all rows at once, one step a column: H. Hyyro, A bit-vector algorithm
    for computing Levenshtein and Damerau edit distances, 2003, figure 7.
    """
    matching = np.zeros(256, np.uint64)
    for at, byte in enumerate(name):
        for spelled in {byte, *bytes([byte]).upper()}:
            matching[spelled] |= np.uint64(1 << at)
    one, last = np.uint64(1), np.uint64(1 << len(name) - 1)
    rows = lengths.size
    positive, negative = np.full(rows, ~np.uint64(0)), np.zeros(rows, np.uint64)
    diagonal, before = np.zeros(rows, np.uint64), np.zeros(rows, np.uint64)
    typos = np.full(rows, len(name), np.int64)
    for column in range(text.shape[1]):
        match = matching[text[:, column]]
        swapped = ((~diagonal & match) << one) & before
        diagonal = (((match & positive) + positive) ^ positive) | match | negative | swapped
        up = negative | ~(diagonal | positive)
        down = diagonal & positive
        running = lengths > column
        typos += running & (up & last != 0)
        typos -= running & (down & last != 0)
        up = up << one | one
        positive = down << one | ~(diagonal | up)
        negative = up & diagonal
        before = match
    return typos


def name_columns(blob: bytes, starts: Values, lengths: Values) -> dict[str, npt.NDArray[Any]]:
    """The columns of a `Names` of these names: in the order of their numbers, as `sort_names` gives them."""
    ends = starts + lengths
    text = b"".join([blob[a:b] for a, b in zip(starts.tolist(), ends.tolist(), strict=True)])
    offsets = np.zeros(starts.size + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    packed = PackedWriter(np.uint16)
    packed.extend(offsets)
    return {
        "names": np.frombuffer(text, np.uint8),
        **packed.columns("name_offsets"),
        "letters": np.bitwise_or.reduceat(_bits(text), offsets[:-1])
        if starts.size
        else np.empty(0, np.uint32),
    }


class Names:
    """The distinct names of a segment by number.  Every lookup gives numbers (int64, ascending)."""

    def __init__(self, file: ColumnFile) -> None:
        self._file = file
        self._blob: memoryview = file.column("names").data
        self._offsets = Packed(file, "name_offsets")
        self._letters: npt.NDArray[np.uint32] = file.column("letters")

    def __len__(self) -> int:
        return self._letters.size

    def name(self, number: int) -> bytes:
        """A name as written."""
        return bytes(self._blob[self._offsets[number] : self._offsets[number + 1]])

    def lengths(self, ids: npt.NDArray[np.integer[Any]]) -> Values:
        """Bytes of each of these names."""
        return self._offsets[ids + 1] - self._offsets[ids]

    def exact(self, name: bytes, *, case: bool) -> range:
        """Numbers of the names that are `name`; without `case`, but for the case of ASCII letters."""
        if case:
            first = self._first(lambda key: key >= (name.lower(), name))
            return range(first, first + (first < len(self) and self.name(first) == name))
        folded = name.lower()
        return range(self._first(lambda key: key[0] >= folded), self._first(lambda key: key[0] > folded))

    def prefix(self, name: bytes) -> range:
        """Numbers of the names that begin with `name` but for case, itself among them."""
        folded, size = name.lower(), len(name)
        return range(
            self._first(lambda key: key[0] >= folded), self._first(lambda key: key[0][:size] > folded)
        )

    def spelled(self, ids: range, start: bytes) -> Ids:
        """Those of `ids`, which begin with `start` but for case, that begin with it as it is spelled."""
        numbers = np.arange(ids.start, ids.stop)
        cells = self._offsets[numbers][:, None] + np.arange(len(start))
        alike = np.frombuffer(self._blob, np.uint8)[cells] == np.frombuffer(start, np.uint8)
        found: Ids = numbers[alike.all(axis=1)]
        return found

    def _first(self, passes: Callable[[tuple[bytes, bytes]], bool]) -> int:
        """The first number whose (name without case, name) passes; all after it do."""

        def key(number: int) -> bool:
            name = self.name(number)
            return passes((name.lower(), name))

        return bisect_left(range(len(self)), True, key=key)

    def substring(self, name: bytes, *, case: bool) -> Ids:
        """Names that hold `name`; without `case`, but for the case of ASCII letters."""
        text, wanted = (bytes(self._blob), name) if case else (self._folded, name.lower())
        places = []
        at = text.find(wanted)
        while at >= 0:
            places.append(at)
            at = text.find(wanted, at + 1)
        found = np.array(places, np.int64)
        owners = np.searchsorted(self._ends, found, "right")
        inside = found + len(name) <= self._ends[owners]  # else it runs into the next name
        return np.unique(owners[inside])

    def humps(self, query: bytes) -> Ids:
        """Names whose words begin with the parts of `query`, in order, the first with the first: ``gUN`` finds
        getUserName and get_user_name, ``g_u_n`` likewise; words in between may be left out.

        None for a query of fewer than two parts: it is a prefix."""
        parts = hump_parts(query)
        if len(parts) < 2:
            return np.empty(0, np.int64)
        wanted = np.bitwise_or.reduce(_bits(b"".join(parts)))
        pattern = _hump_pattern(parts)
        found = []
        for lead in (b"", b"_", b"__"):
            inside = self.prefix(lead + parts[0])
            near = np.flatnonzero(self._letters[inside.start : inside.stop] & wanted == wanted) + inside.start
            found += [number for number in near.tolist() if pattern.match(self.name(number))]
        return np.unique(np.array(found, np.int64))

    def fuzzy(self, name: bytes, distance: int) -> tuple[Ids, Values]:
        """Names within `distance` typos of `name` but for case, and how many each has.

        A typo is a byte too much, too few or other, or two neighbours swapped (optimal string alignment).  None for
        a name longer than `LONGEST_FUZZY`.
        """
        near = self._near(name, distance)
        if not near.size or len(name) > LONGEST_FUZZY:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        starts, lengths = self._offsets[near], self.lengths(near)
        cells = starts[:, None] + np.arange(int(lengths.max()))
        cells = np.minimum(cells, len(self._blob) - 1)
        text = np.frombuffer(self._blob, np.uint8)[cells]
        typos = _typos(name.lower(), text, lengths)
        close = typos <= distance
        return near[close], typos[close]

    def _near(self, name: bytes, distance: int) -> Ids:
        """Names of about the length and the letters of `name`: each typo changes the length by one at most, and
        brings one letter in and one out."""
        low = self._offsets.low
        lengths = (
            low[1:] - low[:-1]
        )  # wraps: right for names shorter than 64 KB, and longer ones are no match
        shortest = max(len(name) - distance, 1)
        window = np.flatnonzero(lengths - np.uint16(shortest) <= len(name) + distance - shortest)
        letters = self._letters[window]
        wanted = np.bitwise_or.reduce(_bits(name))
        close = np.bitwise_count(letters & ~wanted) <= distance
        close &= np.bitwise_count(~letters & wanted) <= distance
        near: Ids = window[close]
        return near[self.lengths(near) <= len(name) + distance]

    @cached_property
    def _folded(self) -> bytes:
        return bytes(self._blob).lower()

    @cached_property
    def _ends(self) -> npt.NDArray[np.uint32]:
        return self._offsets[1 : len(self) + 1].astype(np.uint32)
