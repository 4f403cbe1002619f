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
from codelode.sharing import once
from codelode.store.columns import ColumnFile

Ids = npt.NDArray[np.int64]
"""numbers of names, ascending"""

BLOCK = 64
"""Names that have their letter pairs in common"""

SOME = 256 * BLOCK
"""Names whose columns are made together"""

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
    offsets = np.zeros(starts.size + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    packed = PackedWriter(np.uint16)
    packed.extend(offsets)
    texts: list[bytes] = []
    letters = [np.empty(0, np.uint32)]
    initials = [np.empty(0, np.uint16)]
    pairs = [np.empty((0, _PAIRS), np.uint8)]
    for at in range(0, starts.size, SOME):  # what is made on the way is several times the text
        some = slice(at, at + SOME)
        places = zip(starts[some].tolist(), (starts[some] + lengths[some]).tolist(), strict=True)
        text = b"".join([blob[start:end] for start, end in places])
        firsts = offsets[some][: starts.size - at] - offsets[at]
        texts.append(text)
        letters.append(np.bitwise_or.reduceat(_letter_bits(text), firsts))
        opening = _initial_bits(text)
        opening[~namematch.word_starts(text, firsts)] = 0
        initials.append(np.bitwise_or.reduceat(opening, firsts))
        pairs.append(_pair_bits(text, firsts))
    return {
        "names": np.frombuffer(b"".join(texts), np.uint8),
        **packed.columns("name_offsets"),
        "letters": np.concatenate(letters),
        "initials": np.concatenate(initials),
        "pairs": np.concatenate(pairs).T.reshape(-1),
    }


def _pairs_of(text: bytes) -> npt.NDArray[np.int64]:
    letters = _letters_of(text).astype(np.int64)
    return letters[:-1] << 5 | letters[1:]


def _pair_bits(text: bytes, firsts: Values) -> npt.NDArray[np.uint8]:
    """Of names that begin at `firsts` in `text`, blocks by pairs of letters: whether one in the block has it.  A bit
    each; a byte holds eight blocks."""
    blocks = firsts[::BLOCK]
    has = np.zeros((blocks.size, _PAIRS), bool)
    owners = np.repeat(np.arange(blocks.size), np.diff(blocks, append=len(text)))
    has.reshape(-1)[owners[:-1] * _PAIRS + _pairs_of(text)] = True
    return np.packbits(has, axis=0, bitorder="little")


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

    @once
    def lines(self) -> tuple[bytes, Ids]:
        """All names, a line each, and where each begins (int64): what a pattern is matched against."""
        count = len(self)
        starts = self._offsets[np.arange(count + 1)]
        out = np.full(int(starts[-1]) + count, 10, np.uint8)
        kept = np.ones(out.size, bool)
        kept[starts[1:] + np.arange(count)] = False
        out[kept] = self._bytes[: starts[-1]]
        return out.tobytes(), starts[:-1] + np.arange(count)

    def several(self, ids: npt.NDArray[np.integer[Any]]) -> list[bytes]:
        """These names as written: a tenth of the time of one by one."""
        starts, ends = self._offsets[ids].tolist(), self._offsets[ids + 1].tolist()
        return [bytes(self._blob[start:end]) for start, end in zip(starts, ends, strict=True)]

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
        first, stop = self._with_pairs(name)
        found = [np.empty(0, np.int64)]
        for number, end, start_byte, end_byte in zip(
            first.tolist(),
            stop.tolist(),
            self._offsets[first].tolist(),
            self._offsets[stop].tolist(),
            strict=True,
        ):
            text = bytes(self._blob[start_byte:end_byte])
            places = _places(wanted, text if case else text.lower())
            if places:
                ends = self._offsets[number + 1 : end + 1] - start_byte
                owners = np.searchsorted(ends, places, "right")
                inside = np.array(places) + len(name) <= ends[owners]  # else it runs into the next name
                found.append(np.unique(owners[inside]) + number)
        return np.concatenate(found)

    def _with_pairs(self, name: bytes) -> tuple[Ids, Ids]:
        """Runs of names (first, after the last) among which all that hold the letter pairs of `name` are."""
        pairs = self._pairs[np.unique(_pairs_of(name))]
        bits = np.bitwise_and.reduce(pairs, axis=0)  # of no pairs: all ones
        has = np.zeros(-(-len(self) // BLOCK) + 2, np.int8)
        has[1:-1] = np.unpackbits(bits, bitorder="little", count=has.size - 2)
        borders = np.flatnonzero(np.diff(has)) * BLOCK
        return borders[::2], np.minimum(borders[1::2], len(self))

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

    def near(self, name: bytes, distance: int) -> tuple[Ids, npt.NDArray[np.uint8], Values]:
        """Names that `distance` typos can have made of `name`: numbers, text (a row of `len(name)` + `distance` bytes
        each, whatever follows what is shorter), lengths.  None for a name longer than `namematch.LONGEST`."""
        ids = self._alike(name, distance) if len(name) <= namematch.LONGEST else np.empty(0, np.int64)
        cells = self._offsets[ids][:, None] + np.arange(len(name) + distance)
        return ids, self._bytes[np.minimum(cells, self._bytes.size - 1)], self.lengths(ids)

    def _alike(self, name: bytes, distance: int) -> Ids:
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
