"""Whether a word begins or ends at one place in a text: the rules of `text.tokens`, asked of a single offset.

`tokens.split_positions` cuts whole texts with numpy; a query that has found a word at a few offsets asks here, 1 us
each.  A test holds the two against each other.
"""

from __future__ import annotations

from codelode.text.tokens import LONGEST_NUMBER

_DIGIT, _LOWER, _UPPER = 1, 2, 4
_LETTER = _LOWER | _UPPER
_KIND = bytes(
    _DIGIT if 48 <= byte <= 57 else _LOWER if 97 <= byte <= 122 else _UPPER if 65 <= byte <= 90 else 0
    for byte in range(256)
)
NO_WORD = bytes(byte < 128 and not _KIND[byte] for byte in range(256))
"""1 for ASCII bytes that are in no word"""


def is_border(text: bytes, at: int) -> bool:
    """Whether no word of `text` (UTF-8) goes on across the offset `at` (0 to its length, at a character)."""
    if at <= 0 or at >= len(text):
        return True
    before, here = text[at - 1], text[at]
    if NO_WORD[before] or NO_WORD[here]:
        return True
    left, right = _KIND[before], _KIND[here]
    if not left or not right:
        return not (ends_in_word(text, at) and begins_with_word(text, at))
    return _splits(text, at, left, right)


def _splits(text: bytes, at: int, left: int, right: int) -> bool:
    """The rules inside an identifier, between two ASCII letters or digits."""
    if left == right:
        # HTTPServer: before the upper-case letter that begins a word
        return left == _UPPER and at + 1 < len(text) and _KIND[text[at + 1]] == _LOWER
    if right == _UPPER:
        if left == _LOWER:  # getUser, but 0xFF is a number
            return not (text[at - 1] == 0x78 and at > 1 and text[at - 2] == 0x30)
        return not _in_number(text, at - 1)
    if right == _DIGIT:  # sha 256, but i2c
        return at > 1 and bool(_KIND[text[at - 2]] & _LETTER) and not _in_number(text, at - 1)
    if left == _DIGIT:  # 256 sum, but x86 and 2c
        return at + 1 < len(text) and bool(_KIND[text[at + 1]] & _LETTER) and not _in_number(text, at - 1)
    return False


def _in_number(text: bytes, at: int) -> bool:
    """Whether the word that holds the byte at `at` begins with a digit not far before."""
    start = at
    while start > 0 and at - start < LONGEST_NUMBER and _KIND[text[start - 1]]:
        start -= 1
    return (start == 0 or not _KIND[text[start - 1]]) and _KIND[text[start]] == _DIGIT


def ends_in_word(text: bytes, end: int) -> bool:
    """Whether the character before `end` is a letter or digit of any script."""
    start = end - 1
    while start > 0 and text[start] & 0xC0 == 0x80:
        start -= 1
    return text[start:end].decode("utf-8", "replace").isalnum()


def begins_with_word(text: bytes, start: int) -> bool:
    """Whether the character at `start` is a letter or digit of any script."""
    return text[start : start + 4].decode("utf-8", "ignore")[:1].isalnum()
