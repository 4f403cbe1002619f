"""The tree of a parsed regular expression: frozen values, hardly any behaviour.

`Literal` to `Repeat` is what RE2 has; groups leave no trace then.  Patterns that need more (`Beyond`) keep their
groups, because something refers to them.
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
    """One character out of the union of `items`, or out of the rest when negated; a newline only in a pattern that
    crosses lines."""

    items: tuple[ClassItem, ...]
    negated: bool
    fold: bool


@dataclass(frozen=True, slots=True)
class AnyChar:
    """Any character but a newline, or with `newline` any at all."""

    newline: bool = False


class Anchor(enum.Enum):
    """Where an empty match may stand."""

    LINE_START = "^"
    LINE_END = "$"
    WORD_BORDER = r"\b"
    NO_WORD_BORDER = r"\B"
    TEXT_START = r"\A"
    TEXT_END = r"\z"


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


@dataclass(frozen=True, slots=True)
class Capture:
    """A group; the first in the pattern has number 1."""

    child: Node


@dataclass(frozen=True, slots=True)
class Backreference:
    """The text that a group matched."""

    group: int
    fold: bool


@dataclass(frozen=True, slots=True)
class Look:
    """An empty match where `child` matches (negated: does not match) ahead, or behind."""

    child: Node
    behind: bool
    negated: bool


@dataclass(frozen=True, slots=True)
class Atomic:
    """`child`, as it matches first: nothing is tried again in it.  Possessive repetitions are this too."""

    child: Node


@dataclass(frozen=True, slots=True)
class Recursion:
    """What a group's pattern matches; group 0 is the whole pattern."""

    group: int


@dataclass(frozen=True, slots=True)
class Conditional:
    """`yes` when the group `test` took part, or the look matches, else `no`; without `test` nothing matches here:
    the groups are for recursions (``(?(DEFINE)...)``)."""

    test: int | Look | None
    yes: Node
    no: Node


@dataclass(frozen=True, slots=True)
class BranchReset:
    """Alternatives whose groups have the same numbers."""

    child: Node


class Special(enum.Enum):
    """What only the backtracking engine has, by its source there."""

    KEEP = r"\K"
    SKIP = "(*SKIP)"
    PRUNE = "(*PRUNE)"
    FAIL = "(*FAIL)"
    GRAPHEME = r"\X"


Beyond = Capture | Backreference | Look | Atomic | Recursion | Conditional | BranchReset | Special
"""What RE2 has not."""

Node = Literal | CharClass | AnyChar | Assertion | Concat | Alternate | Repeat | Beyond


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
    if isinstance(node, Repeat):
        return node.least == 0 or can_be_empty(node.child)
    if isinstance(node, Capture | Atomic | BranchReset):
        return can_be_empty(node.child)
    if isinstance(node, Conditional):
        return can_be_empty(node.yes) or can_be_empty(node.no)
    return node is not Special.GRAPHEME  # of a recursion nobody knows


def has_word_border(node: Node) -> bool:
    """Whether ``\\b`` or ``\\B`` stands anywhere in `node`."""
    if isinstance(node, Assertion):
        return node.anchor in (Anchor.WORD_BORDER, Anchor.NO_WORD_BORDER)
    if isinstance(node, Concat | Alternate):
        return any(has_word_border(part) for part in node.parts)
    return isinstance(node, Repeat) and has_word_border(node.child)
