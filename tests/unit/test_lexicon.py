"""The lexicon: written, mapped and asked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from codelode.embed import lexicon
from codelode.embed.lexicon import Lexicon, write_lexicon

WORDS = ["auth", "authentication", "config", "naïve", "parse", "zip"]


@pytest.fixture
def small(tmp_path: Path) -> Lexicon:
    near = np.array([[1, 2], [0, 2], [4, 0], [0, 0], [2, 0], [0, 0]])
    close = np.array([[0.9, 0.5], [0.8, 0], [0.6, 0], [0.7, 0], [1.0, 0.2], [0, 0]])
    path = tmp_path / "lexicon.col"
    write_lexicon(path, WORDS, near, close)
    return Lexicon(path)


def test_related_words_come_nearest_first_with_their_closeness(small: Lexicon) -> None:
    found = small.related("auth")
    assert [word for word, _ in found] == ["authentication", "config"]
    assert [close for _, close in found] == pytest.approx([0.9, 0.5], abs=0.003)


def test_a_row_ends_where_closeness_is_nought(small: Lexicon) -> None:
    assert [word for word, _ in small.related("authentication")] == ["auth"]
    assert small.related("zip") == []


@pytest.mark.parametrize("word", ["", "aut", "autho", "zz", "naive"])
def test_an_unknown_word_has_no_relatives(small: Lexicon, word: str) -> None:
    assert small.related(word) == []


def test_words_are_found_by_their_utf8(small: Lexicon) -> None:
    assert [word for word, _ in small.related("naïve")] == ["auth"]


def test_unsorted_words_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="sorted"):
        write_lexicon(tmp_path / "x.col", ["b", "a"], np.zeros((2, 1), int), np.zeros((2, 1)))


def test_the_bundled_one_knows_inflections_and_short_forms() -> None:
    bundled = lexicon.bundled()
    assert "authentication" in dict(bundled.related("auth"))
    assert "parsing" in dict(bundled.related("parse")) or "parser" in dict(bundled.related("parse"))
    assert all(0 < close <= 1 for _, close in bundled.related("parse"))
