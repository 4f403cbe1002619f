"""The parser of regular expressions: RE2's syntax, ripgrep's rules about lines and smart case.

A pattern searches lines: one that names a newline outside a larger class is refused, and ``\\A`` and ``\\z``
mean the start and the end of a line, as they do in ripgrep.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from codelode.errors import PatternError
from codelode.query.charclass import parse_class, parse_property, perl_class
from codelode.query.escapes import read_escape
from codelode.query.syntax import (
    Alternate,
    Anchor,
    AnyChar,
    Assertion,
    CharClass,
    Concat,
    Literal,
    Node,
    Range,
    Repeat,
    concat,
)

MAX_REPEAT = 1000
"""RE2's limit on ``{n,m}``."""
MAX_DEPTH = 100
"""Groups inside groups.  Walking the tree takes up to 3 Python frames a group of the interpreter's 1,000."""

_NEWLINE = (
    "the pattern asks for a newline; matches lie within a line: search for the two lines apart, "
    "or use $ or ^ for a line's end or start"
)

# What other engines have after "(?" and RE2 has not: longest first.
_FOREIGN_GROUPS = (
    ("(?<=", "lookbehind (?<=...)", "match the text before as well, or filter the answers"),
    ("(?<!", "negative lookbehind (?<!...)", "search for the rest and filter the answers"),
    ("(?P=", "backreference (?P=...)", "spell the repeated text out"),
    ("(?P>", "recursion (?P>...)", "spell the nesting out to the depth you need"),
    ("(?=", "lookahead (?=...)", "match the text after as well, or filter the answers"),
    ("(?!", "negative lookahead (?!...)", "search for the rest and filter the answers"),
    ("(?>", "atomic group (?>...)", "use (?:...): RE2 never backtracks, so it cannot be slow"),
    ("(?|", "branch reset (?|...)", "use (?:...)"),
    ("(?#", "comment (?#...)", "leave it out"),
    ("(?(", "conditional (?(...)...)", "write both cases as (?:a|b)"),
    ("(?&", "recursion (?&...)", "spell the nesting out to the depth you need"),
    ("(?R", "recursion (?R)", "spell the nesting out to the depth you need"),
    ("(*", "verb (*...)", "write \\(\\* for the characters"),
)
_FOREIGN_ESCAPES = {
    "Z": ("\\Z", "use $ for the end of a line"),
    "G": ("\\G", "use ^ for the start of a line"),
    "K": ("\\K", "match the whole text"),
    "R": ("\\R", "matches lie within a line; use $ for its end"),
    "X": ("\\X", "use . for one character"),
    "C": ("\\C", "use . for one character"),
    "N": ("\\N", "use . for any character but a newline"),
    "h": ("\\h", "use [ \\t]"),
    "H": ("\\H", "use [^ \\t]"),
    "k": ("backreference \\k", "spell the repeated text out"),
    "g": ("backreference \\g", "spell the repeated text out"),
    "<": ("word start \\<", "use \\b, or < for the character"),
    ">": ("word end \\>", "use \\b, or > for the character"),
}

