"""Mode hybrid: candidates by words, paths, names and vectors, judged by learned weights, a file at a time.

Files are ranked, not chunks: the evidence of a file's best chunks adds up, and among the first ten each file is shown
once, by its best chunk (`docs/ranking.md` has the measurements).  Scores are shares of the best file's: the softmax of
the linear ranker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from codelode.model import Hit, SearchOptions, SearchStats, sort_key
from codelode.search import weights as learned
from codelode.search.candidates import FileFilter
from codelode.search.chunkhit import chunk_hit
from codelode.search.copies import fold_copies
from codelode.search.evidence import Evidence, read_evidence
from codelode.search.features import Matrix, features
from codelode.search.gist import Encode
from codelode.search.pool import FileCandidate, gather
from codelode.search.question import Question, Related, Vector, ask
from codelode.search.snapshot import Snapshot
from codelode.search.source import Sources
from codelode.search.wordfinder import WordFinder

CHUNK_WIDE, CHUNK_COSINE, CHUNK_NAME = 1.0, 0.5, 1.0
"""By what a file's best chunk is chosen: its words, its vector, a definition named like the question; but where the
file defines a name that is written in the question, that definition is shown."""


CLAIMED = 4.0
"""More than the others together"""


@dataclass(frozen=True, slots=True)
class Judged:
    """The candidates of a question with their signals."""

    question: Question
    files: tuple[FileCandidate, ...]
    evidence: Evidence
    matrix: Matrix
    """(files, signals)"""


def judge(
    snapshot: Snapshot,
    query: str,
    options: SearchOptions,
    sources: Sources,
    stats: SearchStats,
    related: Related,
    vector: Vector | None,
    encode: Encode | None,
) -> Judged | None:
    """Gather the candidates for `query` and measure their signals; None when nothing can be asked.

    `vector` is the query's, `encode` makes those of other short texts; None without a model, or without a cheap one."""
    with stats.stage("parse"):
        question = ask(snapshot, query, related, vector)
    if not question.words or not snapshot.segments:
        return None
    with stats.stage("filters"):
        accept = FileFilter(options)
        masks = [accept.mask(part) for part in snapshot.segments]
    with stats.stage("candidates"):
        files = gather(snapshot, question, masks, options.limit)
    if not files:
        return None
    with stats.stage("read"):
        evidence = read_evidence(question, files, sources)
    with stats.stage("rank"):
        matrix = features(snapshot, question, files, evidence, encode)
    return Judged(question, tuple(files), evidence, matrix)


def search_hybrid(
    snapshot: Snapshot,
    query: str,
    options: SearchOptions,
    sources: Sources,
    stats: SearchStats,
    related: Related,
    vector: Vector | None,
    encode: Encode | None,
) -> list[Hit]:
    """The `options.limit` best files by their best chunks, best first; ties by path."""
    judged = judge(snapshot, query, options, sources, stats, related, vector, encode)
    if judged is None:
        return []
    with stats.stage("rank"):
        return _best(judged, options, sources, stats)


def _best(judged: Judged, options: SearchOptions, sources: Sources, stats: SearchStats) -> list[Hit]:
    weights = learned.load().of(is_name=judged.question.is_name)
    scores = judged.matrix @ weights
    order = sorted(
        (index for index, text in enumerate(judged.evidence.texts) if text),
        key=lambda index: (-scores[index], sort_key(judged.files[index].path)),
    )
    if not order:
        return []
    stats.candidates = len(judged.files)
    stats.matched_files = len(order)
    best = _best_chunks(judged)
    paths = [judged.files[index].path for index in order]
    ranked = [_body(judged, best[index]) for index in order]
    groups = fold_copies(paths, ranked, options.limit)
    bodies = [ranked[group.first] for group in groups]
    hits, explained = [], []
    found = WordFinder(judged.question.words).find(bodies)
    for row, (group, body) in enumerate(zip(groups, bodies, strict=True)):
        index = order[group.first]
        file, chunk = judged.files[index], judged.evidence.chunks[best[index]]
        score = float(np.exp(scores[index] - scores[order[0]]))
        stale = file.path in sources.changed
        words = found.of_row(row)
        hit = chunk_hit(file.part, file.ordinal, file.path, body, chunk.line, score, words, stale=stale)
        hits.append(hit._replace(copies=group.copies))
        if options.explain:
            explained.append(
                {
                    "path": hit.path,
                    "line": hit.start_line,
                    "total": round(float(scores[index]), 4),
                    "signals": learned.shares(judged.matrix, weights, index),
                }
            )
    if options.explain:
        stats.explain = _explain(judged.question, explained)
    return hits


def _best_chunks(judged: Judged) -> list[int]:
    """For each file the row of the evidence that shows it best."""
    evidence, files = judged.evidence, judged.files
    best: dict[int, tuple[float, int]] = {}
    for row, chunk in enumerate(evidence.chunks):
        file = files[chunk.file]
        near = 0.0
        if file.cosines.size and chunk.chunk >= 0:
            near = float(file.cosines[chunk.chunk - file.first_chunk])
        claimed = max(
            (claim.strength for claim in file.claims if chunk.start <= claim.start < chunk.end), default=0.0
        )
        score = (
            CLAIMED * claimed
            + CHUNK_WIDE * float(evidence.wide[row])
            + CHUNK_COSINE * near
            + CHUNK_NAME * float(evidence.filled[row])
        )
        if chunk.file not in best or score > best[chunk.file][0]:
            best[chunk.file] = score, row
    return [best[index][1] for index in range(len(files))]


def _body(judged: Judged, row: int) -> bytes:
    chunk = judged.evidence.chunks[row]
    return judged.evidence.texts[chunk.file][chunk.start : chunk.end]


def _explain(question: Question, hits: Sequence[dict[str, object]]) -> dict[str, object]:
    related: dict[str, list[str]] = {}
    for term in question.terms:
        if term.share < 1:
            related.setdefault(question.words[term.word], []).append(f"{term.text} {term.share:.2f}")
    return {
        "words": dict(zip(question.words, [round(weight, 3) for weight in question.weights], strict=True)),
        "related": related,
        "names": list(question.names),
        "meaning": question.vector is not None,
        "hits": list(hits),
    }
