"""The parser of regular expressions: RE2's syntax, that of engines which backtrack, and ripgrep's rules about lines
and smart case.

A pattern searches lines, and ``\\A`` and ``\\z`` mean the start and the end of a line then, as they do in ripgrep.  One
that asks for a newline (``\\n``, ``\\R``, a dot under the flag s) searches whole texts, as ``rg -U`` does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

from codelode.errors import PatternError
from codelode.query.backslashes import ANY_NEWLINE, TEXT_END, read_backslash
from codelode.query.charclass import parse_class
from codelode.query.parentheses import BODILESS, Flags, Kind, Opening, read_opening
from codelode.query.parsed import Parsed
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
    Literal,
    Look,
    Node,
    Recursion,
    Repeat,
    concat,
)
from codelode.query.translate import is_known

MAX_REPEAT = 1000
"""RE2's limit on ``{n,m}``."""
MAX_DEPTH = 100
"""Groups inside groups.  Walking the tree takes up to 3 Python frames a group of the interpreter's 1,000."""

_LOOKS = {
    Kind.AHEAD: (False, False),
    Kind.NOT_AHEAD: (False, True),
    Kind.BEHIND: (True, False),
    Kind.NOT_BEHIND: (True, True),
}

_COUNT = re.compile(r"\{(\d+)(,(\d*))?\}")


class _Known(NamedTuple):
    """What is known of a whole pattern once it has been read."""

    multiline: bool = False
    beyond: bool = False
    groups: int = 0
    names: dict[str, int] = {}  # noqa: RUF012  never changed


def parse(source: str, *, ignore_case: bool = False) -> Parsed:
    """The tree of `source`; `ignore_case` is as if it began with ``(?i)``.

    Raises PatternError, which names the construct and its position (in characters, from 1).
    """
    parser = _Parser(source, ignore_case, _Known())
    root = parser.run()
    if (
        parser.multiline or parser.beyond
    ):  # anchors, and references to later groups, depend on the whole pattern
        parser = _Parser(
            source, ignore_case, _Known(parser.multiline, parser.beyond, parser.groups, parser.names)
        )
        root = parser.run()
    return Parsed(root, parser.has_literal, parser.has_upper, parser.multiline, parser.beyond)


@dataclass(slots=True)
class _Frame:
    """An open group: what stood before its current branch, and what to go back to."""

    opened: int
    kind: Kind
    close: Callable[[], Node]
    """makes the group's node of the branches"""
    flags: Flags
    """outside"""
    branches: list[Node]
    parts: list[Node]
    first_group: int
    """groups before it"""
    most_groups: int = 0
    """most groups after any branch so far"""


