"""Backslash escapes that stand for one character, the same inside and outside a class."""

from __future__ import annotations

import re

from codelode.errors import PatternError

_CONTROL = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_HEX = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|[xuU]\{([0-9A-Fa-f]+)\}|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))")
# One octal digit alone would be a backreference elsewhere, so RE2 wants \0 or two digits and more.
_OCTAL = re.compile(r"\\(0[0-7]{0,2}|[1-7][0-7]{1,2})")


def read_escape(source: str, at: int) -> tuple[str, int]:
    """The character that the escape at `source[at]` (its backslash) stands for, and where the escape ends.

    Raises PatternError with its position.
    """
    following = source[at + 1 : at + 2]
    if following in _CONTROL:
        return _CONTROL[following], at + 2
    if following in ("x", "u", "U"):
        found = _HEX.match(source, at)
        code = int(next(filter(None, found.groups())), 16) if found else -1
        if not found or code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            raise PatternError(
                f"\\{following} at position {at + 1}: write \\x41 or \\x{{10FFFF}}, a Unicode code point"
            )
        return chr(code), found.end()
    if octal := _OCTAL.match(source, at):
        return chr(int(octal[1], 8)), octal.end()
    if following.isdigit():
        raise PatternError(f"escape \\{following} at position {at + 1}: write \\x3{following} for the digit")
    if following.isascii() and not following.isalnum() and following:
        return following, at + 2
    shown = source[at : at + 2]
    raise PatternError(
        f"escape {shown} at position {at + 1}: there is none; write \\\\ for a backslash, "
        "or drop it before a character that means itself"
    )
