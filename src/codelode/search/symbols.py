"""Mode symbol: definitions by name, the best first, or all in path order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np

from codelode.index.symbols import Rows
from codelode.model import Hit, SearchOptions, SearchStats, Symbol, sort_key
from codelode.search import prominence
from codelode.search.candidates import FileFilter
from codelode.search.definition import DefinitionReader
from codelode.search.prominence import Keys
from codelode.search.snapshot import Mask, OpenSegment, Snapshot
from codelode.search.source import Sources
from codelode.search.symbolname import EXACT, TIERS, TYPOS, Name, Numbers, Tier, kind_codes, parse_name


class _Row(NamedTuple):
    part: OpenSegment
    row: int
    score: float


def find_symbols(
    snapshot: Snapshot, query: str, options: SearchOptions, sources: Sources, stats: SearchStats
) -> list[Symbol]:
    """The `options.limit` best definitions for a name, best first; with `options.all_matches` all, in path order.

    Raises QueryError for an unknown kind.
    """
    reader = DefinitionReader(sources)
    found = (reader.symbol(part, row) for part, row, _ in _rows(snapshot, query, options, stats))
    return list(islice((symbol for symbol in found if symbol), _most(options)))


def symbol_hits(
    snapshot: Snapshot, query: str, options: SearchOptions, sources: Sources, stats: SearchStats
) -> Iterator[Hit]:
    """The same as hits, each read from its file when it is asked for; the index is asked before the first."""
    rows = _rows(snapshot, query, options, stats)
    return islice(_read_hits(rows, DefinitionReader(sources), stats), _most(options))


def _read_hits(rows: Iterator[_Row], reader: DefinitionReader, stats: SearchStats) -> Iterator[Hit]:
    while True:
        with stats.stage("rank"):
            row = next(rows, None)
        if row is None:
            return
        with stats.stage("read"):
            hit = reader.hit(*row)
        if hit:
            yield hit


def definitions_named(snapshot: Snapshot, name: str) -> list[tuple[OpenSegment, int]]:
    """Segment and row of every definition that is called `name`, in path order.  Where `name` is qualified, those
    in a scope of that name; those in a file or folder of that name when there is no such scope."""
    wanted = parse_name(name)
    found: list[list[_Row]] = [[], []]
    for part in snapshot.segments:
        table = part.symbols
        rows = _alive(part, table.exact(wanted.whole, case=True))
        found[0] += [_Row(part, row, 0.0) for row in rows.tolist()]
        if wanted.qualifier:
            rows = _alive(part, table.exact(wanted.last, case=True))
            for row, distance in zip(rows.tolist(), wanted.belongs(part, rows).tolist(), strict=True):
                if distance < 2:
                    found[distance].append(_Row(part, row, 0.0))
    return [(part, row) for part, row, _ in _in_path_order(found[0] or found[1])]


def _most(options: SearchOptions) -> int | None:
    return None if options.all_matches else options.limit


def _alive(part: OpenSegment, rows: Rows) -> Rows:
    return rows[part.live[part.symbols.files[rows]]] if rows.size and part.has_tombstones else rows


def _rows(snapshot: Snapshot, query: str, options: SearchOptions, stats: SearchStats) -> Iterator[_Row]:
    """The rows that answer `query`, in the order they are shown, which is the same however files are spread."""
    with stats.stage("parse"):
        name = parse_name(query)
        tiers = name.tiers(options.case)
    with stats.stage("filters"):
        collector = _Collector(snapshot, name, options)
    counts: dict[str, int] = {}
    with stats.stage("candidates"):
        for tier in tiers:
            if _is_wanted(tier, counts, options):
                counts[tier.label] = collector.collect(tier)
    stats.matches = stats.candidates = sum(counts.values())
    stats.matched_files = collector.files()
    if options.explain:
        stats.explain = {"tiers": counts}
    with stats.stage("rank"):
        return collector.by_path() if options.all_matches else collector.ranked()


def _is_wanted(tier: Tier, counts: dict[str, int], options: SearchOptions) -> bool:
    """Whether what earlier tiers found leaves something to look for.

    Beside definitions of the very name only those that it begins are of interest, and typos are forgiven only to a
    name that is nowhere."""
    found = sum(counts.values())
    if tier is TYPOS or not found:
        return not found
    known = any(counts.get(label) for label in EXACT)
    return options.all_matches or (found < options.limit and not (tier.is_guess and known))


class _Found(NamedTuple):
    part: OpenSegment
    rows: Rows
    keys: Keys
    """what orders them inside their tier"""


class _Collector:
    """The rows that tier after tier finds in all segments, each row once."""

    def __init__(self, snapshot: Snapshot, name: Name, options: SearchOptions) -> None:
        """Raises QueryError for an unknown kind."""
        self._name = name
        codes = list(kind_codes(options.kinds))
        self._kinds = np.isin(np.arange(256), codes) if codes else None
        accept = FileFilter(options)
        self._parts: list[tuple[OpenSegment, Mask]] = [
            (part, accept.mask(part)) for part in snapshot.segments
        ]
        self._tiers: list[list[_Found]] = []

    def collect(self, tier: Tier) -> int:
        """Add what `tier` finds and those before it did not; returns how many those are."""
        tables = [part.symbols for part, _ in self._parts]
        by_last = tier.find(tables, self._name.last)
        by_whole = tier.find(tables, self._name.whole) if self._name.qualifier and tier.as_whole else None
        found = []
        for index, (rows, typos) in enumerate(by_last):
            one = self._chosen(index, rows, typos)
            if self._name.qualifier:
                one = self._belonging(one)
            if by_whole is not None:
                one = _joined(self._chosen(index, *by_whole[index]), one)
            for earlier in self._tiers:
                one = _without(one, earlier[index])
            found.append(one)
        self._tiers.append(found)
        return sum(one.rows.size for one in found)

    def _chosen(self, index: int, rows: Rows, typos: Numbers | int) -> _Found:
        """Those of `rows` that pass the filters."""
        part, mask = self._parts[index]
        if not rows.size:
            return _Found(part, rows, rows)
        allowed = mask[part.symbols.files[rows]]
        if self._kinds is not None:
            allowed &= self._kinds[part.symbols.kinds[rows]]
        rows = rows[allowed]
        return _Found(
            part,
            rows,
            prominence.keys(part, rows, typos[allowed] if isinstance(typos, np.ndarray) else typos),
        )

    def _belonging(self, found: _Found) -> _Found:
        """Those that the name's qualifier is about."""
        distances = self._name.belongs(found.part, found.rows)
        near = distances < 2
        return _Found(found.part, found.rows[near], (found.keys + prominence.WORST * distances)[near])

    def files(self) -> int:
        """How many files the rows are in."""
        found = 0
        for index, (part, _) in enumerate(self._parts):
            rows = np.concatenate([tier[index].rows for tier in self._tiers])
            found += np.unique(part.symbols.files[rows]).size
        return found

    def ranked(self) -> Iterator[_Row]:
        """The rows, best first; equals by path and place."""
        for rank, tier in enumerate(self._tiers):
            keys = np.concatenate([np.empty(0, np.int64), *(found.keys for found in tier)])
            rows = np.concatenate([np.empty(0, np.int64), *(found.rows for found in tier)])
            parts = np.repeat(np.arange(len(tier)), [found.rows.size for found in tier])
            order = np.argsort(keys, kind="stable")
            for equal in np.split(order, np.flatnonzero(np.diff(keys[order])) + 1):
                score = TIERS - rank - float(keys[equal[:1]].sum()) / prominence.WORST / 4
                yield from _in_path_order(
                    _Row(tier[part].part, row, score)
                    for part, row in zip(parts[equal].tolist(), rows[equal].tolist(), strict=True)
                )

    def by_path(self) -> Iterator[_Row]:
        """The rows in the order of paths, and in a file of their places."""
        return iter(
            _in_path_order(
                _Row(found.part, row, 0.0)
                for tier in self._tiers
                for found in tier
                for row in found.rows.tolist()
            )
        )


def _without(found: _Found, other: _Found) -> _Found:
    if not found.rows.size or not other.rows.size:
        return found
    new = np.isin(found.rows, other.rows, invert=True)
    return _Found(found.part, found.rows[new], found.keys[new])


def _joined(found: _Found, other: _Found) -> _Found:
    other = _without(other, found)
    return _Found(
        found.part, np.concatenate([found.rows, other.rows]), np.concatenate([found.keys, other.keys])
    )


def _in_path_order(rows: Iterable[_Row]) -> list[_Row]:
    """`rows` by path, and in a file by row, which is by place: no two live files have one path."""
    return sorted(
        rows, key=lambda row: (sort_key(row.part.files.path(int(row.part.symbols.files[row.row]))), row.row)
    )
