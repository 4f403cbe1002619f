"""How well words fit paths."""

from __future__ import annotations

import pytest

from codelode.search.pathmatch import PathMatcher, likeness
from codelode.search.question import Question, Term


def question(*words: str, related: dict[str, tuple[int, float]] | None = None) -> Question:
    terms = [Term(word, at, 1.0) for at, word in enumerate(words)]
    terms += [Term(word, at, share) for word, (at, share) in (related or {}).items()]
    return Question(words, (1.0,) * len(words), tuple(terms), (), False, None)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("parse", "parse", 1.0),
        ("parse", "parser", 5 / 6),
        ("serialize", "serialization", 8 / 13),
        ("config", "configuration", 0.0),  # too little of it; the lexicon knows that they belong together
        ("io", "io", 1.0),
        ("io", "iota", 0.0),
        ("for", "form", 0.0),
    ],
)
def test_words_of_one_family_begin_alike(a: str, b: str, expected: float) -> None:
    assert likeness(a, b) == pytest.approx(expected)
    assert likeness(b, a) == pytest.approx(expected)


def test_a_name_that_is_the_question_fits_whole() -> None:
    fit = PathMatcher(question("http", "client")).fit(b"src/net/HTTPClient.java")
    assert (fit.asked, fit.filled) == (1.0, 1.0)


def test_shares_of_the_question_and_of_the_name_differ() -> None:
    fit = PathMatcher(question("retry", "budget")).fit(b"retry_policy_factory.py")
    assert fit.asked == pytest.approx(0.5)
    assert fit.filled == pytest.approx(5 / 18)


def test_folders_count_apart() -> None:
    fit = PathMatcher(question("session", "store")).fit(b"lib/session/store/memory.rb")
    assert (fit.asked, fit.folder_asked, fit.folder_filled) == (0.0, 1.0, 1.0)


def test_a_related_word_counts_its_share() -> None:
    fit = PathMatcher(question("configuration", related={"config": (0, 0.7)})).fit(b"config.go")
    assert (fit.asked, fit.filled) == (pytest.approx(0.7), pytest.approx(0.7))


@pytest.mark.parametrize(
    ("path", "stands"), [(b"a/index.ts", True), (b"a/__init__.py", True), (b"a/b.py", False)]
)
def test_some_files_stand_for_their_folder(path: bytes, stands: bool) -> None:
    assert PathMatcher(question("a")).fit(path).stands_for_folder is stands


def test_a_path_that_is_no_utf8_fits_nothing() -> None:
    assert PathMatcher(question("a")).fit(b"\xff/\xfe").asked == 0.0
