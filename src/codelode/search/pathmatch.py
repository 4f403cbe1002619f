"""How well a question's words fit a file's path: its own name, and the folders it is in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from codelode.model import RelPath, display_path
from codelode.search.question import Question
from codelode.text import tokens

FOLDERS = 3
"""Folders that count, the innermost ones"""

SHORTEST_PREFIX = 4
LEAST_COMMON = 0.6
"""Two words are of one family when they begin alike for so many letters, and this share of the longer one:
``config`` and ``configuration`` (0.46) only as related words, ``parse`` and ``parser`` (0.83) here."""

STEMS_OF_FOLDERS = frozenset({"index", "init", "mod", "lib", "main", "core", "base", "package"})
"""Names of files that stand for their folder"""


class PathFit(NamedTuple):
    """Shares, 0 to 1."""

    asked: float
    """of the question's weight that the file's name has"""
    filled: float
    """of the file's name that is in the question"""
    folder_asked: float
    """of the question's weight that the folders have"""
    folder_filled: float
    """of the innermost folder's name that is in the question"""
    stands_for_folder: bool


class PathMatcher:
    """Fits of one question."""

    def __init__(self, question: Question) -> None:
        self._weights = question.weights
        self._total = question.total
        self._words = question.words
        self._related: dict[str, tuple[int, float]] = {}
        self._fits: dict[str, list[tuple[int, float]]] = {}
        for term in reversed(question.terms):  # best share last, so that it stays
            self._related[term.text] = (term.word, term.share)

    def fit(self, path: RelPath) -> PathFit:
        """The fit of `path`."""
        *folders, name = display_path(path).split("/")
        stem = tuple(tokens.words(name.rpartition(".")[0] or name))
        inner = [_words_of(folder) for folder in folders[-FOLDERS:]]
        asked, filled = self._match(stem)
        folder_asked, _ = self._match([word for words in inner for word in words])
        _, folder_filled = self._match(inner[-1]) if inner else (0.0, 0.0)
        return PathFit(
            asked, filled, folder_asked, folder_filled, (stem[:1] and stem[0] in STEMS_OF_FOLDERS) or False
        )

    def _match(self, found: Sequence[str]) -> tuple[float, float]:
        """Share of the question's weight, and of the letters of `found`, that match."""
        best: dict[int, float] = {}
        letters = matched = 0.0
        for word in found:
            letters += len(word)
            fits = self._fits.get(word)
            if fits is None:
                fits = self._fits[word] = self._fit_word(word)
            if fits:
                matched += max(share for _, share in fits) * len(word)
                for at, share in fits:
                    if share > best.get(at, 0.0):
                        best[at] = share
        asked = sum(self._weights[at] * share for at, share in best.items()) / self._total
        return asked, matched / letters if letters else 0.0

    def _fit_word(self, word: str) -> list[tuple[int, float]]:
        """Which words of the question a word of a path stands for, and how well."""
        fits = [(at, alike) for at, asked in enumerate(self._words) if (alike := likeness(asked, word))]
        if word in self._related:
            fits.append(self._related[word])
        return fits


def likeness(a: str, b: str) -> float:
    """Share of the longer word with which both begin; 0 when that is too little for one family."""
    longest = max(len(a), len(b))
    common = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        common += 1
    if common < SHORTEST_PREFIX and common != longest:
        return 0.0
    return common / longest if common >= LEAST_COMMON * longest else 0.0


@lru_cache(maxsize=8192)
def _words_of(folder: str) -> tuple[str, ...]:
    return tuple(tokens.words(folder))
