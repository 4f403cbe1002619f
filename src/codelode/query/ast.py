"""The tree of the query language: frozen values without behaviour.

What holds where (docs/query_syntax.md has the examples):

* a tree is true or false of a file; `And`, `Or`, `Not` and the filters are about the whole file;
* a content atom (`Word` to `Structure`) is true where it matches, and `Near` where two of them match close together:
  its spans may lie in several lines, and in several chunks;
* a `Word` or `Wildcard` that stands alone matches the file's path too, unless it is inside `Content`;
* the lines of an answer are those of the atoms that made the tree true: all parts of a true `And`, the true parts of
  an `Or`, nothing below a `Not`.

A *word* is what `text.tokens` cuts: ``getUser_v2`` has the words get, User and v2.  A *border* is a place where a word
begins or ends.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """``retry``, ``mutex_lock``, ``std::vector``: the text as it stands, from border to border."""

    text: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """``"a phrase"``: the text wherever it stands, its white space for any run of white space, a line's end too.

    With `slop` (``"a b"~5``) the words of the text in that order, each at most `slop` words behind the one before:
    1 is side by side."""

    text: str
    slop: int | None = None


@dataclass(frozen=True, slots=True)
class Pattern:
    """``/regex/``: a regular expression."""

    source: str


@dataclass(frozen=True, slots=True)
class Wildcard:
    """``retr*``, ``w?rd``, ``get*User``: ``*`` for any word characters (underscores too), ``?`` for one; what is
    spelled out begins and ends at borders.  In `text` a backslash takes a ``*``, ``?`` or backslash for itself."""

    text: str


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """``retry~1``: one word with at most `distance` (1 or 2) letters added, left out, changed or swapped with a
    neighbour; case never counts."""

    text: str
    distance: int


@dataclass(frozen=True, slots=True)
class Near:
    """``a NEAR/5 b``: a match of each, in either order, not overlapping, at most `distance` words apart (1 is side by
    side).  Operands are `Word`, `Phrase`, `Pattern`, `Wildcard`, `Fuzzy`, `Near`, `Or` of these, `Boost` of these."""

    left: Node
    right: Node
    distance: int


@dataclass(frozen=True, slots=True)
class Meaning:
    """``~"retries with growing delays"``: files with a chunk among the nearest in meaning.  Never below a `Not`."""

    text: str


@dataclass(frozen=True, slots=True)
class Structure:
    """``ast:'foo($$$)'``: a structural pattern, of the language that a `Language` beside it names."""

    pattern: str


class Style(enum.Enum):
    """How a name or path is compared."""

    TEXT = "text"
    """contains it; case counts when it has an upper-case letter"""
    GLOB = "glob"
    """gitignore syntax for paths; the whole name, with ``*`` and ``?``, for others"""
    REGEX = "regex"
    """some part of it matches"""


@dataclass(frozen=True, slots=True)
class Symbol:
    """``sym:Foo``, ``sym:/Backoff$/``, ``kind:class``: a definition in the file with such a name (`text` empty: any)
    and of one of `kinds` (empty: any).  A name with a separator is compared with the qualified name."""

    text: str
    style: Style = Style.TEXT
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Content:
    """``content:foo``: the same in the text only, not in the path."""

    child: Node


@dataclass(frozen=True, slots=True)
class Path:
    """``file:x``, ``path:x``: the file's path, relative to its root."""

    text: str
    style: Style


@dataclass(frozen=True, slots=True)
class Language:
    """``lang:go``: our name of a language."""

    name: str


@dataclass(frozen=True, slots=True)
class Repository:
    """``repo:x``: the path of the root whose index the file is in."""

    text: str
    style: Style


@dataclass(frozen=True, slots=True)
class Extension:
    """``ext:py``: lower case, without the dot."""

    text: str


@dataclass(frozen=True, slots=True)
class Size:
    """``size:<10k``: bytes of the file."""

    operator: str
    """one of ``< <= > >= =``"""
    bytes: int


@dataclass(frozen=True, slots=True)
class Modified:
    """``modified:<7d``: changed less than 7 days ago; ``modified:>2026-01-31``: after that day began (UTC)."""

    operator: str
    """one of ``< <= > >=``"""
    when: str
    """an age (number and one of s, min, h, d, w, mo, y) or a date (YYYY-MM-DD)"""


@dataclass(frozen=True, slots=True)
class Is:
    """``is:test``, ``is:generated``, ``is:vendored``."""

    what: str


@dataclass(frozen=True, slots=True)
class Boost:
    """``retry^3``: counts so many times in the ranking; the same files."""

    child: Node
    factor: float


@dataclass(frozen=True, slots=True)
class And:
    """Every part is true of the file; without parts, every file."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Some part is true of the file; without parts, no file."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The child is not true of the file."""

    child: Node


Filter = Path | Language | Repository | Extension | Size | Modified | Is
Atom = Word | Phrase | Pattern | Wildcard | Fuzzy | Near | Meaning | Structure | Symbol
Node = Atom | Filter | Content | Boost | And | Or | Not

EVERYTHING, NOTHING = And(()), Or(())


class CaseRule(enum.Enum):
    """``case:`` of a query."""

    AUTO = "auto"
    """of each atom by itself: case counts when it has an upper-case letter"""
    YES = "yes"
    NO = "no"


class Results(enum.Enum):
    """``type:`` of a query: what is listed."""

    LINES = ""
    FILES = "file"
    REPOSITORIES = "repo"
    SYMBOLS = "symbol"


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query."""

    root: Node
    case: CaseRule = CaseRule.AUTO
    results: Results = Results.LINES
