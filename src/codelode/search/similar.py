"""Code like other code: the chunks whose vectors are nearest to that of a given one."""

from __future__ import annotations

import numpy as np

from codelode.errors import EmbedderError, QueryError
from codelode.model import Hit, RelPath, SearchOptions, SearchStats, display_path
from codelode.search.meaning import Meaning
from codelode.search.question import Vector
from codelode.search.semantic import PROPOSED, near, near_hits
from codelode.search.snapshot import OpenSegment, Snapshot
from codelode.search.source import Sources


def search_similar(
    snapshot: Snapshot,
    path: RelPath,
    line: int,
    options: SearchOptions,
    sources: Sources,
    stats: SearchStats,
    meaning: Meaning,
) -> list[Hit]:
    """The `options.limit` chunks most like the one of the file `path` that holds `line` (1-based), which is left out.

    Raises QueryError for a file that is not ranked or a line it does not have, EmbedderError without an embedder that
    answers."""
    found = snapshot.find(path)
    if found is None:
        raise QueryError(f"{display_path(path)} is not in the index; see: codelode status --skipped")
    if all(part.vectors is None for part in snapshot.segments):
        raise EmbedderError(
            "no chunk has a vector by the embedder of the settings yet; `codelode embed` makes them"
        )
    part, ordinal = found
    chunk = _chunk_at(part, ordinal, line)
    vector = _vector(part, ordinal, chunk, path, sources, meaning)
    proposed = near(snapshot, vector, options, (options.limit + 1) * PROPOSED)
    stats.candidates = len(proposed)
    others = [one for one in proposed if one.part is not part or one.chunk != chunk]
    return near_hits(others, options, sources, stats)


def _chunk_at(part: OpenSegment, ordinal: int, line: int) -> int:
    own = part.chunks.of_file(ordinal)
    if not own:
        path = display_path(part.files.path(ordinal))
        raise QueryError(f"{path} has no chunks to compare: it is empty, or too large or dense to be ranked")
    at = int(np.searchsorted(part.chunks.lines[own.start : own.stop], line, "right"))
    return own.start + max(at - 1, 0)


def _vector(
    part: OpenSegment, ordinal: int, chunk: int, path: RelPath, sources: Sources, meaning: Meaning
) -> Vector:
    """The vector of a chunk: from the index, else of its text as it is now."""
    if part.vectors is not None:
        stored = part.vectors.vector(chunk)
        if stored.any():
            return stored
    text = sources.text(path, part, ordinal) or b""
    _, _, start, end = part.chunks.span(chunk)
    return meaning.must_text_vector(text[start:end].decode("utf-8", "replace"))