class _Parser:
    def __init__(self, source: str, ignore_case: bool, known: _Known) -> None:
        self.source = source
        self.known = known
        self.pos = 0
        self.flags = Flags(ignore_case)
        self.has_literal = self.has_upper = False
        self.multiline = self.beyond = False
        self.groups = 0
        self.names: dict[str, int] = {}
        self.stack: list[_Frame] = []
        self.branches: list[Node] = []
        self.parts: list[Node] = []
        # What a repetition operator would apply to: "" nothing, "atom", or "repeat" (an operator just seen).
        self.before = ""

    def run(self) -> Node:
        source = self.source
        while self.pos < len(source):
            char = source[self.pos]
            if char == "(":
                self._open()
            elif char == ")":
                self._close()
            elif char == "|":
                self._branch()
            elif char in "*+?{":
                self._repeat(char)
            elif char == "[":
                self._class()
            elif char == "\\":
                self._escape()
            elif char == ".":
                self.multiline = self.multiline or self.flags.any_newline
                self._atom(AnyChar(self.flags.any_newline), 1)
            elif char == "^":
                self._anchor(Anchor.LINE_START if self.flags.line_anchors else Anchor.TEXT_START, 1)
            elif char == "$":
                self._anchor(Anchor.LINE_END if self.flags.line_anchors else Anchor.TEXT_END, 1)
            elif self.flags.verbose and (char.isspace() or char == "#"):
                self._skip(char)
            else:
                self._literal(char, 1)
        if self.stack:
            self._fail("group ( that is never closed", self.stack[-1].opened, "add ), or write \\( for (")
        return self._finish()

    def _fail(self, construct: str, position: int, advice: str) -> NoReturn:
        raise PatternError(f"{construct} at position {position + 1}: {advice}")

    def _atom(self, node: Node, width: int) -> None:
        self.beyond = self.beyond or (isinstance(node, CharClass) and not is_known(node))
        self.parts.append(node)
        self.before = "atom"
        self.pos += width

    def _anchor(self, anchor: Anchor, width: int) -> None:
        if not self.known.multiline:
            lines = {Anchor.TEXT_START: Anchor.LINE_START, Anchor.TEXT_END: Anchor.LINE_END}
            anchor = lines.get(anchor, anchor)
        self._atom(Assertion(anchor), width)

    def _literal(self, char: str, width: int) -> None:
        self.multiline = self.multiline or char == "\n"
        self._note(char)
        self._atom(Literal(char, self.flags.fold), width)

    def _note(self, char: str) -> None:
        self.has_literal = True
        self.has_upper = self.has_upper or char.isupper()

    def _skip(self, char: str) -> None:
        end = self.source.find("\n", self.pos) + 1 or len(self.source)
        self.pos = end if char == "#" else self.pos + 1

    def _finish(self) -> Node:
        self.branches.append(concat(self.parts))
        return self.branches[0] if len(self.branches) == 1 else Alternate(tuple(self.branches))

    def _branch(self) -> None:
        self.branches.append(concat(self.parts))
        self.parts = []
        self.before = ""
        self.pos += 1
        if self.stack and self.stack[-1].kind is Kind.RESET:
            frame = self.stack[-1]
            frame.most_groups = max(frame.most_groups, self.groups)
            self.groups = frame.first_group

    # ---- groups ------------------------------------------------------------------------------------------

    def _open(self) -> None:
        at = self.pos
        opening = read_opening(self.source, at, self.flags)
        if opening.kind in BODILESS:
            self._bodiless(opening)
            return
        if len(self.stack) == MAX_DEPTH:
            self._fail(f"group more than {MAX_DEPTH} groups deep", at, "write a flatter pattern")
        close = self._closing(opening)
        self.stack.append(_Frame(at, opening.kind, close, self.flags, self.branches, self.parts, self.groups))
        if opening.kind is Kind.CAPTURE:
            self.groups += 1
            if opening.name:
                self._name(opening.name, at)
        self.flags = opening.flags
        self.branches, self.parts = [], []
        self.before = ""
        self.pos = opening.end

    def _name(self, name: str, at: int) -> None:
        if name in self.names:
            self._fail(f"second group named {name}", at, "give it another name")
        self.names[name] = self.groups

    def _bodiless(self, opening: Opening) -> None:
        width = opening.end - self.pos
        if opening.kind is Kind.FLAGS:
            self.flags = opening.flags
            self.before = ""
            self.pos += width
        elif opening.kind is Kind.COMMENT:
            self.pos += width
        elif opening.kind is Kind.BACKREFERENCE:
            self._backreference(opening.group, width)
        elif opening.verb:
            self._beyond(opening.verb, width)
        else:
            self._beyond(Recursion(self._group(opening.group, "recursion")), width)

    def _closing(self, opening: Opening) -> Callable[[], Node]:
        kind = opening.kind
        self.beyond = self.beyond or kind not in (Kind.CAPTURE, Kind.PLAIN)
        if kind is Kind.CAPTURE and self.known.beyond:
            return lambda: Capture(self._finish())
        if kind in _LOOKS:
            return lambda: Look(self._finish(), *_LOOKS[kind])
        if kind is Kind.ATOMIC:
            return lambda: Atomic(self._finish())
        if kind is Kind.RESET:
            return lambda: BranchReset(self._finish())
        if kind is Kind.CONDITION:
            group = self._group(opening.group, "conditional") if opening.group else None
            return lambda: self._conditional(group)
        if kind is Kind.LOOK_CONDITION:
            return self._look_conditional
        return self._finish

    def _conditional(self, test: int | Look | None) -> Node:
        branches = [*self.branches, concat(self.parts)]
        if len(branches) > (1 if test is None else 2):
            self._fail(
                f"conditional with more than {'one branch' if test is None else 'two branches'}",
                self.stack[-1].opened,
                "group them: (?(1)(?:a|b)|c)",
            )
        return Conditional(test, branches[0], branches[1] if len(branches) == 2 else Concat(()))

    def _look_conditional(self) -> Node:
        parts = self.branches[0] if self.branches else concat(self.parts)
        first, *rest = parts.parts if isinstance(parts, Concat) and parts.parts else (parts,)
        if not isinstance(first, Look):
            self._fail("conditional on a look", self.stack[-1].opened, "write (?(?=look)yes|no)")
        if self.branches:
            self.branches[0] = concat(rest)
        else:
            self.parts = rest
        return self._conditional(first)

    def _close(self) -> None:
        if not self.stack:
            self._fail("parenthesis ) that closes no group", self.pos, "write \\) for the character")
        frame = self.stack[-1]
        node = frame.close()
        self.stack.pop()
        self.groups = max(self.groups, frame.most_groups)
        self.flags = frame.flags
        self.branches, self.parts = frame.branches, frame.parts
        self._atom(node, 1)

    # ---- references --------------------------------------------------------------------------------------

    def _group(self, written: str, what: str) -> int:
        """The number of the group that is written so; 0, the whole pattern, as long as they are not known."""
        if not self.known.beyond:
            return 0
        number = self.known.names.get(written)
        if number is None and re.fullmatch(r"[+-]?\d+", written):
            number = int(written)
            if written[0] in "+-":
                number += self.groups + (written[0] == "-")
                number = -1 if number == 0 else number
        if number is None or not 0 <= number <= self.known.groups:
            have = {0: "no groups", 1: "one group"}.get(self.known.groups, f"{self.known.groups} groups")
            named = f", named {', '.join(self.known.names)}" if self.known.names else ""
            self._fail(f"{what} to group {written}", self.pos, f"the pattern has {have}{named}")
        return number

    def _backreference(self, written: str, width: int) -> None:
        group = self._group(written, "backreference")
        if group == 0 and self.known.beyond:
            self._fail(
                "backreference to group 0", self.pos, "groups count from 1; (?R) matches the pattern again"
            )
        self._beyond(Backreference(group, self.flags.fold), width)

    def _beyond(self, node: Node, width: int) -> None:
        self.beyond = True
        self._atom(node, width)

    # ---- the rest ----------------------------------------------------------------------------------------

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
            self._fail(f"{char} right after a repetition", self.pos, "put the first one in a group (?:...)")
        lazy = self.source.startswith("?", self.pos + width)
        possessive = self.source.startswith("+", self.pos + width)
        repeat = Repeat(self.parts[-1], least, most, lazy == self.flags.swap_greed or possessive)
        self.parts[-1] = Atomic(repeat) if possessive else repeat
        self.beyond = self.beyond or possessive
        self.before = "repeat"
        self.pos += width + (lazy or possessive)

    def _class(self) -> None:
        found = parse_class(self.source, self.pos, fold=self.flags.fold)
        for char in found.literals:
            self._note(char)
        self.multiline = self.multiline or (not found.node.negated and "\n" in found.literals)
        self._atom(found.node, found.end - self.pos)

    def _escape(self) -> None:
        found = read_backslash(self.source, self.pos, fold=self.flags.fold, groups=self.groups)
        width = found.end - self.pos
        if found.group:
            self._backreference(found.group, width)
        elif isinstance(found.node, Assertion):
            self._anchor(found.node.anchor, width)
        elif found.node is TEXT_END:
            if self.known.multiline:
                self._beyond(TEXT_END, width)
            else:
                self._atom(Assertion(Anchor.LINE_END), width)
        elif found.node is not None:
            self.multiline = self.multiline or found.node is ANY_NEWLINE
            plain = isinstance(found.node, CharClass | AnyChar | Alternate)
            (self._atom if plain else self._beyond)(found.node, width)
        else:
            for char in found.text:
                self._literal(char, 0)
            self.pos = found.end


def _bounds(found: re.Match[str]) -> tuple[int, int | None]:
    least = int(found[1][:9])
    if found[2] is None:
        return least, least
    return least, int(found[3][:9]) if found[3] else None
