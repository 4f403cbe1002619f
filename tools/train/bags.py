"""Batches of bags as sparse matrices over the rows that they use."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from codelode.text.subwords import Bags

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


class Batch(NamedTuple):
    """Some texts."""

    counts: csr_matrix
    """f32[texts, len(used)]: how often each holds a row"""
    used: Ints
    """the rows that occur, ascending"""


def gather(bags: Bags, texts: Ints, table_rows: int) -> Batch:
    """The bags numbered `texts`."""
    starts = bags.starts[texts]
    sizes = bags.starts[texts + 1] - starts
    ends = np.cumsum(sizes)
    at = np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - (ends - sizes), sizes)
    rows = bags.rows[at]
    present = np.zeros(table_rows, bool)
    present[rows] = True
    used = np.flatnonzero(present)
    place = np.cumsum(present, dtype=np.int32) - 1
    indptr = np.concatenate([[0], ends]).astype(np.int32)
    counts = csr_matrix(
        (bags.counts[at].astype(np.float32), place[rows], indptr), shape=(len(texts), len(used))
    )
    return Batch(counts, used)
