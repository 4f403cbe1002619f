"""The learned weights of `search.features`: a small file beside this module, made by ``tools/rank/learn.py``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from codelode.search.features import NAMES, Matrix

FILE = Path(__file__).with_name("weights.json")


@dataclass(frozen=True, slots=True)
class Weights:
    """One linear ranker for questions in words, one for a question that is a name."""

    words: npt.NDArray[np.float64]
    """(len(NAMES),)"""
    name: npt.NDArray[np.float64]

    def of(self, *, is_name: bool) -> npt.NDArray[np.float64]:
        """The weights for a kind of question."""
        return self.name if is_name else self.words


@lru_cache(maxsize=4)
def load(path: Path = FILE) -> Weights:
    """Read the weights at `path`; a signal that it does not name weighs nothing.

    Raises ValueError for one that `search.features` does not have."""
    stored = json.loads(path.read_text())
    return Weights(_vector(stored["words"], path), _vector(stored["name"], path))


def _vector(stored: Mapping[str, float], path: Path) -> npt.NDArray[np.float64]:
    if unknown := sorted(stored.keys() - set(NAMES)):
        raise ValueError(f"{path}: no signal is called {', '.join(unknown)}")
    return np.array([stored.get(name, 0.0) for name in NAMES])


def shares(matrix: Matrix, weights: npt.NDArray[np.float64], row: int) -> dict[str, float]:
    """What each signal adds to the score of candidate `row`, the largest first; those that add nothing left out."""
    parts = matrix[row] * weights
    order = np.argsort(-np.abs(parts), kind="stable").tolist()
    return {NAMES[at]: round(float(parts[at]), 4) for at in order if abs(parts[at]) >= 5e-5}
