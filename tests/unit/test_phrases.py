"""How close the words of a query stand together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codelode.search.phrases import WINDOW, closeness, sequenced
from codelode.search.wordfinder import WordFinder
from codelode.text import tokens

WEIGHTS = {"retry": 4.0, "backoff": 2.0, "delay": 1.0}


def both(query: str, *texts: str, words: Sequence[str] = tuple(WEIGHTS)) -> list[tuple[float, float]]:
    asked = sequenced(tokens.words(query), words)
    found = WordFinder(words).find([text.encode() for text in texts])
    weights = np.array([WEIGHTS[word] for word in words])
    phrase, near = closeness(found, len(texts), asked, weights)
    return list(zip(phrase.tolist(), near.tolist(), strict=True))


@pytest.mark.parametrize(
    ("text", "phrase", "near"),
    [
        ("retry backoff", 6, 3),
        ("retryBackoff", 6, 3),
        ("retry_backoff(1)", 6, 3),
        ("backoff retry", 0, 0),
        ("retry then backoff", 0, 1.5),
        ("retry, then retry. backoff", 6, 3),
        ("retry backoff, retry backoff", 6, 3),
        ("retry" + " x" * (WINDOW - 1) + " backoff", 0, 3 / WINDOW),
        ("retry" + " x" * WINDOW + " backoff", 0, 0),
        ("retry", 0, 0),
        ("", 0, 0),
    ],
)
def test_two_words(text: str, phrase: float, near: float) -> None:
    [found] = both("retry backoff", text)
    assert found == pytest.approx((phrase, near))


def test_three_words_in_part() -> None:
    found = both("retry backoff delay", "retry backoff delay", "retry backoff x delay", "backoff delay retry")
    assert found == [(7, 4.5), (0, 3.75), (0, 1.5)]


def test_a_stop_word_of_the_query_may_be_another_in_the_text() -> None:
    found = both(
        "retry with backoff", "retry with backoff", "retry the backoff", "retry backoff", "retry in a backoff"
    )
    assert found == [(6, 3), (6, 3), (0, 3), (0, 1.5)]


def test_a_word_that_is_asked_for_twice() -> None:
    assert both("retry backoff retry", "retry backoff retry", "retry backoff") == [(10, 6), (0, 3)]


def test_one_word_is_no_phrase() -> None:
    assert both("retry", "retry retry") == [(0, 0)]


def test_words_of_two_texts_are_never_together() -> None:
    assert both("retry backoff", "retry", "backoff") == [(0, 0), (0, 0)]


words = st.sampled_from(["retry", "backoff", "delay", "x"])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(words, min_size=2, max_size=4), st.lists(st.lists(words, max_size=16), min_size=1, max_size=4)
)
def test_as_counted_one_by_one(query: list[str], texts: list[list[str]]) -> None:
    asked = [(word, at) for at, word in enumerate(query) if word in WEIGHTS]
    expected = [(_phrase(asked, text), _near(asked, text)) for text in texts]
    found = both(" ".join(query), *map(" ".join, texts))
    assert [value for pair in found for value in pair] == pytest.approx(
        [value for pair in expected for value in pair]
    )


def _phrase(asked: list[tuple[str, int]], text: list[str]) -> float:
    for begin in range(-4, len(text)):
        places = [begin + at for _, at in asked]
        if len(asked) > 1 and all(
            0 <= place < len(text) and text[place] == word
            for place, (word, _) in zip(places, asked, strict=True)
        ):
            return sum(WEIGHTS[word] for word, _ in asked)
    return 0.0


def _near(asked: list[tuple[str, int]], text: list[str]) -> float:
    total = 0.0
    for (left, at), (right, then) in zip(asked, asked[1:], strict=False):
        gaps = [
            max(j - i - (then - at), 0) + 1
            for i, a in enumerate(text)
            for j, b in enumerate(text)
            if a == left and b == right and j > i
        ]
        best = min(gaps, default=WINDOW + 1)
        total += (WEIGHTS[left] + WEIGHTS[right]) / 2 / best if best <= WINDOW else 0
    return total
