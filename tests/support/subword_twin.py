"""Sub-words in slow plain Python, and random models: what the vectorised ones are held against."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt

from codelode.embed.static import write_model

WORDS = re.compile(rb"[a-z0-9\x80-\xff]+")
U64 = (1 << 64) - 1
KNOWN = [
    b"get",
    b"user",
    b"name",
    b"x",
    b"of",
    b"a_very",
    b"averyveryverylongword",
    "größe".encode(),
    b"42",
    b"sha",
]


def twin_words(split: bytes) -> list[tuple[int, bytes]]:
    found = [(match.start(), match.group()) for match in WORDS.finditer(split)]
    return [(start, word) for start, word in found if 2 <= len(word) <= 32]


def twin_hash(word: bytes) -> int:
    parts = [int.from_bytes(word[at : at + 8], "little") for at in range(0, len(word), 8)]
    found = parts[0] * 0x9E3779B97F4A7C15 & U64
    found ^= found >> 32
    for part in parts[1:]:
        found = (found ^ part) * 0xBF58476D1CE4E5B9 & U64
        found ^= found >> 32
    found = found * 0x94D049BB133111EB & U64
    return found ^ found >> 32


def twin_buckets(word: bytes, buckets: int) -> list[int]:
    if word.isdigit():
        return []
    found = []
    for at in range(min(max(len(word) - 3, 1), 8)):
        mixed = int.from_bytes(word[at : at + 4], "little") * 0x9E3779B97F4A7C15 & U64
        mixed = (mixed ^ mixed >> 32) * 0xBF58476D1CE4E5B9 & U64
        found.append((mixed >> 32) * buckets >> 32)
    return found


def twin_bag(text: bytes, known: dict[bytes, int], buckets: int) -> dict[int, int]:
    bag: Counter[int] = Counter()
    for _, word in twin_words(text):
        rows = [known[word]] if word in known else [len(known) + at for at in twin_buckets(word, buckets)]
        bag.update(rows)
    return {row: min(count, 2) for row, count in bag.items()}


def random_model(path: Path, words: list[bytes], *, buckets: int = 1_000, dims: int = 256) -> str:
    """Write a model with random vectors of `words`; its fingerprint."""
    rng = np.random.default_rng(5)
    size = len(words) + buckets
    vectors: npt.NDArray[np.float64] = rng.normal(size=(size, dims))
    hashes = np.array([twin_hash(word) for word in words], np.uint64)
    return write_model(path, "random", hashes, vectors, rng.uniform(0.1, 2, size), rng.uniform(0.1, 2, size))
