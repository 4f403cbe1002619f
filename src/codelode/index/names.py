"""The distinct names of a segment: sorted without regard to case, and looked up in many ways.

Names are bytes as written.  Letters are folded in ASCII only; a typo is one of a byte.  What can match is narrowed
down before any name is looked at: by order (beginnings), by the letters of each name (typos), by the letters that begin
its words (humps), and by the pairs of letters in each 64 names, which share most of theirs (insides).
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

import numpy as np
import numpy.typing as npt

from codelode.index import namematch
from codelode.index.packed import Packed, PackedWriter, Values
from codelode.store.columns import ColumnFile

Ids = npt.NDArray[np.int64]
"""numbers of names, ascending"""

BLOCK = 64
"""Names that have their letter pairs in common"""

_PAIRS = 32 * 32


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


def _letters_of(text: bytes) -> npt.NDArray[np.uint8]:
    return np.frombuffer(text.translate(_LETTERS), np.uint8)


def _letter_bits(text: bytes) -> npt.NDArray[np.uint32]:
    """A bit for the letter of each byte."""
    return np.left_shift(np.uint32(1), _letters_of(text), dtype=np.uint32)


def _initial_bits(text: bytes) -> npt.NDArray[np.uint16]:
    """The same in half the bits, for letters that begin a word."""
    bits: npt.NDArray[np.uint16] = np.left_shift(np.uint16(1), _letters_of(text) & 15, dtype=np.uint16)
    return bits


def name_columns(blob: bytes, starts: Values, lengths: Values) -> dict[str, npt.NDArray[Any]]:
    """The columns of a `Names` of these names: in the order of their numbers, as `sort_names` gives them."""
    ends = starts + lengths
    text = b"".join([blob[a:b] for a, b in zip(starts.tolist(), ends.tolist(), strict=True)])
    offsets = np.zeros(starts.size + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    packed = PackedWriter(np.uint16)
    packed.extend(offsets)
    columns: dict[str, npt.NDArray[Any]] = {"names": np.frombuffer(text, np.uint8)}
    columns |= packed.columns("name_offsets")
    columns["letters"] = np.empty(0, np.uint32)
    columns["initials"] = np.empty(0, np.uint16)
    if starts.size:
        firsts = offsets[:-1]
        columns["letters"] = np.bitwise_or.reduceat(_letter_bits(text), firsts)
        initials = np.where(namematch.word_starts(text, firsts), _initial_bits(text), np.uint16(0))
        columns["initials"] = np.bitwise_or.reduceat(initials, firsts)
    columns["pairs"] = _pair_bits(text, offsets)
    return columns


def _pairs_of(text: bytes) -> npt.NDArray[np.int64]:
    letters = _letters_of(text).astype(np.int64)
    return letters[:-1] << 5 | letters[1:]


def _pair_bits(text: bytes, offsets: Values) -> npt.NDArray[np.uint8]:
    """For each pair of letters a bitmap of the blocks of names that have it."""
    firsts = offsets[:-1:BLOCK]
    has = np.zeros((firsts.size, _PAIRS), bool)
    for block in range(0, firsts.size, 256):  # bounds the memory for their places
        some = np.append(firsts[block : block + 257], offsets[-1:])[:257]
        piece = text[some[0] : some[-1]]
        owners = np.repeat(np.arange(some.size - 1) + block, np.diff(some))
        has.reshape(-1)[(owners[:-1] << 10) | _pairs_of(piece)] = True
    return np.ascontiguousarray(np.packbits(has, axis=0, bitorder="little").T).reshape(-1)


class Names:
    """The distinct names of a segment by number.  Every lookup gives numbers (int64, ascending)."""

    def __init__(self, file: ColumnFile) -> None:
        blob = file.column("names")
        self._bytes: npt.NDArray[np.uint8] = blob
        self._blob: memoryview = blob.data
        self._offsets = Packed(file, "name_offsets")
        self._letters: npt.NDArray[np.uint32] = file.column("letters")
        self._initials: npt.NDArray[np.uint16] = file.column("initials")
        self._pairs: npt.NDArray[np.uint8] = file.column("pairs").reshape(_PAIRS, -1)
        self._lowest: tuple[bytes, int] = b"", 0
        """the last folded name that was asked for, and the first number that is not below it"""

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
        folded = name.lower()
        first = last = self._first(folded)
        while last < len(self) and (found := self.name(last)).lower() == folded:
            if case and found == name:
                return range(last, last + 1)
            last += 1
        return range(first, first if case else last)

    def prefix(self, name: bytes) -> range:
        """Numbers of the names that begin with `name` but for case, itself among them."""
        folded, size = name.lower(), len(name)
        first = self._first(folded)
        step = 1
        while first + step <= len(self) and self.name(first + step - 1)[:size].lower() == folded:
            step *= 2
        rest = range(first, min(first + step, len(self)))
        return range(
            first, bisect_left(rest, True, key=lambda n: self.name(n)[:size].lower() > folded) + first
        )

    def _first(self, folded: bytes) -> int:
        """The first number whose name is not below `folded`, case aside."""
        known, first = self._lowest
        if known != folded or not folded:
            first = bisect_left(range(len(self)), folded, key=lambda number: self.name(number).lower())
            self._lowest = folded, first
        return first

    def spelled(self, ids: range, start: bytes) -> Ids:
        """Those of `ids`, which begin with `start` but for case, that begin with it as it is spelled."""
        numbers = np.arange(ids.start, ids.stop)
        cells = self._offsets[numbers][:, None] + np.arange(len(start))
        found: Ids = numbers[(self._bytes[cells] == np.frombuffer(start, np.uint8)).all(axis=1)]
        return found

    def substring(self, name: bytes, *, case: bool) -> Ids:
        """Names that hold `name`; without `case`, but for the case of ASCII letters."""
        wanted = name if case else name.lower()
        found = [np.empty(0, np.int64)]
        for ids in self._with_pairs(name):
            ends = self._offsets[ids.start + 1 : ids.stop + 1]
            base = self._offsets[ids.start]
            text = bytes(self._blob[base : int(ends[-1])])
            places = np.array(_places(wanted, text if case else text.lower()), np.int64) + base
            owners = np.searchsorted(ends, places, "right")
            inside = places + len(name) <= ends[owners]  # else it runs into the next name
            found.append(np.unique(owners[inside]) + ids.start)
        return np.concatenate(found)

    def _with_pairs(self, name: bytes) -> list[range]:
        """Runs of names among which all that hold the letter pairs of `name` are."""
        pairs = self._pairs[np.unique(_pairs_of(name))]
        bits = np.bitwise_and.reduce(pairs, axis=0)  # of no pairs: all ones
        blocks = np.flatnonzero(np.unpackbits(bits, bitorder="little", count=-(-len(self) // BLOCK)))
        runs = np.split(blocks, np.flatnonzero(np.diff(blocks) > 1) + 1)
        return [
            range(int(run[0]) * BLOCK, min((int(run[-1]) + 1) * BLOCK, len(self))) for run in runs if run.size
        ]

    def humps(self, query: bytes) -> Ids:
        """Names whose words begin with the parts of `query`, in order, the first with the first: ``gUN`` finds
        getUserName and get_user_name, ``g_u_n`` likewise; words in between may be left out.

        None for a query of fewer than two parts: it is a prefix."""
        parts = namematch.hump_parts(query)
        if len(parts) < 2:
            return np.empty(0, np.int64)
        letters = np.bitwise_or.reduce(_letter_bits(b"".join(parts)))
        initials = np.bitwise_or.reduce(_initial_bits(b"".join(part[:1] for part in parts[1:])))
        pattern = namematch.hump_pattern(parts)
        found = []
        for lead in (b"", b"_", b"__"):
            ids = self.prefix(lead + parts[0])
            near = self._initials[ids.start : ids.stop] & initials == initials
            near &= self._letters[ids.start : ids.stop] & letters == letters
            found += [n for n in (np.flatnonzero(near) + ids.start).tolist() if pattern.match(self.name(n))]
        return np.unique(np.array(found, np.int64))

    def fuzzy(self, name: bytes, distance: int) -> tuple[Ids, Values]:
        """Names within `distance` typos of `name` but for case, and how many each has.

        A typo is a byte too much, too few or other, or two neighbours swapped (optimal string alignment).  None for
        a name longer than `namematch.LONGEST`.
        """
        near = self._near(name, distance)
        if not near.size or len(name) > namematch.LONGEST:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        starts, lengths = self._offsets[near], self.lengths(near)
        cells = np.minimum(starts[:, None] + np.arange(int(lengths.max())), self._bytes.size - 1)
        typos = namematch.count_typos(name.lower(), self._bytes[cells], lengths)
        close = typos <= distance
        return near[close], typos[close]

    def _near(self, name: bytes, distance: int) -> Ids:
        """Names of about the length and the letters of `name`: a typo changes the length by one at most, and brings
        one letter in and one out."""
        low = self._offsets.low
        # It wraps, which is right for names shorter than 64 KB; longer ones are taken out at the end.
        lengths = low[1:] - low[:-1]
        shortest = max(len(name) - distance, 1)
        window = np.flatnonzero(lengths - np.uint16(shortest) <= len(name) + distance - shortest)
        letters = self._letters[window]
        wanted = np.bitwise_or.reduce(_letter_bits(name))
        close = np.bitwise_count(letters & ~wanted) <= distance
        close &= np.bitwise_count(~letters & wanted) <= distance
        near: Ids = window[close]
        return near[self.lengths(near) <= len(name) + distance]


def _places(wanted: bytes, text: bytes) -> list[int]:
    """Every offset at which `wanted` begins in `text`."""
    places = []
    at = text.find(wanted)
    while at >= 0:
        places.append(at)
        at = text.find(wanted, at + 1)
    return places
