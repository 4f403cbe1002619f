r"""Globs in gitignore syntax, byte for byte as git matches them, and filters made of them.

A glob is translated to RE2 syntax (Latin-1, so one byte is one character) and never tried one name at a
time where names come in bulk: they are joined with NUL, which no file name contains, and one RE2 pass finds
the few that match anything.  A newline in a name therefore needs no special care, and no glob can take
exponential time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import re2

from codelode.model import RelPath

_NAME = rb"[^/\x00]*"
_ANY = rb"[^\x00]*"
_SPECIAL = frozenset(b"*?[\\")
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-/ ,:=@~%")

_LONGEST = 32_768
"""A glob that needs more bytes than this matches no path of any system, and RE2 might refuse it."""
_CHUNK = 1 << 18
"""Bytes of regex compiled into one program: far below what `_MAX_MEM` holds (16 bytes an instruction)."""
_MAX_MEM = 64 << 20


def _class(*spans: tuple[int, int]) -> frozenset[int]:
    return frozenset(c for low, high in spans for c in range(low, high + 1))


_UPPER, _LOWER, _DIGIT = _class((65, 90)), _class((97, 122)), _class((48, 57))
_GRAPH = _class((0x21, 0x7E))
# git's own ASCII tables, not the C library's: its `space` has neither vertical tab nor form feed.
_POSIX: dict[bytes, frozenset[int]] = {
    b"alnum": _UPPER | _LOWER | _DIGIT,
    b"alpha": _UPPER | _LOWER,
    b"blank": frozenset(b" \t"),
    b"cntrl": _class((0, 31), (127, 127)),
    b"digit": _DIGIT,
    b"graph": _GRAPH,
    b"lower": _LOWER,
    b"print": _GRAPH | {32},
    b"punct": _GRAPH - _UPPER - _LOWER - _DIGIT,
    b"space": frozenset(b" \t\n\r"),
    b"upper": _UPPER,
    b"xdigit": frozenset(b"0123456789abcdefABCDEF"),
}


@dataclass(frozen=True, slots=True)
class Glob:
    """One parsed glob."""

    text: bytes
    """as it was written"""
    negated: bool
    dir_only: bool
    """it ended in a slash: matches folders only"""
    anchored: bool
    """matched against the path from the folder of its ignore file; otherwise against the last name alone"""
    literal: bytes | None
    """the one name or path that it matches, when it holds no wildcard"""
    prefix: bytes
    """what every path that an anchored glob matches begins with"""
    slashes: int | None
    """how many slashes every path that it matches has; None when ``**`` leaves that open"""
    regex: bytes
    """RE2 for the whole name or path, without anchors"""


def parse(text: bytes, *, fold: bool = False) -> Glob | None:
    """The glob `text`, or None when it can match nothing (an unclosed ``[``, a lone ``/``).

    Comments and trailing spaces are the ignore file's business, not this function's.  With `fold`, git's
    ``core.ignoreCase``: the glob is then to be matched against names in ASCII lower case.
    """
    negated = text.startswith(b"!")
    body = text[negated:]
    dir_only = body.endswith(b"/")
    if dir_only:
        body = body[:-1]
    anchored = b"/" in body
    body = body.removeprefix(b"/")
    cut = next((i for i, c in enumerate(body) if c in _SPECIAL), len(body))
    prefix, rest = body[:cut], body[cut:]
    if fold:
        prefix = prefix.lower()
    if not body or len(prefix) > _LONGEST:
        return None
    if not rest:
        if anchored and (prefix.startswith(b"/") or prefix.endswith(b"/") or b"//" in prefix):
            return None
        return Glob(text, negated, dir_only, anchored, prefix, prefix, prefix.count(b"/"), _quote(prefix))
    # git compares the part before the first wildcard on its own and gives only the rest to its matcher, so
    # that `**` right after it counts as standing at a beginning: `foo**/bar` matches `foobar`.  So does this.
    wild = _translate(rest, anchored=anchored, fold=fold)
    if wild is None:
        return None
    regex, slashes = wild
    if slashes is not None:
        slashes += prefix.count(b"/")
    return Glob(text, negated, dir_only, anchored, None, prefix, slashes, _quote(prefix) + regex)


def _quote(literal: bytes) -> bytes:
    return b"".join(bytes((c,)) if c in _PLAIN else b"\\x%02x" % c for c in literal)


def _translate(glob: bytes, *, anchored: bool, fold: bool) -> tuple[bytes, int | None] | None:
    """RE2 for `glob` and the number of slashes in what it matches, as git's wildmatch.c has it."""
    out: list[bytes] = []
    slashes = shortest = i = 0
    deep = False
    size = len(glob)
    while i < size:
        char = glob[i]
        if char == 0x2A:  # *
            end = i + 1
            while end < size and glob[end] == 0x2A:
                end += 1
            starts = i == 0 or glob[i - 1] == 0x2F
            ends = end == size or glob[end] == 0x2F or glob[end : end + 2] == b"\\/"
            piece = _NAME
            if anchored and end - i > 1 and starts and ends:
                deep = True
                piece = _ANY
                if glob[end : end + 1] == b"/":
                    piece = b"(?:" + _ANY + b"/)?"
                    end += 1
            # Several in a row say no more than one, and cost RE2 much.
            if not (out and out[-1] == piece and piece.endswith(b"?")):
                out.append(piece)
            i = end
            continue
        shortest += 1
        if char == 0x3F:  # ?
            out.append(rb"[^/\x00]")
        elif char == 0x5B:  # [
            found = _bracket(glob, i + 1, fold)
            if found is None:
                return None
            members, i = found
            out.append(_members(members - {0x2F, 0}))
        else:
            if char == 0x5C:  # backslash
                i += 1
                if i == size:
                    return None
                char = glob[i]
            elif fold and char in _UPPER:  # git does not fold an escaped letter: `\A` then matches nothing
                char += 32
            slashes += char == 0x2F
            out.append(_quote(bytes((char,))))
        i += 1
    if shortest > _LONGEST:
        return None
    return b"".join(out), None if deep else slashes


def _bracket(glob: bytes, i: int, fold: bool) -> tuple[frozenset[int], int] | None:
    """The bytes that the bracket expression whose inside begins at `i` matches, and where its ``]`` stands.

    None when it is not closed or names an unknown class: git then lets the whole glob match nothing.
    """
    padded = glob + b"\0"  # reading one byte past the end gives NUL, as in C
    negated = padded[i] in b"!^"
    i += negated
    members: set[int] = set()
    before = 0
    first = True
    while first or padded[i] != 0x5D:  # a `]` in first place is a member
        first = False
        char = padded[i]
        if char == 0:
            return None
        if char == 0x5C:
            i += 1
            char = padded[i]
            if char == 0:
                return None
            members.add(char)
        elif char == 0x2D and before and padded[i + 1] not in b"\0]":
            i += 1
            char = padded[i]
            if char == 0x5C:
                i += 1
                char = padded[i]
                if char == 0:
                    return None
            span = range(before, char + 1)
            members.update(span)
            if fold:
                members.update(c + 32 for c in span if 65 <= c <= 90)
            char = 0
        elif char == 0x5B and padded[i + 1] == 0x3A:
            close = padded.find(b"]", i + 2)
            if close < 0:
                return None
            if close == i + 2 or padded[close - 1] != 0x3A:
                members.add(char)  # no `:]` after it: a set that happens to hold `[` and `:`
            else:
                named = _POSIX.get(padded[i + 2 : close - 1])
                if named is None:
                    return None
                members.update(named)
                if fold and named is _UPPER:
                    members.update(_LOWER)
                i = close
                char = 0
        else:
            members.add(char)
        before = char
        i += 1
    every = frozenset(range(1, 256))
    return (every - members if negated else frozenset(members)), i


def _members(members: Collection[int]) -> bytes:
    if not members:
        return rb"[^\x00-\xff]"
    return b"[" + b"".join(b"\\x%02x" % c for c in sorted(members)) + b"]"


def _options() -> re2.Options:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    options.max_mem = _MAX_MEM
    return options


class GlobSet:
    """Regexes of globs, by position, matched together."""

    __slots__ = ("_any", "_regexes", "_sets")

    def __init__(self, regexes: Sequence[bytes]) -> None:
        self._regexes = regexes
        self._any: list[Any] | None = None
        self._sets: list[tuple[int, Any]] | None = None

    def _chunks(self) -> Iterable[tuple[int, Sequence[bytes]]]:
        start = size = 0
        for i, regex in enumerate(self._regexes):
            if size and size + len(regex) > _CHUNK:
                yield start, self._regexes[start:i]
                start, size = i, 0
            size += len(regex)
        yield start, self._regexes[start:]

    def candidates(self, joined: bytes) -> set[bytes]:
        """Of the names in `joined` (see `join`) those that match at least one glob."""
        if self._any is None:
            self._any = [
                re2.compile(rb"\x00(?:" + b"|".join(chunk) + rb")/\x00", _options())
                for _, chunk in self._chunks()
            ]
        return {joined[m.start() + 1 : m.end() - 2] for regex in self._any for m in regex.finditer(joined)}

    def which(self, name: bytes) -> list[int]:
        """Positions of all globs that match `name`, in no order."""
        if self._sets is None:
            self._sets = []
            for start, chunk in self._chunks():
                regexes = re2.Set.FullMatchSet(_options())
                for regex in chunk:
                    regexes.Add(regex)
                regexes.Compile()
                self._sets.append((start, regexes))
        return [start + i for start, regexes in self._sets for i in regexes.Match(name) or ()]


def join(names: Iterable[bytes], folder: bytes = b"") -> bytes:
    """`names`, each after `folder` (empty, or ending in a slash), as one text for `GlobSet.candidates`.

    Each has its own NUL on both sides, because matches cannot overlap.  No name ends in a slash: the one put
    there keeps a glob that matches nothing at all (``*``) from matching between two names.
    """
    text = (b"/\0\0" + folder).join(names)
    return b"\0" + folder + text + b"/\0" if text else b""


class GlobFilter:
    """Which paths a list of globs lets through, in gitignore syntax, as ``--path`` and `include` take them.

    A glob that matches a folder stands for everything in it; ``!glob`` takes out; the last glob that matches
    a path or one of its folders decides.  Where none does, a path passes if every glob is a ``!glob``.

    >>> keep = GlobFilter(["src/**", "!*.md"])
    >>> keep.matches(b"src/a.c"), keep.matches(b"src/a.md"), keep.matches(b"doc/a.c")
    (True, False, False)
    """

    __slots__ = ("_globs", "_negated", "_otherwise")

    def __init__(self, globs: Iterable[str | bytes]) -> None:
        texts = [g.encode("utf-8", "surrogateescape") if isinstance(g, str) else g for g in globs]
        parsed = [glob for text in texts if (glob := parse(_undotted(text))) is not None]
        self._negated = [glob.negated for glob in parsed]
        self._globs = GlobSet([_whole_path(glob) for glob in parsed])
        self._otherwise = all(text.startswith(b"!") for text in texts)

    def matches(self, path: RelPath) -> bool:
        """Whether the file `path` passes."""
        found = self._globs.which(path)
        return not self._negated[max(found)] if found else self._otherwise

    def select(self, paths: Sequence[RelPath]) -> set[RelPath]:
        """Those of the files `paths` that pass: several times faster than one at a time when few match."""
        hits = self._globs.candidates(join(paths)) if self._negated else set()
        if not any(self._negated):
            return set(paths) if self._otherwise else hits
        passed = {path for path in hits if self.matches(path)}
        return passed | (set(paths) - hits) if self._otherwise else passed


def _undotted(text: bytes) -> bytes:
    """`text` without the ``./`` that shells' completion likes to put in front; no glob could match it."""
    for sign in (b"", b"!"):
        if text.startswith(sign + b"./"):
            return sign + text[len(sign) + 1 :]
    return text


def _whole_path(glob: Glob) -> bytes:
    before = b"" if glob.anchored else b"(?:" + _ANY + b"/)?"
    after = b"/" + _ANY if glob.dir_only else b"(?:/" + _ANY + b")?"
    return before + b"(?:" + glob.regex + b")" + after
