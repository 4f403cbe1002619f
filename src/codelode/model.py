"""The values that travel between the layers: no I/O, no behaviour beyond small properties.

Paths inside codelode are `bytes`, relative to the root, with ``/`` between parts: file names are bytes on most
systems, and a name that is no valid UTF-8 must survive.  `display_path` turns one into text at the surface.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from time import perf_counter
from typing import Any, NamedTuple

RelPath = bytes


def display_path(path: RelPath) -> str:
    """`path` as text; bytes that are no UTF-8 become lone surrogates, so that `os.fsencode` gives them back."""
    return path.decode("utf-8", "surrogateescape")


def sort_key(path: RelPath) -> bytes:
    """Order of paths everywhere: part by part, as ``rg --sort path`` has it (``a/b`` before ``a-b``)."""
    return path.replace(b"/", b"\0")


class SkipReason(enum.Enum):
    """Why a path that was seen is not (or not fully) in the index.  The value is what users and files see."""

    BINARY = "binary"
    """A NUL byte in the first 8,000 bytes: git's rule."""
    TOO_LARGE = "too_large"
    """Larger than `max_exact_bytes`."""
    TOO_LARGE_TO_RANK = "too_large_to_rank"
    """Larger than `max_ranked_bytes`: found by exact and regex search only."""
    MINIFIED = "minified"
    """Lines too long to rank (generated or minified text): found by exact and regex search only."""
    IGNORED_BY_RULE = "ignored_by_rule"
    EXCLUDED = "excluded"
    """Matches an `exclude` glob of the settings, or no `include` glob."""
    UNREADABLE = "unreadable"
    UNDECODABLE = "undecodable"
    """A UTF-16 byte order mark, but no valid UTF-16 after it."""
    VANISHED = "vanished"
    """Listed, but gone when it was read."""
    UNSTABLE = "unstable"
    """Changed every time while it was being read."""
    NOT_A_FILE = "not_a_file"
    """FIFO, socket or device: never opened."""
    OUTSIDE_ROOT = "outside_root"
    """A symbolic link out of the root, or dangling, or in a loop."""
    SYMLINK = "symlink"
    """A symbolic link to a file or folder inside the root, which is indexed under its own name."""
    WORKER_DIED = "worker_died"
    """Reading this one file killed the worker process more than once."""


EXACT_ONLY = frozenset({SkipReason.TOO_LARGE_TO_RANK, SkipReason.MINIFIED})
"""Reasons that keep a file out of ranked search only: it still has a segment and an ordinal."""


class StructureState(enum.Enum):
    """Whether the definitions of an indexed file are known.  The value is what users and files see."""

    PARSED = "parsed"
    NONE = "none"
    """Its language has no definitions to find, or none that codelode knows."""
    NO_GRAMMAR = "no_grammar"
    """The package with its language's grammar is not installed."""
    TOO_LARGE = "too_large_to_parse"
    """Larger than `max_parsed_bytes`."""
    TOO_SLOW = "too_slow_to_parse"
    CRASHED = "parser_crashed"
    """Parsing it killed the process."""


class Mode(enum.Enum):
    """How a query is understood."""

    AUTO = "auto"
    WORDS = "words"
    SEMANTIC = "semantic"
    HYBRID = "hybrid"
    EXACT = "exact"
    REGEX = "regex"
    SYMBOL = "symbol"
    AST = "ast"
    QUERY = "query"
    """the query language (docs/query_syntax.md)"""


RANKED = frozenset({Mode.WORDS, Mode.SEMANTIC, Mode.HYBRID})
"""Modes that rank chunks: they have no list of all matches."""


class Case(enum.Enum):
    """Whether case counts."""

    SMART = "smart"
    """Case counts when the query has an upper-case letter, as in ripgrep."""
    SENSITIVE = "sensitive"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class FileStat:
    """What `lstat` said of a path: the signature by which a changed file is recognised."""

    size: int
    """bytes"""
    mtime_ns: int
    ctime_ns: int
    """Change time (creation time on Windows): catches edits that restore size and mtime, and chmod."""


class Match(NamedTuple):
    """One match inside a hit.  Lines and columns are 1-based, columns and lengths in characters."""

    line: int
    column: int
    length: int


