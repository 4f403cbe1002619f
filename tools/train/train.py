"""Train the table of the bundled model and write it.

A text's vector is the sum of its words' rows, each times a weight of the row and the side, made a unit vector.  The
loss is InfoNCE in both directions (van den Oord et al., "Representation Learning with Contrastive Predictive Coding",
2018, section 2.3) over batches whose pairs come from few repositories, so that what is wrong is nearly right.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tools.train import judged
from tools.train.bags import Batch, Floats, Ints, gather
from tools.train.mining import COMMIT, DOC, KIND_NAMES
from tools.train.repositories import held_out
from tools.train.start import DIMS, Table, initial, word_vectors
from tools.train.vocabulary import joined, vocabulary_of

from codelode.embed.static import write_model
from codelode.store.columns import ColumnFile
from codelode.text.subwords import Bags, hashes, word_spans

NAME = "codelode-256"
AT_ONCE = 2048
"""Texts encoded at once when a model is looked at."""


@dataclass(slots=True)
class Pairs:
    """All pairs of some repositories."""

    kinds: npt.NDArray[np.uint8]
    repositories: npt.NDArray[np.int32]
    chunks: Ints
    """distinct in all repositories"""
    asked: Ints
    """number of the question's text, likewise"""
    queries: Bags
    codes: Bags

    def __len__(self) -> int:
        return len(self.kinds)


def load(files: list[Path]) -> Pairs:
    """The pairs that vocabulary.py wrote."""
    kinds, repositories, chunks, asked, queries, codes = [], [], [], [], [], []
    for number, file in enumerate(files):
        found = np.load(file)
        kinds.append(found["kinds"])
        repositories.append(np.full(len(found["kinds"]), number, np.int32))
        chunks.append(found["chunks"].astype(np.int64) + (number << 32))
        asked.append(found["asked"].astype(np.int64) + (number << 32))
        queries.append(Bags(found["query_starts"], found["query_rows"], found["query_counts"]))
        codes.append(Bags(found["code_starts"], found["code_rows"], found["code_counts"]))
    return Pairs(
        np.concatenate(kinds), np.concatenate(repositories), np.concatenate(chunks),         np.concatenate(asked),
        joined(queries), joined(codes),
    )  # fmt: skip


class Adam:
    """Kingma and Ba, "Adam" (2015), for the rows that a batch touches only."""

    def __init__(self, parameters: Floats) -> None:
        self._parameters = parameters
        self._first = np.zeros_like(parameters)
        self._second = np.zeros_like(parameters)

    def step(self, used: Ints, gradient: Floats, rate: float, number: int) -> None:
        """Move the rows `used` against `gradient`; `number` counts the steps from 1."""
        first = self._first[used]
        first += np.float32(0.1) * (gradient - first)
        self._first[used] = first
        second = self._second[used]
        second += np.float32(0.01) * (gradient * gradient - second)
        self._second[used] = second
        np.sqrt(second / np.float32(1 - 0.99**number), out=second)
        second += np.float32(1e-8)
        first /= second
        first *= np.float32(rate / (1 - 0.9**number))
        self._parameters[used] -= first


class Encoded:
    """One side of a batch: its unit vectors, and the way back."""

    def __init__(self, table: Table, side: str, batch: Batch) -> None:
        self.used = batch.used
        self._counts = batch.counts
        self._weights = np.exp(table.logs[side][batch.used])
        self._rows = table.rows[batch.used]
        summed = batch.counts @ (self._rows * self._weights[:, None])
        self._norms = np.linalg.norm(summed, axis=1, keepdims=True) + np.float32(1e-6)
        self.vectors: Floats = summed / self._norms

    def back(self, gradient: Floats) -> tuple[Floats, Floats]:
        """Gradients of the rows used and of the logarithms of their weights."""
        along = (gradient * self.vectors).sum(axis=1, keepdims=True)
        inner = self._counts.T @ ((gradient - self.vectors * along) / self._norms)
        inner *= self._weights[:, None]
        return inner, np.einsum("ij,ij->i", inner, self._rows)


