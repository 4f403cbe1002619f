"""The definitions that a question names: exactly, by name or by file."""

from __future__ import annotations

import numpy as np

from codelode.model import SearchOptions, Symbol, sort_key
from codelode.search import prominence
from codelode.search.candidates import FileFilter
from codelode.search.codebase import CALLABLE
from codelode.search.definition import to_symbol
from codelode.search.snapshot import OpenSegment, Snapshot
from codelode.search.source import Sources
from codelode.search.symbolname import kind_codes
from codelode.search.symbols import definitions_named
from codelode.structure.rules import KINDS


def named_symbols(snapshot: Snapshot, name: str, options: SearchOptions, sources: Sources) -> list[Symbol]:
    """Every definition called `name` that the filters of `options` let through, the most prominent first.

    Raises QueryError for an unknown kind."""
    codes = kind_codes(options.kinds)
    accept = FileFilter(options)
    masks = {part.name: accept.mask(part) for part in snapshot.segments}
    chosen = [
        (part, row)
        for part, row in definitions_named(snapshot, name)
        if masks[part.name][part.symbols.files[row]] and (not codes or part.symbols.kinds[row] in codes)
    ]
    chosen.sort(key=_order)
    return [to_symbol(part, row, sources) for part, row in chosen]


def _order(place: tuple[OpenSegment, int]) -> tuple[int, bytes, int]:
    part, row = place
    rank = int(prominence.keys(part, np.array([row], np.int64), 0)[0])
    return rank, sort_key(part.files.path(int(part.symbols.files[row]))), row


def callable_symbols(snapshot: Snapshot, target: str, sources: Sources) -> tuple[Symbol, ...]:
    """What a call can mean among the definitions in the file `target`, or, when there is no such file, among those
    with that name."""
    found = snapshot.find(target.encode("utf-8", "surrogateescape"))
    if found is None:
        rows = definitions_named(snapshot, target)
    else:
        part, ordinal = found
        rows = [(part, row) for row in part.symbols.of_file(ordinal)]
    return tuple(
        to_symbol(part, row, sources) for part, row in rows if KINDS[part.symbols.kinds[row]] in CALLABLE
    )
