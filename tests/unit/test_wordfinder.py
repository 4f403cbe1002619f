"""Where the words of a query stand in texts."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from codelode.search.wordfinder import WordFinder
from codelode.text import tokens

letters = st.text(alphabet="abAB1_- \n.é中“ß", max_size=24)


def test_places_count_words() -> None:
    texts = [b"retryBackoff(x) retry\n", b"", b"a backoff, then_retry"]
    found = WordFinder(["retry", "backoff"]).find(texts)
    assert [found.of_row(row) for row in range(3)] == [
        [(0, 0, 5), (1, 5, 12), (0, 16, 21)],
        [],
        [(1, 2, 9), (0, 16, 21)],
    ]
    assert found.place.tolist() == [1, 2, 4, 6, 8]


def test_no_words_and_no_texts() -> None:
    assert WordFinder(["a"]).find([]).row.size == 0
    assert WordFinder([]).find([b"a"]).row.size == 0


@settings(max_examples=200, deadline=None)
@given(st.lists(letters, min_size=1, max_size=5))
def test_the_same_words_as_those_of_the_index(texts: list[str]) -> None:
    """Every word of every text is found, where and as often as it stands there, and nothing else."""
    words = sorted({word for text in texts for word in tokens.words(text)})
    found = WordFinder(words).find([text.encode() for text in texts])
    for row, text in enumerate(texts):
        own = found.of_row(row)
        assert [words[word] for word, _, _ in own] == tokens.words(text)
        raw = text.encode()
        assert all(raw[start:end].decode().lower() == words[word] for word, start, end in own)
    if all(text.isascii() for text in texts):
        assert found.place.tolist() == list(range(1, found.place.size + 1))
