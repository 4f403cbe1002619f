"""What a parenthesis in a pattern opens: a group of some kind, or a thing that needs no closing one."""

from __future__ import annotations

import enum
import re
from typing import NamedTuple, NoReturn

from codelode.errors import PatternError
from codelode.query.syntax import Special


class Kind(enum.Enum):
    """What stands behind a ``(``."""

    CAPTURE = "("
    PLAIN = "(?:"
    AHEAD = "(?="
    NOT_AHEAD = "(?!"
    BEHIND = "(?<="
    NOT_BEHIND = "(?<!"
    ATOMIC = "(?>"
    RESET = "(?|"
    CONDITION = "(?("
    LOOK_CONDITION = "(?(?"
    # Those without a closing parenthesis of their own:
    FLAGS = "(?i)"
    COMMENT = "(?#"
    BACKREFERENCE = "(?P="
    RECURSION = "(?R)"
    VERB = "(*"


BODILESS = frozenset({Kind.FLAGS, Kind.COMMENT, Kind.BACKREFERENCE, Kind.RECURSION, Kind.VERB})
"""The kinds that are complete at `Opening.end`"""


class Flags(NamedTuple):
    """The flags that hold at a place in a pattern."""

    fold: bool
    """i"""
    any_newline: bool = False
    """s: the dot matches a newline"""
    line_anchors: bool = True
    """m: ``^`` and ``$`` stand at lines, not at the text's ends"""
    swap_greed: bool = False
    """U"""
    verbose: bool = False
    """x: white space and comments mean nothing"""


class Opening(NamedTuple):
    """A parenthesis with what belongs to it."""

    kind: Kind
    end: int
    """offset behind it in the pattern"""
    flags: Flags
    """inside the group, or from here on"""
    name: str = ""
    """of a capture"""
    group: str = ""
    """a group's number or name as it is written (``1``, ``-1``, ``name``), for those that refer to one; "" for
    ``(?(DEFINE)``"""
    verb: Special | None = None


_PREFIXES = (Kind.NOT_BEHIND, Kind.BEHIND, Kind.AHEAD, Kind.NOT_AHEAD, Kind.ATOMIC, Kind.RESET)
_NAME = re.compile(r"\(\?(?:P?<([^>]*)>|'([^']*)')")
_FLAGS = re.compile(r"\(\?([a-zA-Z]*)(-[a-zA-Z]*)?([:)])")
_COMMENT = re.compile(r"\(\?#[^)]*\)")
_BACKREFERENCE = re.compile(r"\(\?P=([^)]*)\)")
_RECURSION = re.compile(r"\(\?(?:([+-]?\d+)|R|P>([^)]*)|&([^)]*))\)")
_CONDITION = re.compile(r"\(\?\((?:<([^>]*)>|'([^']*)'|([+-]?\w+))\)")
_VERB = re.compile(r"\(\*([A-Z]*)[^)]*\)")
_VERBS = {"SKIP": Special.SKIP, "PRUNE": Special.PRUNE, "FAIL": Special.FAIL, "F": Special.FAIL}


def read_opening(source: str, at: int, flags: Flags) -> Opening:
    """What the ``(`` at `source[at]` opens where `flags` hold.  Raises PatternError with a position."""
    if source.startswith("(*", at):
        found = _VERB.match(source, at)
        if not found or found[1] not in _VERBS:
            _fail(
                "verb (*...)", at, "there are (*SKIP), (*PRUNE) and (*FAIL); write \\(\\* for the characters"
            )
        return Opening(Kind.VERB, found.end(), flags, verb=_VERBS[found[1]])
    if not source.startswith("(?", at):
        return Opening(Kind.CAPTURE, at + 1, flags)
    for kind in _PREFIXES:
        if source.startswith(kind.value, at):
            return Opening(kind, at + len(kind.value), flags)
    if source.startswith(("(?P<", "(?<", "(?'"), at):
        return _named(source, at, flags)
    if source.startswith("(?#", at):
        if not (found := _COMMENT.match(source, at)):
            _fail("comment (?#...) that is never closed", at, "add )")
        return Opening(Kind.COMMENT, found.end(), flags)
    if found := _BACKREFERENCE.match(source, at):
        return Opening(Kind.BACKREFERENCE, found.end(), flags, group=found[1])
    if found := _RECURSION.match(source, at):
        group = found[1] or found[2] or found[3] or "0"
        return Opening(Kind.RECURSION, found.end(), flags, group=group)
    if source.startswith("(?(", at):
        return _condition(source, at, flags)
    return _flags(source, at, flags)


def _fail(construct: str, position: int, advice: str) -> NoReturn:
    raise PatternError(f"{construct} at position {position + 1}: {advice}")


def _named(source: str, at: int, flags: Flags) -> Opening:
    found = _NAME.match(source, at)
    name = (found[1] or found[2] or "") if found else ""
    if not found or not re.fullmatch(r"[^\W\d]\w*", name):
        _fail("group without a valid name", at, "write (?P<name>...) with a word for the name")
    return Opening(Kind.CAPTURE, found.end(), flags, name=name)


def _condition(source: str, at: int, flags: Flags) -> Opening:
    if source.startswith(("(?(?=", "(?(?!", "(?(?<=", "(?(?<!"), at):
        return Opening(Kind.LOOK_CONDITION, at + 2, flags)
    found = _CONDITION.match(source, at)
    if not found:
        _fail("conditional (?(...)...)", at, "write (?(1)a|b), (?(<name>)a|b) or (?(?=look)a|b)")
    group = found[1] or found[2] or found[3]
    return Opening(Kind.CONDITION, found.end(), flags, group="" if group == "DEFINE" else group)


def _flags(source: str, at: int, flags: Flags) -> Opening:
    found = _FLAGS.match(source, at)
    on, off = (found[1], found[2] or "") if found else ("", "")
    if not found or off == "-" or (found[3] == ")" and not on + off):
        _fail("unknown group (?", at, "use (?:...) for a group, (?i) for a flag, \\( for (")
    for flag in on + off:
        if flag not in "imsUx-":
            _fail(f"flag {flag} in {found[0]}", at, "the flags are i, m, s, U and x")

    def now(letter: str, before: bool) -> bool:
        return letter not in off if letter in on + off else before

    changed = Flags(
        now("i", flags.fold),
        now("s", flags.any_newline),
        now("m", flags.line_anchors),
        now("U", flags.swap_greed),
        now("x", flags.verbose),
    )
    return Opening(Kind.FLAGS if found[3] == ")" else Kind.PLAIN, found.end(), changed)
