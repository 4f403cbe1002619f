"""Unicode word borders for RE2, whose ``\\b`` and ``\\B`` know ASCII words only.

A line, or a whole text, is copied with one ASCII character for each of its characters (its shadow), and the pattern is
rewritten to match shadows: characters that are in the same literals and classes of the pattern, and alike in
being a word character or not, share a stand-in, which is a letter, digit or underscore exactly when they are
word characters; a newline stays one.  So the rewritten pattern matches the shadow where the pattern, with Unicode's
borders, matches the line.
"""

from __future__ import annotations

import itertools
import string

from codelode.query.engine import Program
from codelode.query.syntax import CharClass, Literal, Node
from codelode.query.translate import WORD_CHAR, Leaf, leaf_to_re2, render
from codelode.search.spans import find_spans

_WORD = (string.ascii_letters + string.digits + "_").encode()
_OTHER = bytes(code for code in range(128) if code not in _WORD and code != ord("\n"))


class _NoStandInLeftError(Exception):
    """Not a LookupError, which str.translate would take for "leave this character as it is"."""


class _StandIns(dict[int, int]):
    """Character -> stand-in, as str.translate wants it; a new character is looked at when it first comes."""

    def __init__(self, tests: list[Program]) -> None:
        super().__init__()
        self._tests = tests
        self.traits: dict[tuple[bool, ...], int] = {}
        self._free = {True: list(_WORD), False: list(_OTHER)}

    def __missing__(self, code: int) -> int:
        encoded = chr(code).encode("utf-8", "surrogateescape")
        traits = tuple(test.is_whole(encoded) for test in self._tests)
        if traits not in self.traits:
            if traits[-1]:
                self.traits[traits] = code
            elif not self._free[traits[0]]:
                raise _NoStandInLeftError
            else:
                self.traits[traits] = self._free[traits[0]].pop()
        self[code] = self.traits[traits]
        return self[code]


class Shadow:
    """Matches one pattern, with Unicode word borders, against lines (or whole texts, when it is `multiline`) that are
    not all ASCII."""

    def __init__(self, root: Node, *, multiline: bool = False) -> None:
        self._root = root
        self._multiline = multiline
        self._atoms: dict[str, int] = {}
        render(root, self._collect)
        # The first trait is being a word character, the others are the atoms in order; the last is being a newline.
        sources = [WORD_CHAR, *self._atoms, r"\n"]
        self._tests = [Program(source, multiline=multiline) for source in sources]
        self._stand_ins = _StandIns(self._tests)
        self._program: Program | None = None
        self._compiled_traits = 0

    def _collect(self, leaf: Leaf) -> str:
        for atom in _atoms_of(leaf):
            self._atoms.setdefault(atom, len(self._atoms) + 1)
        return ""

    def _to_class(self, leaf: Leaf) -> str:
        if not isinstance(leaf, Literal | CharClass):
            return leaf_to_re2(leaf)
        parts = []
        for atom in _atoms_of(leaf):
            trait = self._atoms[atom]
            inside = [code for traits, code in self._stand_ins.traits.items() if traits[trait]]
            parts.append("".join(f"\\x{{{code:X}}}" for code in inside))
        return "".join(f"[{part}]" if part else r"[^\x{0}-\x{10FFFF}]" for part in parts)

    def spans(self, line: bytes) -> list[tuple[int, int]] | None:
        """Byte spans of the matches in `line`; None when the pattern tells more than 63 of the line's word
        characters (or 64 of its others) apart, which no real pattern does."""
        text = line.decode("utf-8", "surrogateescape")
        shadow = self._cast(text)
        if shadow is None:
            return None
        if self._program is None or self._compiled_traits != len(self._stand_ins.traits):
            self._program = Program(render(self._root, self._to_class), multiline=self._multiline)
            self._compiled_traits = len(self._stand_ins.traits)
        found = find_spans(self._program, shadow.encode())
        if not found:
            return found
        widths = (len(char.encode("utf-8", "surrogateescape")) for char in text)
        offsets = list(itertools.accumulate(widths, initial=0))
        return [(offsets[start], offsets[end]) for start, end in found]

    def _cast(self, text: str) -> str | None:
        try:
            return text.translate(self._stand_ins)
        except _NoStandInLeftError:  # earlier lines took them: begin anew with this one
            self._stand_ins = _StandIns(self._tests)
            self._program = None
        try:
            return text.translate(self._stand_ins)
        except _NoStandInLeftError:
            return None


def _atoms_of(leaf: Leaf) -> list[str]:
    """RE2 source of each one-character step of `leaf` that tells characters apart."""
    if isinstance(leaf, Literal):
        return [leaf_to_re2(Literal(char, leaf.fold)) for char in leaf.text]
    return [leaf_to_re2(leaf)] if isinstance(leaf, CharClass) else []
