"""Trees of trigrams: what the trigram index is asked.

    All                every text
    Require(trigrams)  texts that have all of these trigrams
    KeyRange(a, b)     texts that have some trigram from a to b, both included
    And(parts)         texts that satisfy every part
    Or(parts)          texts that satisfy some part; without parts, no text

`all_of` and `any_of` build them in a normal form: an And has at most one Require, first, and no And inside;
an Or has no Or inside, and no part twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class All:
    """Every text."""


@dataclass(frozen=True, slots=True)
class Require:
    """Texts that have all of `trigrams` (ascending, distinct, at least one)."""

    trigrams: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KeyRange:
    """Texts that have some trigram from `first` to `last`, both included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class And:
    """Texts that satisfy every part."""

    parts: tuple[TrigramTree, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Texts that satisfy some part."""

    parts: tuple[TrigramTree, ...]


TrigramTree = All | Require | KeyRange | And | Or

ALL = All()
NOTHING = Or(())


def all_of(trees: Iterable[TrigramTree]) -> TrigramTree:
    """What satisfies every one of `trees`."""
    trigrams: set[int] = set()
    parts: dict[TrigramTree, None] = {}
    for tree in trees:
        for part in tree.parts if isinstance(tree, And) else (tree,):
            if isinstance(part, Require):
                trigrams.update(part.trigrams)
            elif part == NOTHING:
                return NOTHING
            elif not isinstance(part, All):
                parts[part] = None
    # An Or that the required trigrams satisfy already says nothing more.
    kept = [part for part in parts if not _implied(part, trigrams)]
    if trigrams:
        kept.insert(0, Require(tuple(sorted(trigrams))))
    if not kept:
        return ALL
    return kept[0] if len(kept) == 1 else And(tuple(kept))


def any_of(trees: Iterable[TrigramTree]) -> TrigramTree:
    """What satisfies at least one of `trees`."""
    parts: dict[TrigramTree, None] = {}
    for tree in trees:
        if isinstance(tree, All):
            return ALL
        for part in tree.parts if isinstance(tree, Or) else (tree,):
            parts[part] = None
    if len(parts) == 1:
        return next(iter(parts))
    common = set.intersection(*map(_required, parts)) if parts else set()
    if not common:
        return Or(tuple(parts))
    # (a & b) | (a & c) is a & (b | c): a is read once, and narrows the rest.
    rest = any_of([_without(part, common) for part in parts])
    return all_of([Require(tuple(sorted(common))), rest])


def _implied(tree: TrigramTree, trigrams: Collection[int]) -> bool:
    """Whether a text with all of `trigrams` satisfies `tree` for sure."""
    if isinstance(tree, Require):
        return all(trigram in trigrams for trigram in tree.trigrams)
    if isinstance(tree, KeyRange):
        return any(tree.first <= trigram <= tree.last for trigram in trigrams)
    if isinstance(tree, And):
        return all(_implied(part, trigrams) for part in tree.parts)
    return isinstance(tree, All) or any(_implied(part, trigrams) for part in tree.parts)


def _required(tree: TrigramTree) -> set[int]:
    if isinstance(tree, And):
        tree = tree.parts[0]
    return set(tree.trigrams) if isinstance(tree, Require) else set()


def _without(tree: TrigramTree, trigrams: set[int]) -> TrigramTree:
    if isinstance(tree, And):
        return all_of(
            [_without(part, trigrams) if isinstance(part, Require) else part for part in tree.parts]
        )
    left = (
        tuple(trigram for trigram in tree.trigrams if trigram not in trigrams)
        if isinstance(tree, Require)
        else ()
    )
    return Require(left) if left else ALL


def describe(tree: TrigramTree) -> str:
    """`tree` on one line, for people: ``("abc" & "bcd") | "\\xe2\\x84\\xaa"``."""
    if isinstance(tree, All):
        return "every file"
    if isinstance(tree, KeyRange):
        return f"{_show(tree.first)}..{_show(tree.last)}"
    if isinstance(tree, Require):
        return " & ".join(map(_show, tree.trigrams))
    if not tree.parts:
        return "no file"
    sign = " & " if isinstance(tree, And) else " | "
    return sign.join(_bracketed(part) for part in tree.parts)


def _bracketed(tree: TrigramTree) -> str:
    text = describe(tree)
    return f"({text})" if " & " in text or " | " in text else text


def _show(trigram: int) -> str:
    text = repr(trigram.to_bytes(3, "big"))[2:-1].replace('"', '\\"')
    return f'"{text}"'