_NAME = re.compile(r"\(\?P?<([^>]*)>")
_FLAGS = re.compile(r"\(\?([a-zA-Z]*)(-[a-zA-Z]*)?([:)])")
_COUNT = re.compile(r"\{(\d+)(,(\d*))?\}")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A pattern's tree, and what ripgrep's smart case looks at."""

    root: Node
    has_literal: bool
    """a character stands for itself somewhere, be it in a class"""
    has_upper: bool
    """one of those characters is an upper-case letter"""


def parse(source: str, *, ignore_case: bool = False) -> Parsed:
    """The tree of `source`; `ignore_case` is as if it began with ``(?i)``.

    Raises PatternError, which names the construct and its position (in characters, from 1).
    """
    return _Parser(source, ignore_case).run()


def parse_literal(text: str, *, ignore_case: bool = False) -> Parsed:
    """The same for a text in which every character stands for itself.  Raises PatternError for a newline."""
    if "\n" in text:
        raise PatternError("a literal must lie within a line; search for its lines apart")
    root: Node = Literal(text, ignore_case) if text else Concat(())
    return Parsed(root, bool(text), any(char.isupper() for char in text))


@dataclass(slots=True)
class _Frame:
    """An open group: what stood before its current branch, and the flags to go back to."""

    opened: int
    fold: bool
    swap_greed: bool
    branches: list[Node]
    parts: list[Node]


class _Parser:
    def __init__(self, source: str, ignore_case: bool) -> None:
        self.source = source
        self.pos = 0
        self.fold = ignore_case
        self.swap_greed = False
        self.has_literal = False
        self.has_upper = False
        self.names: set[str] = set()
        self.stack: list[_Frame] = []
        self.branches: list[Node] = []
        self.parts: list[Node] = []
        # What a repetition operator would apply to: "" nothing, "atom", or "repeat" (an operator just seen).
        self.before = ""

    def run(self) -> Parsed:
        source = self.source
        while self.pos < len(source):
            char = source[self.pos]
            if char == "(":
                self._open()
            elif char == ")":
                self._close()
            elif char == "|":
                self.branches.append(concat(self.parts))
                self.parts = []
                self.before = ""
                self.pos += 1
            elif char in "*+?{":
                self._repeat(char)
            elif char == "[":
                self._class()
            elif char == "\\":
                self._escape()
            elif char == ".":
                self._atom(AnyChar(), 1)
            elif char == "^":
                self._atom(Assertion(Anchor.LINE_START), 1)
            elif char == "$":
                self._atom(Assertion(Anchor.LINE_END), 1)
            else:
                self._literal(char, 1)
        if self.stack:
            self._fail("group ( that is never closed", self.stack[-1].opened, "add ), or write \\( for (")
        return Parsed(self._finish(), self.has_literal, self.has_upper)

    def _fail(self, construct: str, position: int, advice: str) -> NoReturn:
        raise PatternError(f"{construct} at position {position + 1}: {advice}")

    def _refuse(self, construct: str, advice: str) -> NoReturn:
        self._fail(construct, self.pos, f"RE2 has none; {advice}")

    def _atom(self, node: Node, width: int) -> None:
        self.parts.append(node)
        self.before = "atom"
        self.pos += width

    def _literal(self, char: str, width: int) -> None:
        if char == "\n":
            self._fail("newline", self.pos, _NEWLINE)
        self._note(char)
        self._atom(Literal(char, self.fold), width)

    def _note(self, char: str) -> None:
        self.has_literal = True
        self.has_upper = self.has_upper or char.isupper()

    def _finish(self) -> Node:
        self.branches.append(concat(self.parts))
        return self.branches[0] if len(self.branches) == 1 else Alternate(tuple(self.branches))

    def _open(self) -> None:
        source, at = self.source, self.pos
        for prefix, construct, advice in _FOREIGN_GROUPS:
            if source.startswith(prefix, at):
                self._refuse(construct, advice)
        width, fold, swap_greed = 1, self.fold, self.swap_greed
        if source.startswith(("(?P<", "(?<"), at):
            width = self._group_name()
        elif source.startswith("(?", at):
            width, fold, swap_greed = self._group_flags()
            if source[at + width - 1] == ")":
                self.fold, self.swap_greed = fold, swap_greed
                self.pos += width
                self.before = ""
                return
        if len(self.stack) == MAX_DEPTH:
            self._fail(f"group more than {MAX_DEPTH} groups deep", at, "write a flatter pattern")
        self.stack.append(_Frame(at, self.fold, self.swap_greed, self.branches, self.parts))
        self.fold, self.swap_greed = fold, swap_greed
        self.branches, self.parts = [], []
        self.before = ""
        self.pos += width

    def _group_name(self) -> int:
        found = _NAME.match(self.source, self.pos)
        if not found or not re.fullmatch(r"\w+", found[1]):
            self._fail("group without a valid name", self.pos, "write (?P<name>...) with a word for the name")
        if found[1] in self.names:
            self._fail(f"second group named {found[1]}", self.pos, "give it another name")
        self.names.add(found[1])
        return len(found[0])

    def _group_flags(self) -> tuple[int, bool, bool]:
        found = _FLAGS.match(self.source, self.pos)
        on, off = (found[1], found[2] or "") if found else ("", "")
        if not found or off == "-" or (found[3] == ")" and not on + off):
            if re.match(r"\(\?[+-]?\d", self.source[self.pos :]):
                self._refuse("recursion (?1)", "spell the nesting out to the depth you need")
            self._fail("unknown group (?", self.pos, "use (?:...) for a group, (?i) for a flag, \\( for (")
        fold, swap_greed = self.fold, self.swap_greed
        for flag in on + off:
            if flag not in "imsU-":
                self._refuse(f"flag {flag} in {found[0]}", "its flags are i, m, s and U")
        if "i" in on + off:
            fold = "i" not in off
        if "U" in on + off:
            swap_greed = "U" not in off
        return len(found[0]), fold, swap_greed

    def _close(self) -> None:
        if not self.stack:
            self._fail("parenthesis ) that closes no group", self.pos, "write \\) for the character")
        node = self._finish()
        frame = self.stack.pop()
        self.fold, self.swap_greed = frame.fold, frame.swap_greed
        self.branches, self.parts = frame.branches, frame.parts
        self._atom(node, 1)

    def _repeat(self, char: str) -> None:
        least, most, width = 0, None, 1
        if char == "{":
            found = _COUNT.match(self.source, self.pos)
            if not found:  # RE2 takes a brace that counts nothing for itself: "struct {"
                self._literal(char, 1)
                return
            least, most = _bounds(found)
            width = len(found[0])
            if max(least, most or 0) > MAX_REPEAT:
                self._fail(f"repetition {found[0]}", self.pos, f"RE2 repeats at most {MAX_REPEAT} times")
            if most is not None and most < least:
                self._fail(f"repetition {found[0]}", self.pos, "the second number is below the first")
        elif char == "+":
            least = 1
        elif char == "?":
            most = 1
        if self.before == "":
            self._fail(f"{char} with nothing to repeat", self.pos, f"write \\{char} for the character")
        if self.before == "repeat":
            if char == "+":
                self._refuse("possessive quantifier", "drop the +: RE2 never backtracks")
            self._fail(f"{char} right after a repetition", self.pos, "put the first one in a group (?:...)")
        lazy = self.source.startswith("?", self.pos + width)
        self.parts[-1] = Repeat(self.parts[-1], least, most, lazy == self.swap_greed)
        self.before = "repeat"
        self.pos += width + lazy

    def _class(self) -> None:
        found = parse_class(self.source, self.pos, fold=self.fold)
        for char in found.literals:
            self._note(char)
        if not found.node.negated and all(item == Range(10, 10) for item in found.node.items):
            self._fail("newline", self.pos, _NEWLINE)
        self._atom(found.node, found.end - self.pos)

    def _escape(self) -> None:
        source, at = self.source, self.pos
        following = source[at + 1 : at + 2]
        if not following:
            self._fail("backslash at the end", at, "write \\\\ for the character")
        if following in _FOREIGN_ESCAPES:
            self._refuse(*_FOREIGN_ESCAPES[following])
        if following in "bB":
            if source.startswith("{", at + 2) and re.match(r"\{(start|end)", source[at + 2 :]):
                self._refuse(f"\\{following}{{...}}", "use \\b")
            self._atom(Assertion(Anchor.WORD_BORDER if following == "b" else Anchor.NO_WORD_BORDER), 2)
        elif following == "A":
            self._atom(Assertion(Anchor.LINE_START), 2)
        elif following == "z":
            self._atom(Assertion(Anchor.LINE_END), 2)
        elif following == "Q":
            self._quoted()
        elif following in "dDsSwW":
            self._atom(CharClass((perl_class(following),), False, False), 2)
        elif following in "pP":
            item, end = parse_property(source, at)
            self._atom(CharClass((item,), False, self.fold), end - at)
        else:
            char, end = read_escape(source, at)
            self._literal(char, end - at)

    def _quoted(self) -> None:
        self.pos += 2
        end = self.source.find("\\E", self.pos)
        stop = len(self.source) if end < 0 else end
        while self.pos < stop:
            self._literal(self.source[self.pos], 1)
        if end >= 0:
            self.pos = end + 2


def _bounds(found: re.Match[str]) -> tuple[int, int | None]:
    least = int(found[1][:9])
    if found[2] is None:
        return least, least
    return least, int(found[3][:9]) if found[3] else None
