"""Make the bundled lexicon: for each word of the model's vocabulary its nearest words, by the model's own vectors.

    python tools/train/lexicon.py VOCABULARY MODEL OUT

VOCABULARY is a text file, one word a line, in the order of the model's rows.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from codelode.embed.lexicon import write_lexicon
from codelode.embed.static import StaticModel

WIDTH = 8
"""Neighbours kept of a word"""

LEAST_CLOSE = 0.5
"""Cosine below which words are no longer of one meaning (looked at by eye on 200 words)."""

BLOCK = 2048
"""Words compared with all others at a time: 256 MB of cosines at 32 K words."""


def main() -> None:
    """Write the lexicon."""
    vocabulary, model_path, out = map(Path, sys.argv[1:])
    words = vocabulary.read_text().split()
    vectors = StaticModel(model_path).vectors()[: len(words)]
    order = np.array(sorted(range(len(words)), key=lambda at: words[at].encode()))
    vectors = vectors[order]
    near, close = np.zeros((len(words), WIDTH), np.int64), np.zeros((len(words), WIDTH))
    for start in range(0, len(words), BLOCK):
        cosines = vectors[start : start + BLOCK] @ vectors.T
        rows = np.arange(cosines.shape[0])
        cosines[rows, start + rows] = -1
        best = np.argpartition(-cosines, WIDTH, axis=1)[:, :WIDTH]
        values = np.take_along_axis(cosines, best, axis=1)
        inner = np.argsort(-values, axis=1, kind="stable")
        near[start : start + BLOCK] = np.take_along_axis(best, inner, axis=1)
        close[start : start + BLOCK] = np.take_along_axis(values, inner, axis=1)
    close[close < LEAST_CLOSE] = 0
    write_lexicon(out, [words[at] for at in order], near, np.minimum(close, 1.0))


if __name__ == "__main__":
    main()
