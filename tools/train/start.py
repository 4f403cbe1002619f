"""The table before training: what MiniLM knows of single words, and what the pairs tell of them together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, diags
from tools.train.bags import Floats, gather
from tools.train.minilm import Encoder

from codelode.text.subwords import Bags, gram_buckets, word_spans

DIMS = 256

RARE = 1e-3
"""Smooth inverse frequency: a word's weight starts at RARE / (RARE + its share of all words) (Arora et al., "A Simple
but Tough-to-Beat Baseline for Sentence Embeddings", 2017)."""

LATENT_SHARE = 0.35
"""Of a row's squared length: what comes from the pairs; the rest is MiniLM's."""

LATENT_PAIRS = 250_000
QUERY_SHARE = 0.7
"""Weight of a question beside its code in the sum that stands for their pair."""

TINY = np.float32(1e-6)


@dataclass(slots=True)
class Table:
    """What is learned."""

    rows: Floats
    """[rows, DIMS]"""
    logs: dict[str, Floats]
    """side -> logarithm of the rows' weights, [rows]"""


def word_vectors(minilm: Path, words: list[bytes], kept: Path) -> Floats:
    """MiniLM's vectors of `words`; computed once, then kept in the folder `kept`."""
    file = kept / "minilm.npy"
    if not file.exists():
        np.save(file, Encoder(minilm).encode([word.decode("utf-8", "replace") for word in words]))
    vectors: Floats = np.load(file)
    return vectors


def initial(queries: Bags, codes: Bags, words: list[bytes], buckets: int, vectors: Floats) -> Table:
    """The table of `words` and `buckets` from MiniLM's `vectors` of the words and from the pairs.

    Both are unit vectors side by side, reduced by principal components; a bucket has the sum of the words that hold
    its n-grams.  Unknown words are told by several rows: a bucket's is half as long, and weighs half.
    """
    size = len(words) + buckets
    logs = {}
    for side, bags in (("query", queries), ("code", codes)):
        share = np.bincount(bags.rows, weights=bags.counts, minlength=size) / bags.counts.sum()
        logs[side] = np.log(RARE / (RARE + share)).astype(np.float32)
        logs[side][len(words) :] -= np.log(2)
    known = np.zeros((size, vectors.shape[1]), np.float32)
    known[: len(words)] = unit(vectors - vectors.mean(axis=0))
    text = b" ".join(words)
    for own, vector in zip(gram_buckets(text, *word_spans(text), buckets), known[: len(words)], strict=True):
        known[len(words) + np.unique(np.array(own, np.int64))] += vector
    told = unit(latent(queries, codes, np.exp(logs["code"])))
    both = np.concatenate([unit(known) * (1 - LATENT_SHARE) ** 0.5, told * LATENT_SHARE**0.5], axis=1)
    _, axes = np.linalg.eigh(both[: len(words)].T @ both[: len(words)])
    rows = unit(both @ axes[:, ::-1][:, :DIMS])
    rows[len(words) :] *= 0.5
    return Table(np.ascontiguousarray(rows, np.float32), logs)


def unit(vectors: Floats) -> Floats:
    """Rows made unit vectors; those of zeros stay."""
    out: Floats = vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + TINY)
    return out


def latent(queries: Bags, codes: Bags, weights: Floats) -> Floats:
    """f32[rows, at most DIMS]: latent semantic analysis (Deerwester et al., 1990) of a sample of the pairs.

    The first component, which all words share, is left out.  By random projections (Halko, Martinsson, Tropp, "Finding
    Structure with Randomness", 2011, algorithm 4.4): two passes over the pairs and one more.
    """
    chance = np.random.default_rng(5)
    pairs = len(queries.starts) - 1
    texts = np.sort(chance.choice(pairs, min(pairs, LATENT_PAIRS), replace=False))
    asked, answered = (_weighed(bags, texts, weights) for bags in (queries, codes))
    told = csr_matrix(asked * np.float32(QUERY_SHARE) + answered)
    basis = chance.normal(size=(len(weights), min(DIMS + 20, *told.shape))).astype(np.float32)
    for _ in range(3):
        basis = np.linalg.qr(told.T @ (told @ basis))[0].astype(np.float32)
    reduced = told @ basis
    _, squares, axes = np.linalg.svd(reduced.T @ reduced)
    kept = slice(1, DIMS + 1)
    found: Floats = (basis @ axes.T)[:, kept] * squares[kept] ** 0.25
    return found


def _weighed(bags: Bags, texts: np.ndarray, weights: Floats) -> csr_matrix:
    """The bags of `texts` as unit rows of weighed counts."""
    batch = gather(bags, texts, len(weights))
    counts = csr_matrix(
        (
            batch.counts.data * weights[batch.used][batch.counts.indices],
            batch.used[batch.counts.indices],
            batch.counts.indptr,
        ),
        shape=(len(texts), len(weights)),
    )
    lengths = np.sqrt(np.asarray(counts.multiply(counts).sum(axis=1)).ravel()) + TINY
    return diags((1 / lengths).astype(np.float32)) @ counts
