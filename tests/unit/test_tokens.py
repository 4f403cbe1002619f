"""What a word is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode.text import tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("getUser", "get user"),
        ("user2Name", "user 2 name"),
        ("HTTPServer", "http server"),
        ("parseHTTPResponse", "parse http response"),
        ("snake_case_name", "snake case name"),
        ("kebab-case", "kebab case"),
        ("sha256sum", "sha 256 sum"),
        ("i2c", "i2c"),
        ("u32", "u32"),
        ("x86", "x86"),
        ("0x1F", "0x1f"),
        ("10ms", "10ms"),
        ("__init__", "init"),
        ("ALL_CAPS", "all caps"),
        ("std::vector<int>", "std vector int"),
        ("", ""),
        ("...", ""),
        ("naïve Größe", "naïve größe"),
        ("a.b.c", "a b c"),
        ("\u201cquoted\u201d\u2014dash", "quoted dash"),
    ],
)
def test_words(text: str, expected: str) -> None:
    assert tokens.words(text) == expected.split()


def test_long_words_are_no_words() -> None:
    assert tokens.words("a" * (tokens.MAX_TOKEN_BYTES - 1)) != []
    assert tokens.words("a" * tokens.MAX_TOKEN_BYTES) == []


CODE = st.text(alphabet="abXY09_ .x(é中", max_size=40)


@given(CODE)
def test_splitting_only_inserts_spaces(text: str) -> None:
    raw = text.encode()
    split = tokens.split_identifiers(raw)
    assert split.replace(b" ", b"") == raw.replace(b" ", b"")
    borders = tokens.split_positions(raw).tolist()
    assert borders == sorted(set(borders))
    assert all(0 < border < len(raw) for border in borders)
    assert len(split) == len(raw) + len(borders)
    for border in borders:
        at = border + borders.index(border)
        assert split[at : at + 1] == b" "


@given(st.text(alphabet="abXY09_ .é", max_size=60))
def test_words_are_the_words_of_the_split_text(text: str) -> None:
    """The quick way for one word and the vectorised way for documents agree."""
    split = tokens.split_identifiers(text.encode()).decode().lower()
    expected = [word for word in re.findall(r"[^\W_]+", split) if len(word.encode()) < tokens.MAX_TOKEN_BYTES]
    assert tokens.words(text) == expected


@given(st.text(max_size=60))
def test_words_of_any_text_stay_words(text: str) -> None:
    """A word of a query is a word again: nothing is cut twice."""
    for word in tokens.words(text):
        assert word
        assert "_" not in word
        assert not re.search(r"\s", word)
        if word.isascii():
            assert tokens.words(word) == [word]
