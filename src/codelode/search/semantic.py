"""Mode semantic: what the vectors of chunks say alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from codelode.model import Hit, SearchOptions, SearchStats, display_path, sort_key
from codelode.search.candidates import FileFilter
from codelode.search.chunkhit import chunk_hit
from codelode.search.closeness import closeness_shares, file_closeness
from codelode.search.copies import fold_copies
from codelode.search.nearest import file_cosines, nearest_chunks
from codelode.search.question import Vector
from codelode.search.snapshot import OpenSegment, Snapshot
from codelode.search.source import Sources

PROPOSED = 16
"""Chunks proposed for each hit wanted: a file has several."""


CHUNKS = ("nearest chunk", "second", "third")
"""Signals of a hit, for `--explain`"""


class NearChunk(NamedTuple):
    """A chunk and how near its vector is."""

    part: OpenSegment
    ordinal: int
    chunk: int
    score: float


def search_semantic(
    snapshot: Snapshot,
    vector: Vector,
    options: SearchOptions,
    sources: Sources,
    stats: SearchStats,
) -> list[Hit]:
    """The `options.limit` files whose best chunks are nearest to `vector`, each by its nearest chunk."""
    with stats.stage("candidates"):
        proposed = near(snapshot, vector, options, max(options.limit, 10) * PROPOSED)
    stats.candidates = len(proposed)
    with stats.stage("rank"):
        ranked = _by_file(proposed, vector)
    with stats.stage("read"):
        hits = near_hits(ranked, options, sources, stats)
    if options.explain:
        stats.explain = {"hits": _explained(hits, ranked, vector)}
    return hits


def _explained(hits: Sequence[Hit], ranked: Sequence[NearChunk], vector: Vector) -> list[dict[str, object]]:
    """What the chunks of each hit's file add to its score."""
    files = {display_path(found.part.files.path(found.ordinal)): found for found in ranked}
    rows: list[dict[str, object]] = []
    for hit in hits:
        found = files[hit.path]
        shares = closeness_shares(file_cosines(found.part, [found.ordinal], vector)[0])
        signals = {name: round(share, 4) for name, share in zip(CHUNKS, shares, strict=True)}
        rows.append(
            {"path": hit.path, "line": hit.start_line, "total": round(found.score, 4), "signals": signals}
        )
    return rows


def _by_file(proposed: Sequence[NearChunk], vector: Vector) -> list[NearChunk]:
    """The nearest chunk of each file, with how near the whole file is, best first."""
    by_segment: dict[str, dict[int, NearChunk]] = {}
    for chunk in proposed:
        by_segment.setdefault(chunk.part.name, {}).setdefault(chunk.ordinal, chunk)
    ranked = []
    for files in by_segment.values():
        part = next(iter(files.values())).part
        cosines = file_cosines(part, list(files), vector)
        ranked += [
            best._replace(score=file_closeness(own))
            for best, own in zip(files.values(), cosines, strict=True)
        ]
    ranked.sort(key=lambda found: (-found.score, sort_key(found.part.files.path(found.ordinal))))
    return ranked


def near(snapshot: Snapshot, vector: Vector, options: SearchOptions, count: int) -> list[NearChunk]:
    """The `count` nearest chunks that pass the filters, best first."""
    accept = FileFilter(options)
    masks = [accept.mask(part) for part in snapshot.segments]
    found = []
    for segment, chunk, score in nearest_chunks(snapshot, vector, masks, count):
        part = snapshot.segments[segment]
        found.append(NearChunk(part, int(part.chunks.files[chunk]), chunk, score))
    return found


def near_hits(
    ranked: Sequence[NearChunk], options: SearchOptions, sources: Sources, stats: SearchStats
) -> list[Hit]:
    """The best of `ranked` as hits, copies folded; files that are gone left out."""
    # Copies are few: reading twice the hits wanted leaves enough nearly always.
    shown: list[tuple[NearChunk, bytes, int]] = []
    for found in ranked:
        if len(shown) == 2 * options.limit:
            break
        path = found.part.files.path(found.ordinal)
        text = sources.text(path, found.part, found.ordinal)
        _, line, start, end = found.part.chunks.span(found.chunk)
        if text is not None and start < len(text):
            shown.append((found, text[start:end], line))
    stats.matched_files = len({(found.part.name, found.ordinal) for found, _, _ in shown})
    paths = [found.part.files.path(found.ordinal) for found, _, _ in shown]
    hits = []
    for group in fold_copies(paths, [body for _, body, _ in shown], options.limit):
        found, body, line = shown[group.first]
        path = paths[group.first]
        stale = path in sources.changed
        hit = chunk_hit(found.part, found.ordinal, path, body, line, found.score, (), stale=stale)
        hits.append(hit._replace(copies=group.copies))
    return hits
