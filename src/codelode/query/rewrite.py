"""A tree made simpler: the same files, and of each the same lines.

What would be a law of logic is none where it loses lines: ``foo OR foo bar`` is true where ``foo`` is, but names the
lines of ``bar`` too; so what is absorbed, and what is negated twice, must name no lines itself.  Below a `Not` nothing
does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from codelode.query.ast import (
    EVERYTHING,
    NOTHING,
    And,
    Boost,
    Content,
    Extension,
    Is,
    Language,
    Meaning,
    Modified,
    Near,
    Node,
    Not,
    Or,
    Path,
    Pattern,
    Query,
    Repository,
    Size,
    Structure,
    Symbol,
    Wildcard,
    Word,
)

_FILTERS = (Path, Language, Repository, Extension, Size, Modified, Is)
_FILTER, _SYMBOL, _CONTENT, _PATTERN, _STRUCTURE, _MEANING = range(6)


def simplify(query: Query) -> Query:
    """`query` flat, without what says nothing, the cheap parts of each `And` first (else in their order)."""
    return replace(query, root=_simple(query.root, silent=False))


def _simple(node: Node, *, silent: bool) -> Node:
    """`node` made simpler; `silent` where the lines it names do not count."""
    match node:
        case And():
            return _and([_simple(part, silent=silent) for part in node.parts], silent)
        case Or():
            return _or([_simple(part, silent=silent) for part in node.parts], silent)
        case Not():
            return _not(_simple(node.child, silent=True), silent)
        case Boost():
            return _boost(_simple(node.child, silent=silent), node.factor, silent)
        case Content():
            return _content(_simple(node.child, silent=silent), silent)
        case Near():
            left, right = _simple(node.left, silent=silent), _simple(node.right, silent=silent)
            return Near(left, right, node.distance)
        case _:
            return node


def _and(parts: Iterable[Node], silent: bool) -> Node:
    flat = _flat(parts, And)
    if NOTHING in flat or any(isinstance(part, Not) and part.child in flat for part in flat):
        return NOTHING
    kept = [part for part in flat if not _adds_nothing(part, Or, flat, silent)]
    kept.sort(key=_cost)
    return kept[0] if len(kept) == 1 else And(tuple(kept))


def _or(parts: Iterable[Node], silent: bool) -> Node:
    flat = _flat(parts, Or)
    if EVERYTHING in flat or any(isinstance(part, Not) and part.child in flat for part in flat):
        spoken = [part for part in flat if not _is_silent(part, silent)]
        # What names lines still has to: every file, and its lines where there are some.
        return Or((EVERYTHING, *spoken)) if spoken else EVERYTHING
    kept = [part for part in flat if not _adds_nothing(part, And, flat, silent)]
    return kept[0] if len(kept) == 1 else Or(tuple(kept))


def _flat(parts: Iterable[Node], kind: type[And] | type[Or]) -> list[Node]:
    """`parts` with those of inner nodes of the same `kind` in their place, each once."""
    found: dict[Node, None] = {}
    for part in parts:
        found.update(
            dict.fromkeys(part.parts if isinstance(part, And | Or) and isinstance(part, kind) else (part,))
        )
    return list(found)


def _adds_nothing(part: Node, kind: type[And] | type[Or], beside: Sequence[Node], silent: bool) -> bool:
    """Whether `part`, of the other `kind` than the node it is in, is absorbed by what stands beside it: ``a`` makes
    ``(a OR b)`` true and ``(a b)`` superfluous.  What it adds must name no lines."""
    if not isinstance(part, And | Or) or not isinstance(part, kind):
        return False
    return any(inner in beside for inner in part.parts) and all(
        inner in beside or _is_silent(inner, silent) for inner in part.parts
    )


def _not(child: Node, silent: bool) -> Node:
    if child == EVERYTHING:
        return NOTHING
    if child == NOTHING:
        return EVERYTHING
    if isinstance(child, Not) and _is_silent(child.child, silent):
        return child.child
    return Not(child)


def _boost(child: Node, factor: float, silent: bool) -> Node:
    if isinstance(child, Boost):
        factor *= child.factor
        child = child.child
    if silent or factor == 1 or child in (EVERYTHING, NOTHING):
        return child
    return Boost(child, factor)


def _content(child: Node, silent: bool) -> Node:
    """`Content` moved down to what it matters for: words and wildcards."""
    match child:
        case Word() | Wildcard():
            return Content(child)
        case And():
            return _and([_content(part, silent) for part in child.parts], silent)
        case Or():
            return _or([_content(part, silent) for part in child.parts], silent)
        case Not():
            return _not(_content(child.child, silent=True), silent)
        case Boost():
            return _boost(_content(child.child, silent), child.factor, silent)
        case _:
            return child


def _is_silent(node: Node, silent: bool) -> bool:
    """Whether `node` names no lines: filters, and all below a `Not`."""
    if silent or isinstance(node, (Not, *_FILTERS)):
        return True
    if isinstance(node, And | Or):
        return all(_is_silent(part, silent) for part in node.parts)
    return isinstance(node, Boost | Content) and _is_silent(node.child, silent)


def _cost(node: Node) -> int:
    """Where in an `And` a part goes: what an index answers alone first, what reads or computes most last."""
    match node:
        case And() | Or():
            return max(map(_cost, node.parts), default=_FILTER)
        case Not() | Boost() | Content():
            return _cost(node.child)
        case Near():
            return max(_CONTENT, _cost(node.left), _cost(node.right))
        case Symbol():
            return _SYMBOL
        case Pattern():
            return _PATTERN
        case Structure():
            return _STRUCTURE
        case Meaning():
            return _MEANING
        case _:
            return _FILTER if isinstance(node, _FILTERS) else _CONTENT
