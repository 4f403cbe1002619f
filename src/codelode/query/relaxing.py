"""A pattern that RE2 can match, and that matches wherever one beyond RE2 does: what narrows the texts down to those
that are worth the slow engine."""

from __future__ import annotations

from codelode.query.syntax import (
    Alternate,
    AnyChar,
    Atomic,
    Backreference,
    BranchReset,
    Capture,
    Concat,
    Conditional,
    Look,
    Node,
    Recursion,
    Repeat,
    Special,
    concat,
)

_EMPTY = Concat(())


def relax(node: Node, *, multiline: bool) -> Node:
    """`node` without looks (an empty match), with anything in place of backreferences and recursions.

    Every text that `node` matches has a match of the result that holds it; with `multiline`, across lines.
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
    if isinstance(node, Look | Special):
        return _EMPTY
    return node
