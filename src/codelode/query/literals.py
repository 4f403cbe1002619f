"""What a text must hold to match a pattern: a pattern as a tree of trigrams.

The method is Russ Cox's (codesearch): walk the pattern and know, for each part, the exact set of strings it
matches while that is small, else the sets of its prefixes and suffixes; and a tree that every match
satisfies.  The tree may let through texts that do not match; it never rejects one that does.

A trigram of bytes ``a b c`` (ASCII letters in lower case) is ``a << 16 | b << 8 | c``, over the UTF-8 text.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from codelode.query.folding import variants
from codelode.query.syntax import (
    Alternate,
    AnyChar,
    Assertion,
    CharClass,
    Concat,
    Literal,
    Node,
    Range,
    Repeat,
)
from codelode.query.trees import ALL, KeyRange, Require, TrigramTree, all_of, any_of

MAX_EXACT = 16
"""Strings in an exact set; a larger one is turned into trigrams, prefixes and suffixes."""
MAX_ENDS = 32
"""Strings in a set of prefixes or suffixes; a larger one is cut to shorter strings."""
MAX_CLASS = 16
"""Characters of a class taken one by one ([0-9a-f] is 16); a larger class is any character."""
_MAX_COPIES = 4
"""Copies of a repeated part written out: two more than a trigram can see across."""

_KELVIN = Require((0xE284AA,))
"""U+212A, which folds to k"""
_LONG_S = KeyRange(0xC5BF00, 0xC5BFFF)
"""U+017F, which folds to s: its two bytes and whatever follows (a newline after the last line)"""

Strings = frozenset[bytes]
_EMPTY: Strings = frozenset((b"",))


def pattern_tree(node: Node, *, multiline: bool = False) -> TrigramTree:
    """The trigrams that a text with a match of `node`, which RE2 must have, must have.

    With `multiline` the text is a whole file, not a block of one.
    """
    analysis = _Analysis(multiline)
    info = analysis.visit(node).flushed()
    tree = info.tree
    if tree != ALL and analysis.folds_k:
        tree = any_of([tree, _KELVIN])
    if tree != ALL and analysis.folds_s:
        tree = any_of([tree, _LONG_S])
    return tree


def literal_tree(literal: str, *, ignore_case: bool) -> TrigramTree:
    """The same for a literal text within a line."""
    return pattern_tree(Literal(literal, ignore_case))


@dataclass(frozen=True, slots=True)
class _Info:
    """What is known of every match of a part: it is in `exact`, or (exact None) begins with one of `prefixes`
    and ends with one of `suffixes`; and its text satisfies `tree`."""

    exact: Strings | None
    prefixes: Strings
    suffixes: Strings
    tree: TrigramTree

    def flushed(self) -> _Info:
        """The same with the exact set put into the tree."""
        if self.exact is None:
            return self
        tree = all_of([self.tree, _strings_tree(self.exact)])
        prefixes = frozenset(text if len(text) < 3 else text[:2] for text in self.exact)
        suffixes = frozenset(text if len(text) < 3 else text[-2:] for text in self.exact)
        return _Info(None, _without_longer(prefixes, 0), _without_longer(suffixes, 1), tree)

    def small(self) -> _Info:
        """The same with every set within its limit."""
        if self.exact is not None:
            if len(self.exact) <= MAX_EXACT and all(len(text) < 4 for text in self.exact):
                return self
            return self.flushed().small()
        tree = all_of([self.tree, _strings_tree(self.prefixes), _strings_tree(self.suffixes)])
        return _Info(None, _cut(self.prefixes, 0), _cut(self.suffixes, 1), tree)


_ANYTHING = _Info(None, _EMPTY, _EMPTY, ALL)
_EMPTY_MATCH = _Info(_EMPTY, _EMPTY, _EMPTY, ALL)


def _exactly(strings: Strings) -> _Info:
    return _Info(strings, strings, strings, ALL).small()


@functools.lru_cache(maxsize=256)
def _trigrams(text: bytes) -> tuple[int, ...]:
    grams = {text[i : i + 3] for i in range(len(text) - 2)}
    # Files are cut into blocks behind newlines: what lies across a cut is in no block.
    return tuple(sorted(int.from_bytes(gram, "big") for gram in grams if b"\n" not in gram))


def _strings_tree(strings: Strings) -> TrigramTree:
    """Every text that holds one of `strings`."""
    trigrams = [_trigrams(text) for text in sorted(strings)]
    return any_of([Require(keys) for keys in trigrams]) if all(trigrams) else ALL


def _without_longer(strings: Strings, suffix: int) -> Strings:
    """Without those that begin (end) with another one: they say less than it does not."""
    if b"" in strings:
        return _EMPTY
    kept: set[bytes] = set()
    for text in sorted(strings, key=len):
        ends = (text[size:] if suffix else text[: len(text) - size] for size in range(1, len(text)))
        if not any(end in kept for end in ends):
            kept.add(text)
    return frozenset(kept)


def _cut(strings: Strings, suffix: int) -> Strings:
    """At most MAX_ENDS prefixes (suffixes) of at most 2 bytes that cover `strings`."""
    size = 2
    while True:
        strings = frozenset(text[-size:] if suffix else text[:size] for text in strings)
        if size == 0 or b"" in strings:
            return _EMPTY if strings else strings
        strings = _without_longer(strings, suffix)
        if len(strings) <= MAX_ENDS:
            return strings
        size -= 1


def _cross(left: Strings, right: Strings) -> Strings:
    return frozenset(first + second for first in left for second in right)


def _concat(left: _Info, right: _Info) -> _Info:
    tree = all_of([left.tree, right.tree])
    if left.exact is not None and right.exact is not None:
        both = _cross(left.exact, right.exact)
        return _Info(both, both, both, tree).small()
    if left.exact is None and right.exact is None:
        # A trigram may lie across the border, in no prefix of the left and no suffix of the right.
        across = _cross(left.suffixes, right.prefixes)
        if len(across) <= MAX_ENDS * MAX_EXACT:
            tree = all_of([tree, _strings_tree(across)])
    prefixes = left.prefixes if left.exact is None else _cross(left.exact, right.prefixes)
    suffixes = right.suffixes if right.exact is None else _cross(left.suffixes, right.exact)
    return _Info(None, prefixes, suffixes, tree).small()


def _alternate(choices: list[_Info]) -> _Info:
    exact = [info.exact for info in choices if info.exact is not None]
    if len(exact) == len(choices):
        both = frozenset[bytes]().union(*exact)
        return _Info(both, both, both, any_of([info.tree for info in choices])).small()
    choices = [info.flushed() for info in choices]
    prefixes = frozenset[bytes]().union(*(info.prefixes for info in choices))
    suffixes = frozenset[bytes]().union(*(info.suffixes for info in choices))
    return _Info(None, prefixes, suffixes, any_of([info.tree for info in choices])).small()


class _Analysis:
    """One walk over a pattern; remembers whether a k or an s was folded on the way."""

    def __init__(self, multiline: bool) -> None:
        self._multiline = multiline
        self.folds_k = False
        self.folds_s = False

    def visit(self, node: Node) -> _Info:
        if isinstance(node, Literal):
            return self._literal(node)
        if isinstance(node, CharClass):
            return self._class(node)
        if isinstance(node, AnyChar):
            return _ANYTHING
        if isinstance(node, Assertion):
            return _EMPTY_MATCH
        if isinstance(node, Concat):
            info = _EMPTY_MATCH
            for part in node.parts:
                info = _concat(info, self.visit(part))
            return info
        if isinstance(node, Alternate):
            return _alternate([self.visit(part) for part in node.parts])
        if isinstance(node, Repeat):
            return self._repeat(self.visit(node.child), node.least, node.most)
        raise TypeError(f"{node} is beyond RE2 (query.relaxing)")

    def _literal(self, node: Literal) -> _Info:
        if not node.fold:
            return _exactly(frozenset((node.text.encode().lower(),)))
        info = _EMPTY_MATCH
        plain = ""
        for char in node.text:
            if char.isascii():
                self._note(char)
                plain += char
                continue
            info = _concat(info, _exactly(frozenset((plain.encode().lower(),))))
            info = _concat(info, self._folded(char))
            plain = ""
        return _concat(info, _exactly(frozenset((plain.encode().lower(),))))

    def _note(self, char: str) -> None:
        self.folds_k = self.folds_k or char in "kK\u212a"
        self.folds_s = self.folds_s or char in "sS\u017f"

    def _folded(self, char: str) -> _Info:
        """Any case of `char`."""
        self._note(char)
        if char.isascii():
            return _exactly(frozenset((char.lower().encode(),)))
        others = variants(char)
        if others is None:
            return _ANYTHING
        return _exactly(frozenset(other.encode().lower() for other in others))

    def _class(self, node: CharClass) -> _Info:
        spans = [item for item in node.items if isinstance(item, Range)]
        size = sum(span.last - span.first + 1 for span in spans)
        if (
            node.negated or len(spans) < len(node.items) or size > 2 * MAX_CLASS
        ):  # [A-Fa-f0-9] is 22, folded 16
            return _ANYTHING
        strings: set[bytes] = set()
        codes = {code for span in spans for code in range(span.first, span.last + 1)}
        for code in codes if self._multiline else codes - {10}:
            info = (
                self._folded(chr(code)) if node.fold else _exactly(frozenset((chr(code).encode().lower(),)))
            )
            if info.exact is None:
                return _ANYTHING
            strings |= info.exact
        if len(strings) > MAX_CLASS:
            return _ANYTHING
        return _exactly(frozenset(strings))

    def _repeat(self, child: _Info, least: int, most: int | None) -> _Info:
        if most == 0:
            return _EMPTY_MATCH
        if least == 0:
            return _alternate([child, _EMPTY_MATCH]) if most == 1 else _ANYTHING
        copies = min(least, _MAX_COPIES)
        info = child
        for _ in range(copies - 1):
            info = _concat(info, child)
        return info if most == copies else info.flushed().small()
