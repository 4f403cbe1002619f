"""A plain-language query as the ranker sees it: its words with their weights, names in it, its vector."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from codelode.index.terms import BODY, PATH
from codelode.search.proposals import STOP_WORDS, global_weight, query_words
from codelode.search.snapshot import Snapshot

Vector = npt.NDArray[np.float32]
Related = Callable[[str], Sequence[tuple[str, float]]]
"""From a word to words that mean nearly the same, each with its closeness (0 to 1)"""


_NAME = re.compile(r"[^\W\d]\w*(?:(?:\.|::|->|#)[^\W\d]\w*)*")
_LOOKS_NAMED = re.compile(r"[a-z0-9][A-Z]|[A-Z]{2}[a-z]|_|::|->|[.#]|^[A-Z]")
_LAST_PART = re.compile(r"\w+$")
LONGEST_NAME = 64

MOST_RELATED = 4
"""Related words that are asked for with a word: with eight, a tenth more time and the same answers to .001 NDCG@10"""

RELATED_SHARE = 0.8
"""Weight of a related word beside the word itself, times its closeness"""


@dataclass(frozen=True, slots=True)
class Term:
    """A word to look for in texts."""

    text: str
    word: int
    """index of the query's word that it stands for"""
    share: float
    """1 for the word itself, less for a related one"""


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked."""

    words: tuple[str, ...]
    """distinct words in order, stop words left out"""
    weights: tuple[float, ...]
    """inverse document frequency of each over all chunks; of its commonest form where the index lacks the word"""
    terms: tuple[Term, ...]
    """the words, then words related to them that the index has"""
    names: tuple[str, ...]
    """what may be the name of a definition, as written; the last part where it is qualified"""
    is_name: bool
    """the whole query is one name"""
    vector: Vector | None
    """unit vector of the query; None without an embedder"""

    @property
    def total(self) -> float:
        """Sum of the words' weights; never 0."""
        return sum(self.weights) or 1.0


def ask(snapshot: Snapshot, query: str, related: Related, vector: Vector | None) -> Question:
    """The question that `query` puts to `snapshot`."""
    words = query_words(query)
    weights, terms = [], []
    for index, word in enumerate(words):
        own = global_weight(snapshot, BODY, word)
        near = [
            (other, share * RELATED_SHARE, weight)
            for other, share in related(word)[:MOST_RELATED]
            if other not in words and (weight := global_weight(snapshot, BODY, other))
        ]
        weights.append(own or min((weight for _, _, weight in near), default=0.0))
        terms.append(Term(word, index, 1.0))
        terms += [Term(other, index, share) for other, share, _ in near]
    terms.sort(key=lambda term: -term.share)
    names = tuple(name for name in _names(query) if len(words) == 1 or name.lower() not in STOP_WORDS)
    return Question(
        tuple(words),
        tuple(weights),
        tuple(terms),
        names,
        len(names) == 1 and _NAME.fullmatch(query.strip()) is not None,
        vector,
    )


def path_weights(snapshot: Snapshot, question: Question) -> dict[str, float]:
    """Weight of each word by how few paths have it."""
    return {word: global_weight(snapshot, PATH, word) for word in question.words}


def _names(query: str) -> tuple[str, ...]:
    """The words of `query` that are written like names, or all of a query of one word."""
    found = [match[0] for match in _NAME.finditer(query)]
    alone = len(found) == 1
    chosen = [name for name in found if alone or _LOOKS_NAMED.search(name)]
    last = [match[0] for name in chosen if (match := _LAST_PART.search(name))]
    return tuple(dict.fromkeys(name for name in last if 1 < len(name) <= LONGEST_NAME))