class Hit(NamedTuple):
    """A span of lines that answers a query.  A named tuple: a search may make 100,000, 0.4 us each."""

    path: str
    """Relative to the root; see `display_path`."""
    start_line: int
    """1-based"""
    end_line: int
    """1-based, inclusive"""
    score: float
    language: str
    """``""`` when not recognised"""
    symbol: str
    """Qualified name of the enclosing definition; ``""`` when there is none, and in lists of all matches"""
    text: str
    """The lines as they are in the file now, without the last line's end."""
    matches: tuple[Match, ...]
    copies: tuple[str, ...] = ()
    """paths of files that say the same there, folded into this hit (hybrid and semantic)"""

    def to_json(self) -> dict[str, Any]:
        """The hit as the command line's contract has it; `copies` when there are any."""
        found: dict[str, Any] = {
            "path": self.path,
            "start_line": self.start_line,
            "end_line": self.end_line,
            "score": round(self.score, 6),
            "language": self.language,
            "symbol": self.symbol,
            "text": self.text,
            "matches": [{"line": m.line, "column": m.column, "length": m.length} for m in self.matches],
        }
        if self.copies:
            found["copies"] = list(self.copies)
        return found


@dataclass(frozen=True, slots=True)
class Symbol:
    """A definition."""

    name: str
    kind: str
    """one of `structure.rules.KINDS`"""
    path: str
    """Relative to the root; see `display_path`."""
    line: int
    """1-based line of the name"""
    column: int
    """1-based column of the name, in characters"""
    start_line: int
    """first line of the definition, decorators and attributes included, comments before it not"""
    end_line: int
    """inclusive"""
    language: str
    qualified: str
    """names of the enclosing definitions and its own, joined as the language does (``Class.method``, ``ns::fn``)"""
    parent: str
    """qualified name of the enclosing definition; "" at the top"""
    visibility: str
    """public, protected, private, or "" where the language does not show it"""
    signature: str
    """its text up to the body, white space folded; from the file as it is now"""
    doc: str
    """the comment before it, or its docstring, without comment marks"""
    depth: int = 0
    """how many definitions enclose it"""

    def to_json(self) -> dict[str, Any]:
        """All fields."""
        return asdict(self)


class Role(enum.Enum):
    """What a mention of a name is for."""

    DEFINITION = "definition"
    CALL = "call"
    READ = "read"
    WRITE = "write"
    IMPORT = "import"
    TYPE = "type"
    COMMENT = "comment"
    STRING = "string"
    TEXT = "text"
    """in a file without a grammar: what it is for is not known"""


class Reference(NamedTuple):
    """One mention of a name."""

    path: str
    line: int
    """1-based"""
    column: int
    """1-based, in characters"""
    role: Role
    text: str
    """the line"""
    language: str
    symbol: str
    """qualified name of the enclosing definition; "" at the top of a file"""

    def to_json(self) -> dict[str, Any]:
        """All fields."""
        return {**self._asdict(), "role": self.role.value}


