"""Which characters are one letter in several cases: Unicode's simple folding, as RE2 and ripgrep have it."""

from __future__ import annotations

import re
import unicodedata

# The sets of more than two; str.lower and str.upper know only part of each.  A test compares every character
# with RE2's own tables.
_SETS = (
    "Kk\u212a",
    "Ss\u017f",
    "\xc5\xe5\u212b",
    "\xb5\u039c\u03bc",
    "\u01c4\u01c5\u01c6",
    "\u01c7\u01c8\u01c9",
    "\u01ca\u01cb\u01cc",
    "\u01f1\u01f2\u01f3",
    "\u0345\u0399\u03b9\u1fbe",
    "\u0392\u03b2\u03d0",
    "\u0395\u03b5\u03f5",
    "\u0398\u03b8\u03d1\u03f4",
    "\u039a\u03ba\u03f0",
    "\u03a0\u03c0\u03d6",
    "\u03a1\u03c1\u03f1",
    "\u03a3\u03c2\u03c3",
    "\u03a6\u03c6\u03d5",
    "\u03a9\u03c9\u2126",
    "\u0412\u0432\u1c80",
    "\u0414\u0434\u1c81",
    "\u041e\u043e\u1c82",
    "\u0421\u0441\u1c83",
    "\u0422\u0442\u1c84\u1c85",
    "\u042a\u044a\u1c86",
    "\u0462\u0463\u1c87",
    "\u1c88\ua64a\ua64b",
    "\u1e60\u1e61\u1e9b",
)
_LARGER = {char: tuple(chars) for chars in _SETS for char in chars}

# Categories without any case: a character of another category that Python has no pair for may still have one
# in a newer Unicode.
_CASELESS = re.compile("Lo|Nd|No|Pc|Pd|Ps|Pe|Pi|Pf|Po|Sm|Sc|Sk|Zs|Zl|Zp|Cc|Cf|Co|Mc|Me")


def variants(char: str) -> tuple[str, ...] | None:
    """Every character that matches `char` when case is ignored (at least), itself too; None when unknown."""
    if char in _LARGER:
        return _LARGER[char]
    same = {char} | {other for other in (char.lower(), char.upper()) if len(other) == 1}
    if len(same) == 1 and not _CASELESS.fullmatch(unicodedata.category(char)):
        return None
    return tuple(sorted(same))
