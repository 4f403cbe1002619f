"""The definition in which a hit lies, by name: from the symbol table of its file."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from codelode.search.snapshot import OpenSegment
from codelode.structure import tables


def symbol_at(part: OpenSegment, ordinal: int, line: int) -> str:
    """Qualified name of the innermost definition of a file, as it was indexed, that holds `line` (1-based); "" for
    none."""
    row = part.symbols.enclosing(ordinal, line)
    return _qualified(part, ordinal, row) if row >= 0 else ""


def symbol_of_chunk(part: OpenSegment, ordinal: int, lines: Iterable[int], first: int, last: int) -> str:
    """The definition that a chunk, lines `first` to `last`, is found for: the one that holds the first of `lines`
    that is in any; else the first that begins in the chunk (the match was in the comment before it)."""
    table = part.symbols
    rows = table.of_file(ordinal)
    starts = table.lines[rows.start : rows.stop]
    begin, stop = np.searchsorted(starts, [first, last + 1]).tolist()
    around = np.flatnonzero(table.end_lines[rows.start : rows.start + stop] >= first)
    # Those that share a line with the chunk, innermost first where they hold each other: few, and asked for each line.
    ends = table.end_lines[rows.start + around]
    spans = list(zip(starts[around].tolist(), ends.tolist(), around.tolist(), strict=True))[::-1]
    for line in lines:
        for start, end, row in spans:
            if start <= line <= end:
                return _qualified(part, ordinal, rows.start + row)
    return _qualified(part, ordinal, rows.start + begin) if begin < stop else ""


def _qualified(part: OpenSegment, ordinal: int, row: int) -> str:
    rules = tables.rules_for(part.files.language(ordinal))
    return part.symbols.qualified(row, rules.separator if rules else ".").decode("utf-8", "replace")
