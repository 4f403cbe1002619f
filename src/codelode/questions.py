"""What an `Index` can be asked about structure: outlines, definitions, references, and who calls whom."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

from codelode.asking import Asking, options_of
from codelode.errors import QueryError
from codelode.model import Case, Edge, Reference, RelPath, Role, SearchStats, Symbol

if TYPE_CHECKING:
    from codelode.search.snapshot import Snapshot
    from codelode.search.source import Sources

T = TypeVar("T")

PROSE = frozenset({"", "csv", "diff", "latex", "markdown", "rst", "text"})
"""Languages, "" for files of none, in which a name is no code"""


@dataclass(frozen=True, slots=True)
class CallEdges:
    """Calls that were found, as a sequence of `Edge`; what was asked about, and the work it took."""

    definitions: tuple[Symbol, ...]
    """the definitions that were asked about; empty when none has the name"""
    edges: tuple[Edge, ...]
    stats: SearchStats
    """`partial` when there are more edges than were wanted"""

    def __iter__(self) -> Iterator[Edge]:
        return iter(self.edges)

    def __len__(self) -> int:
        return len(self.edges)


class References(Iterator[Reference]):
    """Mentions of a name in path and line order, found while they are asked for."""

    def __init__(
        self,
        found: Iterator[Reference],
        stats: SearchStats,
        total: Callable[[SearchStats], int],
        roles: Collection[Role],
        offset: int,
        limit: int | None,
        prose: bool,
    ) -> None:
        self.stats = stats
        """counts along"""
        self.roles: Counter[Role] = Counter()
        """mentions met so far, by role: those of other roles than were asked for, and skipped ones, too"""
        self.in_prose = 0
        """of those, the mentions in prose that were left out"""
        self.more = False
        """there are more than were wanted; known when the iterator is exhausted"""
        self._total = total
        self._prose = prose
        self._found = self._timed(self._run(found, frozenset(roles), offset, limit))

    def _timed(self, found: Iterator[Reference]) -> Iterator[Reference]:
        began = perf_counter()
        try:
            yield from found
        finally:
            self.stats.elapsed_ms = (perf_counter() - began) * 1000

    def _run(
        self, found: Iterator[Reference], roles: frozenset[Role], offset: int, limit: int | None
    ) -> Iterator[Reference]:
        wanted = 0
        for reference in found:
            left_out = not self._prose and reference.role is Role.TEXT and reference.language in PROSE
            if left_out or (roles and reference.role not in roles):
                self.roles[reference.role] += 1
                self.in_prose += left_out
                continue
            if limit is not None and wanted == offset + limit:
                self.more = True
                return
            self.roles[reference.role] += 1
            wanted += 1
            if wanted > offset:
                yield reference

    def __iter__(self) -> Iterator[Reference]:
        return self._found

    def __next__(self) -> Reference:
        return next(self._found)

    @property
    def total(self) -> int:
        """Mentions in all, of any role: exact when all were read, else an estimate by the files read so far."""
        met = self.roles.total()
        return max(met, self._total(self.stats)) if self.more else met


class StructureQuestions(Asking):
    """The part of `Index` that answers them.

    Names may be qualified: ``Class.method``, ``ns::fn``.  Every answer is read from the files as they are now.

    >>> import tempfile, pathlib
    >>> from codelode import Index
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "hello.py").write_text(
    ...     "class Greeter:\\n"
    ...     "    def greet(self, name):\\n"
    ...     "        return shout(f'hello {name}')\\n"
    ...     "def shout(text):\\n"
    ...     "    return text.upper()\\n"
    ...     "def main():\\n"
    ...     "    Greeter().greet('you')\\n"
    ... )
    >>> index = Index(folder, index_dir=".codelode")
    >>> _ = index.refresh()
    >>> [(symbol.kind, symbol.qualified, symbol.line) for symbol in index.outline("hello.py")]
    [('class', 'Greeter', 1), ('method', 'Greeter.greet', 2), ('function', 'shout', 4), ('function', 'main', 6)]
    >>> [symbol.qualified for symbol in index.symbols("gret")]
    ['Greeter.greet']
    >>> [symbol.signature for symbol in index.definitions("Greeter.greet")]
    ['def greet(self, name)']
    >>> [(mention.line, mention.role.value, mention.symbol) for mention in index.references("shout")]
    [(3, 'call', 'Greeter.greet'), (4, 'definition', '')]
    >>> [(edge.line, edge.caller.qualified) for edge in index.callers("shout")]
    [(3, 'Greeter.greet')]
    >>> [(edge.line, edge.callee_name) for edge in index.callees("main")]
    [(7, 'Greeter'), (7, 'greet')]
    >>> [(edge.depth, edge.caller.qualified) for edge in index.impact("shout")]
    [(1, 'Greeter.greet'), (2, 'main')]
    >>> index.close()
    """

    def outline(
        self,
        path: str | os.PathLike[str] = "",
        *,
        kinds: Sequence[str] = (),
        languages: Sequence[str] = (),
        globs: Sequence[str] = (),
    ) -> Iterator[Symbol]:
        """The definitions in a file, or in all files of a folder, in path order and that of the text; found while
        they are asked for.

        `path` counts from the root.  A single file need not be in the index, and may hold data: then its keys are
        the outline.  Raises QueryError for a path outside the root, a file that cannot be parsed, an unknown kind.
        """
        inside = self._inside(path)
        options = options_of(languages, globs, (inside,) if inside else (), kinds)

        def work(snapshot: Snapshot, sources: Sources, stats: SearchStats) -> Iterator[Symbol]:
            from codelode.search.outline import outline

            return outline(snapshot, self.root, inside, options, sources, stats)

        return self._ask(work)

    def symbols(
        self,
        query: str,
        *,
        kinds: Sequence[str] = (),
        limit: int = 10,
        case: str | Case = Case.SMART,
        all_matches: bool = False,
        languages: Sequence[str] = (),
        globs: Sequence[str] = (),
        under: Sequence[RelPath] = (),
    ) -> list[Symbol]:
        """The `limit` best definitions for a name: called so, beginning so, by humps (``gUN`` for getUserName),
        holding it, with a typo or two; with `all_matches` all of them in path order.

        Raises QueryError for an unknown kind.
        """
        options = options_of(languages, globs, under, kinds, limit, case=Case(case), all_matches=all_matches)

        def work(snapshot: Snapshot, sources: Sources, stats: SearchStats) -> list[Symbol]:
            from codelode.search.symbols import find_symbols

            return find_symbols(snapshot, query, options, sources, stats)

        return self._ask_of(query, work, "symbols")

    def definitions(
        self,
        name: str,
        *,
        kinds: Sequence[str] = (),
        languages: Sequence[str] = (),
        globs: Sequence[str] = (),
        under: Sequence[RelPath] = (),
    ) -> list[Symbol]:
        """Every definition of exactly this name, the project's own before tests and the like.

        Raises QueryError for an unknown kind.
        """
        options = options_of(languages, globs, under, kinds)

        def work(snapshot: Snapshot, sources: Sources, stats: SearchStats) -> list[Symbol]:
            from codelode.search.named import named_symbols

            return named_symbols(snapshot, name, options, sources)

        return self._ask_of(name, work, "definitions")

    def source(self, symbol: Symbol) -> str:
        """The whole lines of a definition as its file has them now.  Raises QueryError when that cannot be read."""
        from codelode.search.outline import read_text

        lines = read_text(self.root, self._inside(symbol.path)).split(b"\n")
        return b"\n".join(lines[symbol.start_line - 1 : symbol.end_line]).decode("utf-8", "replace")

    def references(
        self,
        name: str,
        *,
        roles: Collection[str | Role] = (),
        prose: bool = True,
        limit: int | None = 100,
        offset: int = 0,
        languages: Sequence[str] = (),
        globs: Sequence[str] = (),
        under: Sequence[RelPath] = (),
    ) -> References:
        """Every mention of the name (of a qualified one its last part) and what it is for, in path order: those
        of `roles` (empty: of any), without the first `offset`, at most `limit`; without `prose` only those in code.

        Files are read and parsed while mentions are asked for, so that the first of a popular name come at once.
        """
        wanted = [Role(role) for role in roles]
        options = options_of(languages, globs, under, all_matches=True)

        def work(snapshot: Snapshot, sources: Sources, stats: SearchStats) -> References:
            from codelode.search.references import estimate_total, find_references

            found = find_references(snapshot, name, options, sources, stats)
            return References(found, stats, estimate_total, wanted, offset, limit, prose)

        return self._ask_of(name, work)

    def callers(
        self,
        name: str,
        *,
        depth: int = 1,
        limit: int = 1000,
        languages: Sequence[str] = (),
        globs: Sequence[str] = (),
        under: Sequence[RelPath] = (),
    ) -> CallEdges:
        """The calls of every definition with this name; with `depth` over 1 then those of their callers, and so
        on, level by level.  `languages`, `globs` and `under` limit where calls are looked for."""
        options = options_of(languages, globs, under)

        def work(snapshot: Snapshot, sources: Sources, stats: SearchStats) -> CallEdges:
            from codelode.search import callgraph

            found = callgraph.callers(snapshot, name, options, sources, stats, depth=depth)
            return _edges(_asked_about(snapshot, name, sources), found, limit, stats)

        return self._ask_of(name, work, "callers")

    def callees(self, name: str, *, limit: int = 1000) -> CallEdges:
        """The calls inside every definition with this name, in path and line order."""
        options = options_of()

        def work(snapshot: Snapshot, sources: Sources, stats: SearchStats) -> CallEdges:
            from codelode.search import callgraph

            found = callgraph.callees(snapshot, name, options, sources, stats)
            return _edges(_asked_about(snapshot, name, sources), found, limit, stats)

        return self._ask_of(name, work, "callees")

    def impact(
        self,
        target: str,
        *,
        depth: int = 5,
        limit: int = 1000,
        languages: Sequence[str] = (),
        globs: Sequence[str] = (),
        under: Sequence[RelPath] = (),
    ) -> CallEdges:
        """Who is affected by a change of the definitions with this name, or of those in a file (its path from the
        root): callers, their callers and so on, the nearest first, each once.

        What proves it: the `callee` of an edge is what was asked about, or the `caller` of an earlier edge.
        """
        options = options_of(languages, globs, under)

        def work(snapshot: Snapshot, sources: Sources, stats: SearchStats) -> CallEdges:
            from codelode.search import callgraph

            found = callgraph.impact(snapshot, target, options, sources, stats, depth=depth, most=limit)
            return _edges(_asked_about(snapshot, target, sources), iter(found), limit, stats)

        return self._ask_of(target, work, "impact")

    def structure_states(self) -> dict[str, int]:
        """How many files there are by whether their definitions are known: by value of `model.StructureState`."""
        return self._with_snapshot(lambda snapshot: snapshot.structure())

    def _ask_of(self, name: str, work: Callable[[Snapshot, Sources, SearchStats], T], kind: str = "") -> T:
        if not name.strip():
            raise QueryError("the name is empty; say what to look for")
        return self._ask(work, kind)


def _asked_about(snapshot: Snapshot, target: str, sources: Sources) -> tuple[Symbol, ...]:
    from codelode.search.named import callable_symbols

    return callable_symbols(snapshot, target, sources)


def _edges(
    definitions: tuple[Symbol, ...], found: Iterator[Edge], limit: int, stats: SearchStats
) -> CallEdges:
    edges = tuple(islice(found, limit))
    stats.partial = stats.partial or next(found, None) is not None
    return CallEdges(definitions, edges, stats)
