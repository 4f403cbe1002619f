"""Identifier splitting: the one definition of what a word is, for documents and queries alike.

Words end at everything that is not alphanumeric, so ``snake_case`` and ``kebab-case`` need nothing.  Inside an
identifier a space goes in

* between lower case or digit and upper case: ``getUser`` -> ``get User``, ``x2Name`` -> ``x2 Name``;
* before the upper-case letter that starts a word after an acronym: ``HTTPServer`` -> ``HTTP Server``;
* between two or more letters and a digit: ``sha256sum`` -> ``sha 256 sum``, but ``i2c``, ``u32`` and ``x86``
  stay whole, since a single letter beside a digit is one name;
* but no letter is cut from a digit in a number, that is, in a word that starts with one: ``0x1F``, ``10ms``.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

Offsets = npt.NDArray[np.int64]

MAX_TOKEN_BYTES = 64
"""Tokens of this length or more (base64, hashes) are not ranked words; exact search still finds them."""

LONGEST_NUMBER = 24
"""How far a digit's word is followed back to see whether it is a number: 0x and 64 bits are 18 characters."""

_DIGIT, _LOWER, _UPPER = 1, 2, 4
_LETTER = _LOWER | _UPPER


def _table(values: dict[int, int]) -> bytes:
    return bytes(values.get(index, 0) for index in range(256))


_CLASSES = _table(
    {**dict.fromkeys(range(48, 58), _DIGIT), **dict.fromkeys(range(97, 123), _LOWER)}
    | dict.fromkeys(range(65, 91), _UPPER)
)
_LOWER_UPPER, _DIGIT_UPPER = _LOWER << 3 | _UPPER, _DIGIT << 3 | _UPPER
_LOWER_DIGIT, _UPPER_DIGIT = _LOWER << 3 | _DIGIT, _UPPER << 3 | _DIGIT
_UPPER_LOWER, _DIGIT_LOWER = _UPPER << 3 | _LOWER, _DIGIT << 3 | _LOWER


def split_positions(text: bytes) -> Offsets:
    """Offsets (int64, ascending, distinct) before which `split_identifiers` inserts a space.

    One pass of bytes.translate (1.5 GB/s; numpy's take is four times slower on bytes) and a few comparisons find
    the places inside words where the class of characters changes; the rules then look at those only.
    """
    if len(text) < 2:
        return np.empty(0, np.int64)
    kind = np.frombuffer(text.translate(_CLASSES), np.uint8)
    changes = kind[1:] != kind[:-1]
    changes &= kind[1:] != 0
    changes &= kind[:-1] != 0
    left = np.flatnonzero(changes)
    if not left.size:
        return left
    found = (kind[left] << 3) | kind[left + 1]
    before = kind[left - 1]  # at 0 this reads the last byte: masked by `inner`
    inner = left > 0
    after = kind[np.minimum(left + 2, kind.size - 1)]
    acronym = found == _UPPER_LOWER
    camel = found == _LOWER_UPPER
    raw = np.frombuffer(text, np.uint8)
    if camel.any():  # 0xFF is a number, not "0x FF"
        camel &= ~((raw[left] == 0x78) & (raw[left - 1] == 0x30) & inner)
    to_digit = (found == _LOWER_DIGIT) | (found == _UPPER_DIGIT)
    digits = found == _DIGIT_UPPER
    digits |= to_digit & inner & (before & _LETTER != 0)
    digits |= (found == _DIGIT_LOWER) & (left + 2 < kind.size) & (after & _LETTER != 0)
    if digits.any():
        digits[digits] = ~_in_number(kind, left[digits])
    chosen = camel | digits | (acronym & inner & (before == _UPPER))
    positions: Offsets = left[chosen] + ~acronym[chosen]
    return positions


def _in_number(kind: npt.NDArray[np.uint8], at: Offsets) -> npt.NDArray[np.bool_]:
    """Whether the word that holds each offset starts with a digit."""
    start = at.copy()
    for _ in range(LONGEST_NUMBER):
        moves = (start > 0) & (kind[start - 1] != 0)
        if not moves.any():
            break
        start -= moves
    word_start = (start == 0) | (kind[start - 1] == 0)
    in_number: npt.NDArray[np.bool_] = word_start & (kind[start] == _DIGIT)
    return in_number


def split_identifiers(text: bytes, borders: Offsets | None = None) -> bytes:
    """`text` (UTF-8) with a space at every word border inside an identifier.

    An offset ``o`` of `text` is at ``o + searchsorted(split_positions(text), o)`` in the result.
    """
    borders = split_positions(text) if borders is None else borders
    if not borders.size:
        return text
    out = np.full(len(text) + borders.size, 32, np.uint8)
    kept = np.ones(out.size, bool)
    kept[borders + np.arange(borders.size)] = False
    out[kept] = np.frombuffer(text, np.uint8)
    return out.tobytes()


WORD = re.compile(r"[^\W_]+")
_BORDER = re.compile(
    r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z]{2})(?=[0-9])|(?<=[0-9])(?=[a-z][A-Za-z])"
)
"""The rules of this module for one short word; a test holds them against `split_positions`."""


def words(text: str) -> list[str]:
    """The words of a query or a path, split and lower-cased exactly as documents are, in order."""
    found: list[str] = []
    for word in WORD.findall(text):
        if word.isascii() and len(word) < LONGEST_NUMBER and word[0].isalpha() and "0x" not in word:
            found += _BORDER.sub(" ", word).lower().split()  # 1 us a word; numpy takes 20
        else:
            split = split_identifiers(word.encode("utf-8", "replace"))
            found += WORD.findall(split.decode("utf-8").lower())
    return [word for word in found if len(word.encode()) < MAX_TOKEN_BYTES]
