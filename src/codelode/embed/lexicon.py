"""Words that mean nearly the same in code, from the bundled model's own vectors: ``auth`` and ``authentication``.

The nearest words of each word of the vocabulary are found once, when the model is made (`tools/train/lexicon.py`); a
query only looks them up.  Both inflections and synonyms are among them, which is why codelode needs no stemmer.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from codelode.store.columns import ColumnFile, write_columns

FILE = Path(__file__).parent / "bundled" / "lexicon.col"


def write_lexicon(
    path: Path,
    words: Sequence[str],
    near: npt.NDArray[np.integer[Any]],
    close: npt.NDArray[np.floating[Any]],
) -> None:
    """Write a lexicon: `words` ascending, and for each (rows) the numbers of its nearest words, the nearest first, with
    their closeness (0 to 1); a closeness of 0 ends a row.  At most 65,535 words."""
    coded = [word.encode() for word in words]
    if coded != sorted(coded):
        raise ValueError("the words of a lexicon must be sorted")
    columns: dict[str, npt.NDArray[Any]] = {
        "words": np.frombuffer(b"".join(coded), np.uint8),
        "offsets": np.cumsum([0, *map(len, coded)]).astype(np.uint32),
        "near": near.astype(np.uint16).ravel(),
        "close": np.round(close * 255).astype(np.uint8).ravel(),
    }
    write_columns(path, "lexicon", columns, {"width": int(near.shape[1])})


class Lexicon:
    """The words of a vocabulary and their neighbours."""

    def __init__(self, path: Path) -> None:
        """Map `path`; raises as `ColumnFile` does."""
        file = ColumnFile(path, "lexicon")
        self._width: int = file.meta["width"]
        self._blob = file.column("words").tobytes()
        self._offsets = file.column("offsets").data
        self._near = file.column("near").data
        self._close = file.column("close").data

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __getitem__(self, number: int) -> bytes:
        return self._blob[self._offsets[number] : self._offsets[number + 1]]

    def related(self, word: str) -> list[tuple[str, float]]:
        """Words near `word` with their closeness, the nearest first; none for a word it does not know."""
        coded = word.encode()
        number = bisect_left(self, coded)
        if number == len(self) or self[number] != coded:
            return []
        found = []
        for at in range(number * self._width, (number + 1) * self._width):
            if not self._close[at]:
                break
            found.append((self[self._near[at]].decode(), self._close[at] / 255))
        return found


@cache
def bundled() -> Lexicon:
    """The lexicon that comes with codelode."""
    return Lexicon(FILE)
