"""The tree of a parsed regular expression: frozen values, no behaviour.

Captures, group names and the flags m and s leave no trace: a match is a span inside one line, whatever
they say.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

MAX_CODE_POINT = 0x10FFFF


@dataclass(frozen=True, slots=True)
class Literal:
    """These characters in a row."""

    text: str
    fold: bool
    """any case (Unicode simple folding)"""


@dataclass(frozen=True, slots=True)
class Range:
    """The code points `first` to `last`, both included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Property:
    """``\\p{name}``: a general category or a script, as RE2 spells it."""

    name: str
    negated: bool


@dataclass(frozen=True, slots=True)
class Perl:
    """``\\d``, ``\\s`` or ``\\w`` with Unicode's meaning; `letter` is the lower-case one."""

    letter: str
    negated: bool


ClassItem = Range | Property | Perl


@dataclass(frozen=True, slots=True)
class CharClass:
    """One character out of the union of `items`, or out of the rest when negated; never a newline."""

    items: tuple[ClassItem, ...]
    negated: bool
    fold: bool


@dataclass(frozen=True, slots=True)
class AnyChar:
    """Any character but a newline."""


class Anchor(enum.Enum):
    """Where an empty match may stand."""

    LINE_START = "^"
    LINE_END = "$"
    WORD_BORDER = r"\b"
    NO_WORD_BORDER = r"\B"


@dataclass(frozen=True, slots=True)
class Assertion:
    """An empty match at an `Anchor`."""

    anchor: Anchor


@dataclass(frozen=True, slots=True)
class Concat:
    """The parts in a row; without parts, the empty match."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Alternate:
    """The first of the parts that leads to a match."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """`child` at least `least` and at most `most` times (None: without bound)."""

    child: Node
    least: int
    most: int | None
    greedy: bool


Node = Literal | CharClass | AnyChar | Assertion | Concat | Alternate | Repeat


def concat(parts: list[Node]) -> Node:
    """The parts in a row, with neighbouring literals joined."""
    joined: list[Node] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(part, Literal) and isinstance(last, Literal) and part.fold == last.fold:
            joined[-1] = Literal(last.text + part.text, part.fold)
        elif isinstance(part, Concat):
            joined.extend(part.parts)
        else:
            joined.append(part)
    return joined[0] if len(joined) == 1 else Concat(tuple(joined))


def can_be_empty(node: Node) -> bool:
    """Whether `node` can match without taking a character."""
    if isinstance(node, Literal):
        return not node.text
    if isinstance(node, CharClass | AnyChar):
        return False
    if isinstance(node, Assertion):
        return True
    if isinstance(node, Concat):
        return all(can_be_empty(part) for part in node.parts)
    if isinstance(node, Alternate):
        return any(can_be_empty(part) for part in node.parts)
    return node.least == 0 or can_be_empty(node.child)


def has_word_border(node: Node) -> bool:
    """Whether ``\\b`` or ``\\B`` stands anywhere in `node`."""
    if isinstance(node, Assertion):
        return node.anchor in (Anchor.WORD_BORDER, Anchor.NO_WORD_BORDER)
    if isinstance(node, Concat | Alternate):
        return any(has_word_border(part) for part in node.parts)
    return isinstance(node, Repeat) and has_word_border(node.child)
