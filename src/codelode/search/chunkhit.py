"""A chunk as a hit: its lines, where the query's words stand in them, and the definition it is found for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from codelode.model import Hit, Match, RelPath, display_path
from codelode.search.enclosing import symbol_of_chunk
from codelode.search.lines import columns, group_lines
from codelode.search.snapshot import OpenSegment
from codelode.search.wordfinder import Occurrence


def chunk_hit(
    part: OpenSegment,
    ordinal: int,
    path: RelPath,
    body: bytes,
    first_line: int,
    score: float,
    found: Sequence[Occurrence],
    *,
    stale: bool,
) -> Hit:
    """The hit for the chunk with the text `body`; `found` are the occurrences in it.

    `stale`: the file is not as it was indexed, so that its definitions are not known."""
    shown = body[:-1] if body.endswith(b"\n") else body
    spans = [(start, end) for _, start, end in found]
    matches = tuple(
        Match(first_line + line.number - 1, column, length)
        for line in group_lines(shown, spans)
        for column, length in columns(shown[line.start : line.end], line.spans)
    )
    last = first_line + shown.count(b"\n")
    often = Counter(match.line for match in matches)
    lines = [line for line, _ in often.most_common()]
    symbol = "" if stale else symbol_of_chunk(part, ordinal, lines, first_line, last)
    text = shown.decode("utf-8", "replace")
    language = part.files.language(ordinal)
    return Hit(display_path(path), first_line, last, score, language, symbol, text, matches)
