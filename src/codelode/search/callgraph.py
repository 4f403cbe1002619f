"""Who calls what: edges found when asked, from calls in the files as they are now.  None is invented: each names
the line that holds the call, and a mention in a comment or a string is no call."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from codelode.model import Edge, Role, SearchOptions, SearchStats, Symbol, display_path
from codelode.search.codebase import CALLABLE, Codebase, Target
from codelode.search.lines import columns
from codelode.search.mentions import NameMatcher, mentioning_files
from codelode.search.parsed import IndexedOutline, ParsedFile
from codelode.search.resolve import CallSite, Meaning, Resolver
from codelode.search.snapshot import Snapshot
from codelode.search.source import Sources
from codelode.search.symbols import definitions_named
from codelode.structure.rules import KINDS
from codelode.structure.scoping import scoping_of

IMPACT_DEPTH = 5
"""Calls between what is changed and what is affected"""

IMPACT_EDGES = 1_000
"""Affected definitions that are listed"""

FOLLOWED = 0.5
"""A surer edge than this is followed on to the callers of its caller"""

_WORD = re.compile(rb"[A-Za-z_$@\x80-\xff][\w$\x80-\xff]*[?!]?")
_HOLDERS = frozenset(
    {"function", "method", "macro", "property", "class", "struct", "impl", "module", "rule", "target"}
)
"""Kinds that a call is said to stand in"""


def callers(
    snapshot: Snapshot,
    name: str,
    options: SearchOptions,
    sources: Sources,
    stats: SearchStats,
    *,
    depth: int = 1,
) -> Iterator[Edge]:
    """Calls of every definition called `name` (qualified names allowed: ``Class.method``), in path and line order;
    with `depth` over 1 then the calls of their callers, level by level.

    A call that cannot mean the definition is left out.  Raises PatternError for a name that is no text.
    """
    graph = _Graph(snapshot, options, sources, stats)
    return graph.levels(graph.definitions(name), depth)


def callees(
    snapshot: Snapshot, name: str, options: SearchOptions, sources: Sources, stats: SearchStats
) -> Iterator[Edge]:
    """The calls in every definition called `name`, in path and line order; `callee` is None for what is defined
    outside the tree."""
    graph = _Graph(snapshot, options, sources, stats)
    for target in graph.definitions(name):
        yield from graph.calls_in(target)


def impact(
    snapshot: Snapshot,
    name_or_path: str,
    options: SearchOptions,
    sources: Sources,
    stats: SearchStats,
    *,
    depth: int = IMPACT_DEPTH,
    most: int = IMPACT_EDGES,
) -> list[Edge]:
    """Who is affected by a change of the definitions called so, or of those in a file: callers, their callers, and
    so on, the nearest first, each affected definition (or file, for calls at its top) once and at most `most`.

    The chain that proves it: an edge's `callee` is the `caller` of an earlier edge (`chain_of`), down to depth 1.
    """
    graph = _Graph(snapshot, options, sources, stats)
    targets = graph.definitions_in(name_or_path) or graph.definitions(name_or_path)
    seen: set[tuple[str, str, int]] = {_identity(graph.codebase.symbol(target)) for target in targets}
    found = []
    for edge in graph.levels(targets, depth):
        key = _identity(edge.caller) if edge.caller else (edge.path, "", 0)
        if key not in seen:
            seen.add(key)
            found.append(edge)
            if len(found) == most:
                stats.partial = True
                break
    return found


def chain_of(edges: Sequence[Edge], edge: Edge) -> list[Edge]:
    """The calls from `edge` (one of `edges`, as `impact` gives them) to what was asked for."""
    by_caller = {_identity(one.caller): one for one in edges if one.caller}
    chain = [edge]
    while edge.depth > 1 and edge.callee and (following := by_caller.get(_identity(edge.callee))):
        edge = following
        chain.append(edge)
    return chain


def _identity(symbol: Symbol) -> tuple[str, str, int]:
    return symbol.path, symbol.qualified, symbol.line


class _Graph:
    """The calls of one question."""

    def __init__(
        self, snapshot: Snapshot, options: SearchOptions, sources: Sources, stats: SearchStats
    ) -> None:
        self._snapshot = snapshot
        self._options = options
        self._sources = sources
        self._stats = stats
        self.codebase = Codebase(snapshot, sources, stats)
        self._resolver = Resolver(self.codebase)

    def definitions(self, name: str) -> list[Target]:
        """The definitions that are asked for."""
        found = [self.codebase.target(part, row) for part, row in definitions_named(self._snapshot, name)]
        return [one for one in found if one.kind in CALLABLE]

    def definitions_in(self, path: str) -> list[Target]:
        """Those in a file of this path."""
        found = self._snapshot.find(path.encode("utf-8", "surrogateescape"))
        if found is None:
            return []
        part, ordinal = found
        rows = part.symbols.of_file(ordinal)
        chosen = [row for row in rows if KINDS[part.symbols.kinds[row]] in CALLABLE]
        return [self.codebase.target(part, row) for row in chosen]

    def levels(self, targets: Sequence[Target], depth: int) -> Iterator[Edge]:
        """The calls of `targets`, then of their callers, `depth` levels; each definition's calls once."""
        seen = {target.key for target in targets}
        level = list(targets)
        for number in range(1, depth + 1):
            following: list[Target] = []
            for edge, caller in self._calls_of(level, number):
                yield edge
                if caller is not None and caller.key not in seen and edge.confidence >= FOLLOWED:
                    seen.add(caller.key)
                    following.append(caller)
            level = [one for one in following if one.kind in CALLABLE]

    def _calls_of(self, targets: Iterable[Target], depth: int) -> Iterator[tuple[Edge, Target | None]]:
        by_name: dict[str, list[Target]] = {}
        for target in targets:
            by_name.setdefault(target.name, []).append(target)
        for name, wanted in by_name.items():
            families = {self.codebase.scoping(target).family for target in wanted}
            keys = {target.key for target in wanted}
            for file, _ in mentioning_files(self._snapshot, name, self._options, self._sources, self._stats):
                if scoping_of(file.language).family not in families:
                    continue
                self.codebase.keep(file)
                for site in self._calls_by_name(file, name):
                    meanings = self._resolver.meanings(site)
                    chosen = next((one for one in meanings if one.target.key in keys), None)
                    if chosen is not None:
                        caller = self._caller(site)
                        yield self._edge(site, caller, meanings, chosen, depth), self._target_of(file, caller)

    def _calls_by_name(self, file: ParsedFile, name: str) -> Iterator[CallSite]:
        """The calls of `name` in a file, and of what the file imports it as."""
        locals_of = {one.local for one in self.codebase.imports(file) if one.name == name and one.local}
        spans = sorted(
            (start, end, called)
            for called in {name, *locals_of}
            for start, end in NameMatcher.of(called.encode()).find_all(file.text)
        )
        for start, end, called in spans:
            site = self._site(file, called, start, end)
            if site is not None:
                yield site

    @staticmethod
    def _site(file: ParsedFile, name: str, start: int, end: int) -> CallSite | None:
        mention = file.mention(start, end)
        if mention is None or mention.role is not Role.CALL:
            return None
        receiver = mention.receiver
        text = None if receiver is None else receiver.decode("latin-1")
        return CallSite(file, name, start, text)

    @staticmethod
    def _caller(site: CallSite) -> int:
        """The innermost definition around a call that calls can stand in: an entry of the outline, or -1."""
        outline = site.file.outline
        if outline is None:
            return -1
        for entry in reversed(outline.around(site.start)):
            if outline.kind(entry) in _HOLDERS and int(outline.name_starts[entry]) != site.start:
                return entry
        return -1

    def _target_of(self, file: ParsedFile, entry: int) -> Target | None:
        """The row of an entry, whose own callers can be asked for; None when the file has changed since."""
        if entry < 0 or not isinstance(file.outline, IndexedOutline):
            return None
        return self.codebase.target(file.part, file.outline.first_row + entry)

    def _edge(
        self,
        site: CallSite,
        caller: int,
        meanings: Sequence[Meaning],
        chosen: Meaning | None,
        depth: int,
    ) -> Edge:
        text = site.file.text
        start = text.rfind(b"\n", 0, site.start) + 1
        end = text.find(b"\n", site.start)
        line = text[start : end if end >= 0 else len(text)]
        ((column, _),) = columns(line, [(site.start - start, site.start - start + 1)])
        symbol = self.codebase.symbol
        ordered = sorted(meanings, key=lambda one: one is not chosen)
        return Edge(
            caller=site.file.symbol(caller),
            callee=symbol(chosen.target) if chosen else None,
            callee_name=site.name,
            path=display_path(site.file.path),
            line=text.count(b"\n", 0, start) + 1,
            column=column,
            text=line.decode("utf-8", "replace"),
            candidates=tuple(symbol(one.target) for one in ordered),
            confidence=chosen.confidence if chosen else 1.0,
            why=chosen.why if chosen else "external",
            depth=depth,
        )

    def calls_in(self, target: Target) -> Iterator[Edge]:
        """The calls in a definition."""
        file = self.codebase.file(target.part, target.ordinal)
        if file is None or not file.fresh:
            return
        table = target.part.symbols
        start, end = int(table.starts[target.row]), int(table.ends[target.row])
        for found in _WORD.finditer(file.text, start, end):
            name = found[0].decode("utf-8", "replace")
            site = self._site(file, name, *found.span())
            if site is None:
                continue
            meanings = self._resolver.meanings(site)
            yield self._edge(site, self._caller(site), meanings, next(iter(meanings), None), 1)