@dataclass(frozen=True, slots=True)
class Edge:
    """A call: who calls whom, and the line that proves it."""

    caller: Symbol | None
    """the definition that holds the call; None when it stands at the top of a file"""
    callee: Symbol | None
    """the definition that is called; None when none in the index has its name"""
    callee_name: str
    path: str
    """where the call is"""
    line: int
    column: int
    text: str
    """the line of the call"""
    candidates: tuple[Symbol, ...] = ()
    """every definition it may mean, likeliest first; `callee` is the first.  More than one: the name is shared
    and nothing in scope, imports or folders decides"""
    confidence: float = 1.0
    """1.0 when scope or import decides, else less"""
    why: str = ""
    """what ranked the first candidate first: scope, import, folder, only definition..."""
    depth: int = 1
    """calls between this one and the definition that was asked for, counting itself"""

    def to_json(self) -> dict[str, Any]:
        """All fields."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """What a search is asked beside its query text."""

    mode: Mode = Mode.AUTO
    limit: int = 10
    """Hits wanted; without meaning with `all_matches`."""
    case: Case = Case.SMART
    context: int = 0
    """Lines of context before and after each match (exact and regex)."""
    all_matches: bool = False
    """Every match in path order, unranked."""
    languages: frozenset[str] = frozenset()
    """Only files of these languages; empty for all."""
    globs: tuple[str, ...] = ()
    """Only paths that match one of these globs (gitignore syntax); ``!glob`` excludes."""
    under: tuple[RelPath, ...] = ()
    """Only these folders (with all inside) and files, relative to the root; empty for all."""
    kinds: frozenset[str] = frozenset()
    """Only definitions of these kinds (mode symbol); empty for all."""
    chosen: tuple[Any, ...] = ()
    """Only files for which each of these filters of the query language (`query.ast`), or Not of one, holds."""
    explain: bool = False
    offset: int = 0
    """Hits to leave out at the beginning of the ranking."""
    max_per_file: int | None = None
    """Most hits of one file; None for no bound."""
    timeout_ms: int | None = None
    """Time after which a search gives what it has, marked partial; None for no bound."""
    regex_budget_s: float = 5.0
    """Seconds for the regular expressions that need an engine which backtracks."""


@dataclass(slots=True)
class SearchStats:
    """Work counters of one search."""

    files: int = 0
    """files in the snapshot"""
    segments: int = 0
    candidates: int = 0
    """files (exact, regex) or chunks (words) that had to be looked at"""
    files_read: int = 0
    bytes_read: int = 0
    matched_files: int = 0
    matches: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    """files of the root that are not searched, by reason"""
    stale: int = 0
    """files that changed since they were indexed (only possible without a refresh)"""
    partial: bool = False
    cached: bool = False
    """the answer was computed earlier, or for somebody who asked at the same time; counters are those of that time"""
    elapsed_ms: float = 0.0
    notes: list[str] = field(default_factory=list)
    """what the user should know of how the answer was found, a sentence each"""
    explain: dict[str, Any] | None = None
    stages: dict[str, float] = field(default_factory=dict)
    """milliseconds of each stage of the search, in the order they ran"""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Adds the time of the block to stage `name`."""
        began = perf_counter()
        try:
            yield
        finally:
            self.stages[name] = self.stages.get(name, 0.0) + (perf_counter() - began) * 1000

    def to_json(self) -> dict[str, Any]:
        """All counters; `explain` when there is one."""
        out = {name: getattr(self, name) for name in self.__slots__ if name != "explain"}
        out["elapsed_ms"] = round(self.elapsed_ms, 3)
        out["stages"] = {name: round(spent, 3) for name, spent in self.stages.items()}
        if self.explain is not None:
            out["explain"] = self.explain
        return out


FIRST_PAGE = "start"
"""The cursor that asks for an answer in pages"""


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of an answer that is given in pages a result is."""

    name: str
    """of the kept answer"""
    start: int
    """place of the first hit in it"""
    total: int
    """hits of all pages"""
    fates: Mapping[int, str] = field(default_factory=dict)
    """hits, by place in the page, whose files were written since the first page, with what became of their lines:
    "same", "moved" (the hit says where they are now) or "gone" (it has no text)"""

    def after(self, shown: int) -> str:
        """The token for what comes behind `shown` hits of the page; "" behind the last."""
        place = self.start + shown
        return f"{self.name}-{place}" if place < self.total else ""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The answer to one query."""

    query: str
    mode: Mode
    """the mode that ran: never `Mode.AUTO`"""
    hits: tuple[Hit, ...]
    stats: SearchStats
    why: str = ""
    """why this mode, when it was `Mode.AUTO`'s choice; "" when it was asked for"""
    page: Page | None = None
    """which part this is of an answer in pages"""

    @property
    def cursor(self) -> str:
        """The token of the next page; "" when there is none."""
        return self.page.after(len(self.hits)) if self.page else ""

    def to_json(self) -> dict[str, Any]:
        """The answer as the command line's contract has it."""
        hits = [hit.to_json() for hit in self.hits]
        found = {
            "query": self.query,
            "mode": self.mode.value,
            "why": self.why,
            "hits": hits,
            "stats": self.stats.to_json(),
        }
        if self.page:
            found["cursor"] = self.cursor
            for place, fate in self.page.fates.items():
                hits[place] |= {"stale": True, "lines": fate}
        return found
