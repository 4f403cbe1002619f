"""Learn the weights of the signals from mined questions: a linear ranker for each of the two kinds of question.

    python -m tools.rank.learn --signals DIR... [--against FILE] [--without-each] [--out FILE]

The loss is the listwise softmax cross entropy (Cao et al., "Learning to Rank: From Pairwise Approach to Listwise
Approach", ICML 2007, top one): over the candidates of a question, its answers share the probability.  It is convex, so
Newton's method finds the one minimum in a few steps.  Figures are NDCG@10 on repositories that were left out.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tools.rank.signals import TYPES, Asked, load

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

TYPE_WEIGHTS = {
    "commit": 1.0, "symbol": 1.0, "member": 1.0, "shared": 1.0, "spoken": 0.3, "doc": 1.0,
    "judged semantic": 6.0, "judged architecture": 6.0, "judged symbol": 6.0,
}  # fmt: skip
"""What a question of each type counts.  Commits tell of fixes, which is not what people ask; comments (hidden from the
index) describe code as they do, but never two files at once, and in the words of its names.  Commits alone, comments
alone and both gave .756, .772 and .782 on our own judged questions; with those of the other repositories among the
judged ones, weighing 0, 3 or 6, they have .790, .794 and .796, each repository scored by weights learned without it."""

CHANGE_OFTEN = ("size",)
"""Signals of files that commits change more often, and that have more to be named or described, than they are asked
for: learned beside the others, so that those do not stand in for them, and then left out (+.001)."""

WORDS, NAME = "words", "name"
KINDS = ((WORDS, False), (NAME, True))
"""The two rankers, and whether their questions are names"""

RIDGE = {WORDS: 10.0, NAME: 30.0}
"""Half the weight of the squares of the weights of standardised signals, in questions.  From 3 to 100 figures move by
.003; names are found so well that little else would hold their weights."""

FOLDS = 7
STEPS = 30
DONE = 1e-6


@dataclass(frozen=True, slots=True)
class Questions:
    """The questions of all repositories."""

    names: tuple[str, ...]
    matrix: Floats
    starts: Ints
    right: npt.NDArray[np.bool_]
    types: Ints
    answers: Ints
    is_name: npt.NDArray[np.bool_]
    repositories: Ints
    """number of each question's repository"""

    def __len__(self) -> int:
        return self.types.size

    @property
    def owners(self) -> Ints:
        """Number of each candidate's question."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))


def join(parts: Sequence[Asked]) -> Questions:
    """One table of all repositories."""
    sizes = np.concatenate([np.diff(part.starts) for part in parts])
    return Questions(
        tuple(parts[0].names),
        np.concatenate([part.matrix for part in parts]).astype(np.float64),
        np.concatenate([[0], np.cumsum(sizes)]),
        np.concatenate([part.right for part in parts]),
        np.concatenate([part.types for part in parts]).astype(np.int64),
        np.concatenate([part.answers for part in parts]).astype(np.int64),
        np.concatenate([part.is_name for part in parts]),
        np.repeat(np.arange(len(parts)), [len(part.texts) for part in parts]),
    )


def fit(asked: Questions, chosen: npt.NDArray[np.bool_], used: Ints, ridge: float) -> Floats:
    """The weights of all signals, those not in `used` 0, learned on the questions in `chosen` (a mask)."""
    owners = asked.owners
    has_answer = np.bincount(owners, asked.right, minlength=len(asked)) > 0
    shares = np.array([TYPE_WEIGHTS.get(name, 0.0) for name in TYPES])[asked.types]
    kept = chosen & has_answer & (shares > 0)
    rows = kept[owners]
    table, right = asked.matrix[rows][:, used], asked.right[rows].astype(np.float64)
    _, owner, counts = np.unique(owners[rows], return_inverse=True, return_counts=True)
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    means = np.add.reduceat(table, first) / counts[:, None]
    table = table - means[owner]
    scale = np.sqrt((table**2).mean(axis=0))
    table /= np.where(scale > 0, scale, 1.0)
    share = shares[kept]
    aim = right / np.add.reduceat(right, first)[owner]
    found = np.zeros(used.size)

    def loss_of(weights: Floats) -> tuple[float, Floats]:
        scores = table @ weights
        scores -= np.maximum.reduceat(scores, first)[owner]
        sums = np.add.reduceat(np.exp(scores), first)
        logs = scores - np.log(sums)[owner]
        return float(-(share[owner] * aim * logs).sum() + ridge * (weights**2).sum()), np.exp(logs)

    loss, chances = loss_of(found)
    for _ in range(STEPS):
        slope = table.T @ (share[owner] * (chances - aim)) + 2 * ridge * found
        expected = np.add.reduceat(chances[:, None] * table, first)
        bend = (table * (share[owner] * chances)[:, None]).T @ table - (
            expected * share[:, None]
        ).T @ expected
        step = np.linalg.solve(bend + 2 * ridge * np.eye(used.size), slope)
        size = 1.0
        while True:
            after, chances = loss_of(found - size * step)
            if after <= loss or size < 1e-3:
                break
            size /= 2
        found = found - size * step
        if loss - after < DONE * max(1.0, loss):
            break
        loss = after
    weights = np.zeros(len(asked.names))
    weights[used] = np.where(scale > 0, found / np.where(scale > 0, scale, 1.0), 0.0)
    return weights


def as_written(asked: Questions, weights: Floats) -> Floats:
    """`weights` without what is only true of mined questions."""
    return np.where(np.isin(asked.names, CHANGE_OFTEN), 0.0, weights)


def ndcg(asked: Questions, scores: Floats) -> Floats:
    """NDCG@10 of each question; 0 where no answer is a candidate."""
    owners = asked.owners
    order = np.lexsort((np.arange(scores.size), -scores, owners))
    places = np.arange(scores.size) - asked.starts[owners]
    gains = np.where(asked.right[order] & (places < 10), 1 / np.log2(places + 2), 0.0)
    ideal = np.cumsum(1 / np.log2(np.arange(10) + 2))
    return np.bincount(owners, gains, minlength=len(asked)) / ideal[np.minimum(asked.answers, 10) - 1]


def folds(asked: Questions) -> Ints:
    """The fold of each question: repositories stay whole."""
    return asked.repositories % FOLDS


def crossed(asked: Questions, used: Ints) -> Floats:
    """Scores of all candidates by weights that were learned on other repositories."""
    scores = np.zeros(asked.right.size)
    fold = folds(asked)
    owners = asked.owners
    for number in range(FOLDS):
        for kind, is_name in KINDS:
            weights = fit(asked, (fold != number) & (asked.is_name == is_name), used, RIDGE[kind])
            rows = ((fold == number) & (asked.is_name == is_name))[owners]
            scores[rows] = asked.matrix[rows] @ weights
    return scores


def by_type(asked: Questions, gains: Floats) -> dict[str, float]:
    """Mean of each type over its questions, and of all over repositories."""
    found = {
        name: float(gains[asked.types == number].mean())
        for number, name in enumerate(TYPES) if (asked.types == number).any()
    }  # fmt: skip
    counts = np.bincount(asked.repositories)
    found["all"] = float((np.bincount(asked.repositories, gains) / np.maximum(counts, 1))[counts > 0].mean())
    return {name: round(value, 4) for name, value in found.items()}


def scores_of(asked: Questions, weights: dict[str, Floats]) -> Floats:
    """What the product would score."""
    names = asked.is_name[asked.owners]
    return np.where(names, asked.matrix @ weights[NAME], asked.matrix @ weights[WORDS])


def read(folders: Iterable[Path]) -> Questions:
    """All questions in `folders`."""
    return join([load(file) for folder in folders for file in sorted(folder.glob("*.npz"))])


def read_weights(file: Path, names: Sequence[str]) -> dict[str, Floats]:
    """Both rankers of a weights.json."""
    stored = json.loads(file.read_text())
    return {kind: np.array([stored[kind].get(name, 0.0) for name in names]) for kind in (WORDS, NAME)}


def learned(asked: Questions, used: Ints) -> dict[str, Floats]:
    """Both rankers, from all questions."""
    return {
        kind: as_written(asked, fit(asked, asked.is_name == is_name, used, RIDGE[kind]))
        for kind, is_name in KINDS
    }


def without_each(asked: Questions) -> None:
    """Print what each signal brings: the difference that leaving it out makes."""
    whole = by_type(asked, ndcg(asked, crossed(asked, np.arange(len(asked.names)))))
    for name in asked.names:
        used = np.flatnonzero(np.array(asked.names) != name)
        found = by_type(asked, ndcg(asked, crossed(asked, used)))
        print(
            f"without {name:18s} " + "  ".join(f"{kind} {found[kind] - whole[kind]:+.4f}" for kind in whole),
            flush=True,
        )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--signals", type=Path, nargs="+", required=True, help="folders that signals.py wrote"
    )
    parser.add_argument("--against", type=Path, help="weights.json to compare with")
    parser.add_argument("--without-each", action="store_true", help="measure what each signal brings")
    parser.add_argument("--out", type=Path, help="weights.json to write")
    options = parser.parse_args()
    asked = read(options.signals)
    used = np.arange(len(asked.names))
    has = np.bincount(asked.owners, asked.right, minlength=len(asked)) / asked.answers
    print(f"{len(asked)} questions; answers among the candidates:", by_type(asked, has))
    if options.against:
        old = read_weights(options.against, asked.names)
        print("before:", by_type(asked, ndcg(asked, scores_of(asked, old))))
    figures = by_type(asked, ndcg(asked, crossed(asked, used)))
    print("NDCG@10 on repositories left out:", figures)
    weights = learned(asked, used)
    for number in np.argsort(-np.abs(weights[WORDS])):
        print(f"  {asked.names[number]:18s} {weights[WORDS][number]:8.3f} {weights[NAME][number]:8.3f}")
    if options.without_each:
        without_each(asked)
    if options.out:
        write(options.out, asked, weights, figures)


def write(file: Path, asked: Questions, weights: dict[str, Floats], figures: dict[str, float]) -> None:
    """Write the weights with how they were made."""
    rows = {kind: dict(zip(asked.names, own.round(3).tolist(), strict=True)) for kind, own in weights.items()}
    counts = {name: int((asked.types == number).sum()) for number, name in enumerate(TYPES)}
    made = {
        "made_by": "tools/rank/learn.py",
        "learned_from": {"repositories": int(asked.repositories.max()) + 1, "questions": counts},
        "type_weights": TYPE_WEIGHTS,
        "ndcg10_on_repositories_left_out": figures,
    }
    body = ",\n".join(f" {json.dumps(key)}: {json.dumps(value)}" for key, value in made.items())
    signals = ",\n".join(
        f" {json.dumps(kind)}: {{\n"
        + ",\n".join(f"  {json.dumps(name)}: {value}" for name, value in own.items())
        + "\n }"
        for kind, own in rows.items()
    )
    file.write_text(f"{{\n{body},\n{signals}\n}}\n")


if __name__ == "__main__":
    main()
