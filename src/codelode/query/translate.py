"""A parsed pattern as RE2 source with ripgrep's meaning: Unicode ``\\w``, ``\\d``, ``\\s``, line anchors."""

from __future__ import annotations

import functools
import re
import sys
from array import array
from collections.abc import Callable

from codelode.errors import PatternError
from codelode.query.engine import Program
from codelode.query.syntax import (
    MAX_CODE_POINT,
    Alternate,
    AnyChar,
    Assertion,
    CharClass,
    ClassItem,
    Concat,
    Literal,
    Node,
    Perl,
    Property,
    Range,
    Repeat,
)

# Unicode's word characters (UTS #18, annex C) in what RE2 can say: Alphabetic beyond \p{L}, \p{M} and \p{Nl}
# is the circled and squared letters; Join_Control is the last two.
_WORD = (
    r"\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\x{24B6}-\x{24E9}\x{1F130}-\x{1F149}\x{1F150}-\x{1F169}"
    r"\x{1F170}-\x{1F189}\x{200C}\x{200D}"
)
_PERL = {"w": _WORD, "d": r"\p{Nd}", "s": r"\t-\r \x{85}\p{Z}"}
WORD_CHAR = f"[{_WORD}]"
_NEVER, _ANY = r"[^\x{0}-\x{10FFFF}]", r"[\x{0}-\x{10FFFF}]"

_UTF_32 = "utf-32-le" if sys.byteorder == "little" else "utf-32-be"

Leaf = Literal | CharClass | AnyChar


def to_re2(node: Node) -> str:
    """RE2 source for `node`, to be compiled by `engine.Program`."""
    return render(node, leaf_to_re2)


def to_re2_without_long_folds(node: Node) -> str:
    """The same for texts that hold neither U+212A (a k when case is ignored) nor U+017F (an s).

    RE2 scans for a literal of ASCII letters in any case three times as fast as for one with a class inside,
    which the three-character sets of k and s are: "kernel" in 11 MB takes 6 ms, not 19.
    """
    return render(node, _leaf_without_long_folds)


def _leaf_without_long_folds(node: Leaf) -> str:
    if not isinstance(node, Literal) or not node.fold:
        return leaf_to_re2(node)
    parts = re.split("([ksKS])", node.text)
    for i in range(1, len(parts), 2):
        parts[i] = f"[{parts[i].upper()}{parts[i].lower()}]"
    for i in range(0, len(parts), 2):
        parts[i] = leaf_to_re2(Literal(parts[i], True)) if parts[i] else ""
    return "".join(parts)


def render(node: Node, leaf: Callable[[Leaf], str]) -> str:
    """RE2 source of the same shape as `node`, each leaf as `leaf` has it (one RE2 atom, or a row of them)."""
    if isinstance(node, Literal | CharClass | AnyChar):
        return leaf(node)
    if isinstance(node, Assertion):
        return f"(?:{node.anchor.value})"
    if isinstance(node, Concat):
        return "".join(_grouped(part, leaf, Alternate) for part in node.parts) or "(?:)"
    if isinstance(node, Alternate):
        return "|".join(render(part, leaf) for part in node.parts)
    if isinstance(node, Repeat):
        return _grouped(node.child, leaf, object) + counts(node)
    raise TypeError(f"{node} is beyond RE2 (query.relaxing)")


def _grouped(node: Node, leaf: Callable[[Leaf], str], kind: type) -> str:
    source = render(node, leaf)
    return f"(?:{source})" if isinstance(node, kind) else source


def counts(node: Repeat) -> str:
    """The operator of a repetition, as both engines write it."""
    if (node.least, node.most) == (0, None):
        times = "*"
    elif (node.least, node.most) == (1, None):
        times = "+"
    elif (node.least, node.most) == (0, 1):
        times = "?"
    elif node.most == node.least:
        times = f"{{{node.least}}}"
    else:
        times = f"{{{node.least},{'' if node.most is None else node.most}}}"
    return times if node.greedy else f"{times}?"


def leaf_to_re2(node: Leaf) -> str:
    """RE2 source of a leaf."""
    if isinstance(node, AnyChar):
        return "(?s:.)" if node.newline else r"[^\n]"
    if isinstance(node, Literal):
        quoted = "".join(map(_quote, node.text))
        return f"(?i:{quoted})" if node.fold else quoted
    return _class_to_re2(node)


def _quote(char: str) -> str:
    return char if char.isascii() and char.isalnum() else f"\\x{{{ord(char):X}}}"


def _class_to_re2(node: CharClass) -> str:
    plain = [item for item in node.items if isinstance(item, Range) or not item.negated]
    rest = [item for item in node.items if not isinstance(item, Range) and item.negated]
    if not rest:
        return _bracketed(plain, negated=node.negated, fold=node.fold)
    if not node.negated:
        # RE2 has no class inside a class, but one character out of either is the same set.
        choices = [_bracketed(plain, negated=False, fold=node.fold)] if plain else []
        choices += [_bracketed([_positive(item)], negated=True, fold=node.fold) for item in rest]
        return choices[0] if len(choices) == 1 else f"(?:{'|'.join(choices)})"
    # What is in every positive twin of `rest`, and not in `plain`: only code points can say it.
    from codelode.query.charclass import complement  # the parser of classes, for this rare one only

    spans = [span for item in rest for span in complement(list(members(_positive(item), node.fold)))]
    for item in plain:
        spans.extend(members(item, node.fold))
    return _bracketed(complement(spans), negated=False, fold=False)


def _positive(item: Property | Perl) -> ClassItem:
    return Property(item.name, False) if isinstance(item, Property) else Perl(item.letter, False)


def _bracketed(items: list[ClassItem] | list[Range], *, negated: bool, fold: bool) -> str:
    if not items:
        return _ANY if negated else _NEVER
    inside = "".join(map(_item_to_re2, items))
    source = f"[{'^' if negated else ''}{inside}]"
    return f"(?i:{source})" if fold else source


def _item_to_re2(item: ClassItem) -> str:
    if isinstance(item, Range):
        return f"\\x{{{item.first:X}}}-\\x{{{item.last:X}}}"
    if isinstance(item, Property):
        return f"\\{'P' if item.negated else 'p'}{{{item.name}}}"
    return _PERL[item.letter]


def is_known(node: CharClass) -> bool:
    """Whether RE2 knows every property in `node`: general categories and scripts, not Alphabetic or Emoji."""
    return all(_knows(item.name) for item in node.items if isinstance(item, Property))


@functools.lru_cache(maxsize=64)
def _knows(name: str) -> bool:
    try:
        Program(f"\\p{{{name}}}")
    except PatternError:
        return False
    return True


@functools.lru_cache(maxsize=16)
def members(item: ClassItem, fold: bool) -> tuple[Range, ...]:
    """The code points of a positive `item`, by RE2's own tables (80 ms: only ``[^\\W...]`` needs them)."""
    if isinstance(item, Range) and not fold:
        return (item,)
    program = Program(f"{_bracketed([item], negated=False, fold=fold)}+", multiline=True)
    spans: list[Range] = []
    for first, last in ((0, 0xD7FF), (0xE000, MAX_CODE_POINT)):
        # Twice as fast as joining a million chr().
        text = array("I", range(first, last + 1)).tobytes().decode(_UTF_32).encode()
        spans.extend(
            Range(ord(text[start:end].decode()[0]), ord(text[start:end].decode()[-1]))
            for start, end in program.find_each(text)
        )
    return tuple(spans)