def unit_vectors(table: Table, side: str, bags: Bags) -> Floats:
    """f32[texts, DIMS] of all of `bags`."""
    out = np.empty((len(bags.starts) - 1, DIMS), np.float32)
    for first in range(0, len(out), AT_ONCE):
        texts = np.arange(first, min(first + AT_ONCE, len(out)))
        out[texts] = Encoded(table, side, gather(bags, texts, len(table.rows))).vectors
    return out


def batches(pairs: Pairs, options: Options, chance: np.random.Generator) -> Iterator[Ints]:
    """All pairs, shuffled, in batches of whole groups."""
    shuffled = chance.permutation(len(pairs))
    order = shuffled[np.argsort(pairs.repositories[shuffled], kind="stable")]
    borders = np.flatnonzero(np.diff(pairs.repositories[order])) + 1
    groups = [
        own[first : first + options.group]
        for own in np.split(order, borders)
        for first in range(0, len(own), options.group)
    ]
    chance.shuffle(groups)
    whole = np.concatenate(groups)
    for first in range(0, len(whole) - options.batch // 2, options.batch):
        yield whole[first : first + options.batch]


def gradients(
    queries: Floats, codes: Floats, same: npt.NDArray[np.bool_], temperature: float
) -> tuple[float, Floats, Floats]:
    """Loss, and its gradients by the vectors; what is `same` as the right answer counts for nothing."""
    scores = queries @ codes.T
    scores *= np.float32(1 / temperature)
    scores[same] = -1e4
    scores -= np.float32(1 / temperature)  # no more than 0: exp stays finite without a maximum
    np.exp(scores, out=scores)
    right = np.diagonal(scores).copy()
    by_query, by_code = scores.sum(axis=1), scores.sum(axis=0)
    loss = float((np.log(by_query / right) + np.log(by_code / right)).mean() / 2)
    scale = np.float32(1 / (2 * temperature * len(scores)))
    scores *= (scale / by_query)[:, None] + (scale / by_code)[None, :]
    scores[np.diag_indices(len(scores))] -= 2 * scale
    to_queries: Floats = scores @ codes
    to_codes: Floats = scores.T @ queries
    return loss, to_queries, to_codes


@dataclass(frozen=True, slots=True)
class Options:
    """How to train."""

    runs: int = 3
    """from the same start, in another order each; the model is their mean"""
    epochs: int = 1
    rate: float = 3e-3
    weight_rate: float = 1e-2
    """for the logarithms of the weights"""
    batch: int = 2048
    group: int = 256
    """pairs of one repository that stand together in a batch"""
    temperature: float = 0.06


def train(pairs: Pairs, start: Table, options: Options, report: Callable[[str, Table], None]) -> Table:
    """The mean of several runs from `start`; `report` is asked after each epoch.

    Wortsman et al., "Model soups" (2022), section 2: runs from one start stay where their mean is better than each.
    """
    mean = Table(np.zeros_like(start.rows), {side: np.zeros_like(logs) for side, logs in start.logs.items()})
    for run in range(options.runs):
        table = Table(start.rows.copy(), {side: logs.copy() for side, logs in start.logs.items()})
        _run(pairs, table, options, run, report)
        mean.rows += table.rows / np.float32(options.runs)
        for side, logs in table.logs.items():
            mean.logs[side] += logs / np.float32(options.runs)
    return mean


def _run(
    pairs: Pairs, table: Table, options: Options, run: int, report: Callable[[str, Table], None]
) -> None:
    """Train `table` in place."""
    chance = np.random.default_rng(7 + run)
    rows = Adam(table.rows)
    logs = {side: Adam(values) for side, values in table.logs.items()}
    steps = len(pairs) / options.batch * options.epochs
    number, mean = 0, 0.0
    for epoch in range(options.epochs):
        for texts in batches(pairs, options, chance):
            number += 1
            rate = max(1 - number / steps, 0.02) * min(1, number / 50)
            query = Encoded(table, "query", gather(pairs.queries, texts, len(table.rows)))
            code = Encoded(table, "code", gather(pairs.codes, texts, len(table.rows)))
            chunks, asked = pairs.chunks[texts], pairs.asked[texts]
            same = chunks[:, None] == chunks[None, :]
            same |= asked[:, None] == asked[None, :]
            np.fill_diagonal(same, False)
            loss, to_query, to_code = gradients(query.vectors, code.vectors, same, options.temperature)
            mean += (loss - mean) / min(number, 100)
            both = np.union1d(query.used, code.used)
            total = np.zeros((len(both), DIMS), np.float32)
            for side, encoded, gradient in (("query", query, to_query), ("code", code, to_code)):
                inner, own = encoded.back(gradient)
                total[np.searchsorted(both, encoded.used)] += inner
                logs[side].step(encoded.used, own, options.weight_rate * rate, number)
            rows.step(both, total, options.rate * rate, number)
        report(f"run {run + 1}, epoch {epoch + 1}, loss {mean:.3f}", table)


def found_again(pairs: Pairs, table: Table, kind: int) -> float:
    """Mean reciprocal rank of the right chunk among those of all questions of `kind` about the same repository."""
    means = []
    for repository in range(int(pairs.repositories[-1]) + 1):
        own = np.flatnonzero((pairs.repositories == repository) & (pairs.kinds == kind))[:1000]
        if len(own) < 20:
            continue
        queries = Encoded(table, "query", gather(pairs.queries, own, len(table.rows))).vectors
        codes = Encoded(table, "code", gather(pairs.codes, own, len(table.rows))).vectors
        scores = queries @ codes.T
        right = np.diagonal(scores).copy()
        chunks = pairs.chunks[own]
        scores[chunks[:, None] == chunks[None, :]] = -2
        means.append(float((1 / (1 + (scores > right[:, None]).sum(axis=1))).mean()))
    return float(np.mean(means))


def write(path: Path, words: list[bytes], table: Table) -> None:
    """Write the model file; words and buckets that no pair has ever used weigh what they did at first."""
    text = b" ".join(words)
    vocabulary = hashes(text, *word_spans(text))
    write_model(path, NAME, vocabulary, table.rows, np.exp(table.logs["code"]), np.exp(table.logs["query"]))


def read(path: Path) -> Table:
    """The table of a model file, turned as it is there; its rows are whole numbers times their scale."""
    file = ColumnFile(path, "model")
    rows = file.column("rows").reshape(-1, DIMS) * file.column("scales")[:, None]
    return Table(rows, {side: np.log(np.maximum(file.column(side), 1e-9)) for side in ("query", "code")})


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bags", type=Path, required=True, help="what vocabulary.py wrote")
    parser.add_argument("--mirrors", type=Path, required=True)
    parser.add_argument("--minilm", type=Path, required=True, help="folder of all-MiniLM-L6-v2")
    parser.add_argument("--buckets", type=int, default=14_000)
    parser.add_argument("--out", type=Path, required=True, help="the model file")
    parser.add_argument("--options", type=json.loads, default={}, help="fields of Options, as JSON")
    arguments = parser.parse_args()
    options = Options(**arguments.options)
    aside = {repository.folder for repository in held_out()}
    files = sorted(arguments.bags.glob("*.npz"))
    pairs = load([file for file in files if file.stem not in aside])
    checks = load([file for file in files if file.stem in aside])
    words = (arguments.bags / "words.txt").read_bytes().split(b"\n")
    questions = judged.load(arguments.mirrors, vocabulary_of(words, arguments.buckets))
    began = time.monotonic()

    def report(what: str, table: Table) -> None:
        figures = judged.evaluate(
            questions,
            lambda bags: unit_vectors(table, "query", bags),
            lambda bags: unit_vectors(table, "code", bags),
        )
        told = " ".join(f"{category} {value:.3f}" for category, value in figures.items())
        again = " ".join(
            f"{KIND_NAMES[kind]} {found_again(checks, table, kind):.3f}" for kind in (DOC, COMMIT)
        )
        print(f"{what}: NDCG {told}; MRR {again}; {time.monotonic() - began:.0f} s", flush=True)

    table = initial(
        pairs.queries,
        pairs.codes,
        words,
        arguments.buckets,
        word_vectors(arguments.minilm, words, arguments.bags),
    )
    report(f"{len(pairs)} pairs, untrained", table)
    table = train(pairs, table, options, report)
    write(arguments.out, words, table)
    report("as written", read(arguments.out))


if __name__ == "__main__":
    main()
