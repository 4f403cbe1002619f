"""What a backslash in a pattern, outside a class, stands for."""

from __future__ import annotations

import re
from typing import NamedTuple, NoReturn

from codelode.errors import PatternError
from codelode.query.charclass import horizontal_space, parse_property, perl_class
from codelode.query.escapes import read_escape
from codelode.query.syntax import (
    Alternate,
    Anchor,
    AnyChar,
    Assertion,
    CharClass,
    Concat,
    Literal,
    Look,
    Node,
    Range,
    Repeat,
    Special,
)


class Escape(NamedTuple):
    """One of: some text, a node, or the group that is referred to."""

    end: int
    """offset behind it in the pattern"""
    text: str = ""
    """characters that stand for themselves"""
    node: Node | None = None
    group: str = ""
    """number or name of the group whose match is meant, as it is written"""


_NEWLINES = CharClass((Range(10, 13), Range(0x85, 0x85), Range(0x2028, 0x2029)), False, False)
ANY_NEWLINE = Alternate((Literal("\r\n", False), _NEWLINES))
"""``\\R``"""

TEXT_END = Concat(
    (
        Assertion(Anchor.LINE_END),
        Look(Concat((Repeat(Literal("\n", False), 0, 1, True), Assertion(Anchor.TEXT_END))), False, False),
    )
)
"""``\\Z``: the text's end, or before a newline there"""

_WORD = CharClass((perl_class("w"),), False, False)
_START = Concat((Look(_WORD, True, True), Look(_WORD, False, False)))
_END = Concat((Look(_WORD, True, False), Look(_WORD, False, True)))
_BORDERS: dict[str, Node] = {
    "<": _START,
    ">": _END,
    "b{start}": _START,
    "b{end}": _END,
    "b{start-half}": Look(_WORD, True, True),
    "b{end-half}": Look(_WORD, False, True),
}
"""Word starts and ends, as ripgrep has them"""

_NODES: dict[str, Node] = {
    "b": Assertion(Anchor.WORD_BORDER),
    "B": Assertion(Anchor.NO_WORD_BORDER),
    "A": Assertion(Anchor.TEXT_START),
    "z": Assertion(Anchor.TEXT_END),
    "Z": TEXT_END,
    "R": ANY_NEWLINE,
    "N": AnyChar(),
    "K": Special.KEEP,
    "X": Special.GRAPHEME,
    **{letter: CharClass((perl_class(letter),), False, False) for letter in "dDsSwW"},
    **{letter: CharClass(tuple(horizontal_space(letter)), False, False) for letter in "hH"},
}
_USELESS = {
    "C": "use . for one character",
    "G": "a search has no place where it left off; use ^ for the start of a line",
}

_DIGITS = re.compile(r"[1-9]\d*")
_OCTAL = re.compile(r"[0-7]{2}")
_GROUP = re.compile(r"\\(?:k(?:<(\w+)>|'(\w+)'|\{(\w+)\})|g(?:(-?\d+)|\{(-?\w+)\}))")


def read_backslash(source: str, at: int, *, fold: bool, groups: int) -> Escape:
    """What the backslash at `source[at]` stands for behind so many `groups`; `fold` when case is ignored.

    Raises PatternError with a position."""
    following = source[at + 1 : at + 2]
    if not following:
        _fail("backslash at the end", at, "write \\\\ for the character")
    if following in _USELESS:
        _fail(f"\\{following}", at, _USELESS[following])
    for name, border in _BORDERS.items():
        if source.startswith(name, at + 1):
            return Escape(at + 1 + len(name), node=border)
    if following in _NODES:
        return Escape(at + 2, node=_NODES[following])
    if following in "pP":
        item, end = parse_property(source, at)
        return Escape(end, node=CharClass((item,), False, fold))
    if following == "Q":
        end = source.find("\\E", at + 2)
        return Escape(end + 2, source[at + 2 : end]) if end >= 0 else Escape(len(source), source[at + 2 :])
    if following in "kg":
        found = _GROUP.match(source, at)
        if not found:
            advice = "write \\k<name> or \\g{1} for what a group matched, (?&name) for its pattern"
            _fail(f"\\{following}", at, advice)
        return Escape(found.end(), group=next(filter(None, found.groups())))
    digits = _DIGITS.match(source, at + 1)
    # Two octal digits and more are a character, unless there is such a group.
    if digits and (not _OCTAL.match(digits[0]) or int(digits[0][:4]) <= groups):
        return Escape(digits.end(), group=digits[0])
    char, end = read_escape(source, at)
    return Escape(end, char)


def _fail(construct: str, position: int, advice: str) -> NoReturn:
    raise PatternError(f"{construct} at position {position + 1}: {advice}")
