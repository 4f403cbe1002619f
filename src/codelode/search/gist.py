"""The gist of a file, its path and the names that it defines, and how near that is to a question.

A body says a hundred things; the names say what a file is about.  One vector of them all is compared with the question
(NDCG@10 of questions in words on bench/quality/dev .734 -> .742).  Nothing is stored: the names are in the symbol
table, and the bundled model makes the vectors of 48 candidates in about a millisecond.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from codelode.model import display_path
from codelode.search.pool import MAIN_KINDS, FileCandidate
from codelode.search.question import Vector

Encode = Callable[[Sequence[str]], npt.NDArray[np.float32]]
"""Unit vectors of texts, f32[n, dims]; cheap enough to be called by a search"""

PATH_PARTS = 3
"""Folders and name that tell; the outer folders are the same for all"""

NAMES = 60
"""Most names of a file: the first ones, which are those of its main definitions"""


def closeness(
    files: Sequence[FileCandidate], vector: Vector, encode: Encode
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """For each file the cosine (float64) of its path, and of its path and names, with the question's `vector`."""
    paths = [path_words(file) for file in files]
    gists = [f"{path} {names_of(file)}" for path, file in zip(paths, files, strict=True)]
    cosines = (encode([*paths, *gists]) @ vector).astype(np.float64)
    return cosines[: len(files)], cosines[len(files) :]


def path_words(file: FileCandidate) -> str:
    """The last parts of its path without the extension."""
    parts = display_path(file.path).split("/")[-PATH_PARTS:]
    return " ".join([*parts[:-1], parts[-1].rpartition(".")[0] or parts[-1]])


def names_of(file: FileCandidate) -> str:
    """The names of its functions and types, each once, in the order of the file."""
    table = file.part.symbols
    rows = table.of_file(file.ordinal)
    main = MAIN_KINDS[table.kinds[rows.start : rows.stop]]
    numbers = list(dict.fromkeys(table.names[rows.start : rows.stop][main].tolist()))[:NAMES]
    return b" ".join(table.distinct.several(np.array(numbers, np.int64))).decode("utf-8", "replace")
