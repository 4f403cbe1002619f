"""A parsed pattern as source for the `regex` module: for what RE2 has not.

Everything is spelled out (cases, lines, classes without a newline), so that both engines mean the same by it; only
their Unicode tables may be of different years.
"""

from __future__ import annotations

import functools

from codelode.query.engine import Program
from codelode.query.folding import variants
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
    ClassItem,
    Concat,
    Conditional,
    Literal,
    Look,
    Node,
    Perl,
    Property,
    Range,
    Recursion,
    Repeat,
    Special,
)
from codelode.query.translate import counts, is_known, leaf_to_re2, members

_ANCHORS = {
    Anchor.LINE_START: "^",
    Anchor.LINE_END: "$",
    Anchor.WORD_BORDER: r"\b",
    Anchor.NO_WORD_BORDER: r"\B",
    Anchor.TEXT_START: r"\A",
    Anchor.TEXT_END: r"\Z",
}
_GRAPHEME_IN_LINE = r"(?:(?!\r?\n)\X|\r)"
"""A carriage return before the newline is a part of the line, and one grapheme with the newline elsewhere."""

FEW = 200
"""Characters of a class that are folded one by one (4 us each); of a larger class RE2's tables are asked (80 ms)."""


def to_backtracking(node: Node, *, multiline: bool) -> str:
    """Source of `node` for ``regex.compile(source, regex.V1 | regex.MULTILINE)``.

    Without `multiline` nothing in it matches a newline."""
    return _Writer(multiline).write(node)


class _Writer:
    def __init__(self, multiline: bool) -> None:
        self.multiline = multiline

    def write(self, node: Node) -> str:
        if isinstance(node, Literal):
            return "".join(_folded(char) if node.fold else _quote(char) for char in node.text)
        if isinstance(node, AnyChar):
            return "(?s:.)" if node.newline else "."
        if isinstance(node, CharClass):
            return self._class(node)
        if isinstance(node, Assertion):
            return _ANCHORS[node.anchor]
        if isinstance(node, Concat):
            return "".join(
                self._group(part) if isinstance(part, Alternate) else self.write(part) for part in node.parts
            )
        if isinstance(node, Alternate):
            return "|".join(map(self.write, node.parts))
        if isinstance(node, Repeat):
            return self._group(node.child) + counts(node)
        return self._beyond(node)

    def _beyond(
        self,
        node: Capture | Backreference | Look | Atomic | Recursion | Conditional | BranchReset | Special,
    ) -> str:
        if isinstance(node, Capture):
            return f"({self.write(node.child)})"
        if isinstance(node, Backreference):
            return f"(?i-f:\\g<{node.group}>)" if node.fold else f"\\g<{node.group}>"
        if isinstance(node, Look):
            sign = ("<" if node.behind else "") + ("!" if node.negated else "=")
            return f"(?{sign}{self.write(node.child)})"
        if isinstance(node, Atomic):
            return f"(?>{self.write(node.child)})"
        if isinstance(node, BranchReset):
            return f"(?|{self.write(node.child)})"
        if isinstance(node, Recursion):
            return f"(?{node.group or 'R'})"
        if isinstance(node, Conditional):
            if node.test is None:
                return f"(?(DEFINE){self._group(node.yes)})"
            test = self.write(node.test) if isinstance(node.test, Look) else f"({node.test})"
            return f"(?{test}{self._group(node.yes)}|{self._group(node.no)})"
        if node is Special.GRAPHEME and not self.multiline:
            return _GRAPHEME_IN_LINE
        return node.value

    def _group(self, node: Node) -> str:
        return f"(?:{self.write(node)})"

    def _class(self, node: CharClass) -> str:
        items = [part for item in node.items for part in (_folded_item(item) if node.fold else [item])]
        inside = "".join(map(_item, items))
        if node.negated:
            # What is in no class matches everything: [^...] of nothing.
            newline = "" if self.multiline else r"\n"
            return f"[^{inside}{newline}]" if inside or newline else "(?s:.)"
        if not inside:
            return r"(?!)"
        return f"[{inside}]" if self.multiline or not _may_hold_newline(items) else f"[[{inside}]--\\n]"


def _may_hold_newline(items: list[ClassItem]) -> bool:
    for item in items:
        if isinstance(item, Range):
            if item.first <= 10 <= item.last:
                return True
        elif isinstance(item, Property) or item.negated != (item.letter == "s"):
            return True
    return False


def _item(item: ClassItem) -> str:
    if isinstance(item, Range):
        return f"{_code(item.first)}-{_code(item.last)}"
    if isinstance(item, Property):
        return f"\\{'P' if item.negated else 'p'}{{{item.name}}}"
    return f"\\{item.letter.upper() if item.negated else item.letter}"


def _code(code: int) -> str:
    return f"\\U{code:08X}"


def _quote(char: str) -> str:
    return char if char.isascii() and char.isalnum() else _code(ord(char))


@functools.lru_cache(maxsize=256)
def _same_letter(char: str) -> tuple[str, ...]:
    """Every character that RE2 takes for `char` when case is ignored, itself too."""
    others = variants(char)
    if others is None:
        spans = members(Range(ord(char), ord(char)), True)
        return tuple(chr(code) for span in spans for code in range(span.first, span.last + 1))
    program = Program(leaf_to_re2(Literal(char, True)), multiline=True)
    return tuple(other for other in others if program.is_whole(other.encode()))


def _folded(char: str) -> str:
    same = _same_letter(char)
    return _quote(char) if len(same) == 1 else f"[{''.join(map(_quote, same))}]"


def _folded_item(item: ClassItem) -> list[ClassItem]:
    """What a class item stands for when case is ignored: folding comes before negation."""
    if isinstance(item, Perl):
        return [item]  # all cases of a word character are word characters, and digits and spaces have none
    if isinstance(item, Range) and item.last - item.first < FEW:
        codes = {ord(other) for code in range(item.first, item.last + 1) for other in _cases(code)}
        return [Range(code, code) for code in sorted(codes)]
    if not is_known(CharClass((item,), False, False)):
        return [item]  # a property that at most the `regex` module knows
    return list(members(item, True))


def _cases(code: int) -> tuple[str, ...]:
    return (chr(code),) if 0xD800 <= code <= 0xDFFF else _same_letter(chr(code))
