"""A pattern that RE2 can match fast, and that matches wherever another one does: what narrows the texts down to those
that are worth a slow look."""

from __future__ import annotations

from codelode.query.syntax import (
    Alternate,
    Anchor,
    AnyChar,
    Assertion,
    Atomic,
    Backreference,
    BranchReset,
    Capture,
    CharClass,
    Concat,
    Conditional,
    Look,
    Node,
    Recursion,
    Repeat,
    Special,
    concat,
)
from codelode.query.translate import is_known

_EMPTY = Concat(())
_BORDER, _NO_BORDER = Assertion(Anchor.WORD_BORDER), Assertion(Anchor.NO_WORD_BORDER)


def relax(node: Node, *, multiline: bool) -> Node:
    """`node` without word borders, which RE2 knows of ASCII only, and looks, and with anything in place of
    backreferences, recursions and properties that RE2 does not know.

    Where `node` matches, the result does too; with `multiline`, across lines.
    """

    def relaxed(node: Node) -> Node:
        return relax(node, multiline=multiline)

    if isinstance(node, Concat):
        return concat([relaxed(part) for part in node.parts])
    if isinstance(node, Alternate):
        return Alternate(tuple(relaxed(part) for part in node.parts))
    if isinstance(node, Repeat):
        return Repeat(relaxed(node.child), node.least, node.most, node.greedy)
    if isinstance(node, Capture | Atomic | BranchReset):
        return relaxed(node.child)
    if isinstance(node, Conditional):
        return _EMPTY if node.test is None else Alternate((relaxed(node.yes), relaxed(node.no)))
    if isinstance(node, Backreference | Recursion) or node is Special.GRAPHEME:
        return Repeat(AnyChar(multiline), 0, None, True)
    if isinstance(node, CharClass) and not is_known(node):
        return AnyChar(multiline)
    if isinstance(node, Look | Special) or node in (_BORDER, _NO_BORDER):
        return _EMPTY
    return node
