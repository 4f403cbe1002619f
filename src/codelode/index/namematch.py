"""Names that are written by their humps, and names with typos."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from codelode.index.packed import Values

LONGEST = 64
"""Bytes of a name whose typos can be counted: the bits of a word"""

_PARTS = re.compile(rb"[A-Z]?[a-z0-9]+|[A-Z]|[\x80-\xff]+")


def hump_parts(query: bytes) -> list[bytes]:
    """What the words of a name must begin with, one after the other: g, U and N for ``gUN``."""
    return _PARTS.findall(query)


def hump_pattern(parts: Sequence[bytes]) -> re.Pattern[bytes]:
    """Matches the names whose words begin with `parts`, in order, the first with the first."""
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


_LOWER, _UPPER, _DIGIT, _OTHER = 1, 2, 4, 8
_CLASSES = bytes(
    [0] * 48 + [_DIGIT] * 10 + [0] * 7 + [_UPPER] * 26 + [0] * 6 + [_LOWER] * 26 + [0] * 5 + [_OTHER] * 128
)


def word_starts(text: bytes, name_starts: Values) -> npt.NDArray[np.bool_]:
    """For each byte of `text`, which is names end to end, whether a part of humps could match there (or not: in
    doubt it could)."""
    here = np.frombuffer(text.translate(_CLASSES), np.uint8)
    before = np.zeros_like(here)
    before[1:] = here[:-1]
    before[name_starts] = 0
    after = np.zeros_like(here)
    after[:-1] = here[1:]
    starts: npt.NDArray[np.bool_] = before & (_LOWER | _UPPER | _DIGIT) == 0
    starts |= (here == _UPPER) & ((before != _UPPER) | (after == _LOWER))
    starts |= (here & (_DIGIT | _OTHER) != 0) & (before != _DIGIT)
    return starts


def count_typos(name: bytes, text: npt.NDArray[np.uint8], lengths: Values) -> Values:
    """Typos between `name` (lower case, at most `LONGEST` bytes) and the first `lengths` bytes of each row of `text`.

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
