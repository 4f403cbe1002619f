"""The vocabulary of the pairs, and the pairs as numbers of its rows."""

from __future__ import annotations

import argparse
import pickle
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from tools.train.mining import Pair
from tools.train.repositories import held_out

from codelode.text.subwords import LONGEST, Bags, Vocabulary, hashes, word_spans

WORD = re.compile(rb"[a-z0-9\x80-\xff]{2,}")
MOST_DIGITS = 4
"""Longer numbers are nobody's words."""

AT_ONCE = 20_000


def load_pairs(file: Path) -> list[Pair]:
    """The pairs that mining wrote for one repository."""
    return [Pair(*entry) for entry in pickle.loads(file.read_bytes())]


def is_word(word: bytes) -> bool:
    """Whether `word` is letters and digits throughout, and no long number."""
    if word.isdigit():
        return len(word) <= MOST_DIGITS
    return word.isascii() or word.decode("utf-8", "replace").isalnum()


def count(file: Path) -> Counter[bytes]:
    """How often each word occurs in the questions and in the distinct chunks of a repository."""
    found: Counter[bytes] = Counter()
    seen = set()
    for pair in load_pairs(file):
        found.update(WORD.findall(pair.query))
        if pair.chunk not in seen:
            seen.add(pair.chunk)
            found.update(WORD.findall(pair.code))
    return Counter({word: number for word, number in found.items() if len(word) <= LONGEST and is_word(word)})


def choose(counts: Iterable[Counter[bytes]], most: int) -> list[bytes]:
    """The `most` words that the most repositories have; of equally many, the more frequent."""
    repositories: Counter[bytes] = Counter()
    total: Counter[bytes] = Counter()
    for found in counts:
        repositories.update(found.keys())
        total.update(found)
    words = [word for word, number in repositories.items() if number > 1 and total[word] > 4]
    words.sort(key=lambda word: (-repositories[word], -total[word], word))
    return words[:most]


def vocabulary_of(words: list[bytes], buckets: int) -> Vocabulary:
    """The rows of `words`, in their order, and of the buckets after them."""
    text = b" ".join(words)
    return Vocabulary(hashes(text, *word_spans(text)), buckets)


def bags_of(vocabulary: Vocabulary, texts: Sequence[bytes], paths: Sequence[bytes] = ()) -> Bags:
    """Bags of split texts, each with the words of its path where there are paths."""
    parts = []
    for first in range(0, len(texts), AT_ONCE):
        some = texts[first : first + AT_ONCE]
        starts = np.cumsum([0, *(len(text) + 1 for text in some)])[:-1]
        parts.append(
            vocabulary.bags(
                b"\n".join(some), starts, paths[first : first + AT_ONCE], [1] * len(some if paths else ())
            )
        )
    return joined(parts)


def joined(parts: Sequence[Bags]) -> Bags:
    """One after the other."""
    sizes = np.cumsum([0, *(len(part.rows) for part in parts)])
    starts = [part.starts[:-1] + size for part, size in zip(parts, sizes, strict=False)]
    return Bags(
        np.concatenate([*starts, sizes[-1:]]),
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.counts for part in parts]),
    )


def encode(file: Path, words: list[bytes], buckets: int, into: Path) -> None:
    """Write the pairs of one repository as bags."""
    pairs = load_pairs(file)
    if not pairs:
        return
    vocabulary = vocabulary_of(words, buckets)
    queries = bags_of(vocabulary, [pair.query for pair in pairs])
    codes = bags_of(vocabulary, [pair.code for pair in pairs], [pair.path for pair in pairs])
    np.savez(
        into / f"{file.stem}.npz",
        kinds=np.array([pair.kind for pair in pairs], np.uint8),
        files=np.array([pair.file for pair in pairs], np.int32),
        chunks=np.array([pair.chunk for pair in pairs], np.int32),
        asked=np.unique(np.array([pair.query for pair in pairs]), return_inverse=True)[1].astype(np.int32),
        query_starts=queries.starts,
        query_rows=queries.rows,
        query_counts=queries.counts,
        code_starts=codes.starts,
        code_rows=codes.rows,
        code_counts=codes.counts,
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True, help="what pairs.py wrote")
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--words", type=int, default=32_000)
    parser.add_argument("--buckets", type=int, default=14_000)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    aside = {repository.folder for repository in held_out()}
    files = sorted(options.pairs.glob("*.pickle"))
    with ProcessPoolExecutor(options.jobs) as pool:
        counted = [file for file in files if file.stem not in aside]
        words = choose(pool.map(count, counted), options.words)
        (options.into / "words.txt").write_bytes(b"\n".join(words))
        job = partial(encode, words=words, buckets=options.buckets, into=options.into)
        list(pool.map(job, files))


if __name__ == "__main__":
    main()
