"""Sub-words, held against a slow twin in plain Python."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from subword_twin import KNOWN, U64, twin_bag, twin_buckets, twin_hash, twin_words

from codelode.text import subwords, tokens
from codelode.text.subwords import Vocabulary


def vocabulary(words: list[bytes], buckets: int) -> Vocabulary:
    return Vocabulary(np.array([twin_hash(word) for word in words], np.uint64), buckets)


pieces = st.sampled_from(
    [
        *KNOWN,
        b"unknown",
        b"unk",
        b"no",
        b"7",
        b"007",
        b"0x1f",
        b"y" * 31,
        b"y" * 32,
        b"y" * 33,
        "naïve".encode(),
    ]
)
texts = st.one_of(
    st.binary(max_size=60),
    st.lists(st.tuples(pieces, st.sampled_from([b" ", b"\n", b"_", b""])), max_size=30).map(
        lambda pairs: b"".join(word + gap for word, gap in pairs)
    ),
)


@settings(deadline=None)
@given(texts)
def test_words_hashes_and_grams(text: bytes) -> None:
    starts, lengths = subwords.word_spans(text)
    expected = twin_words(text)
    assert starts.tolist() == [start for start, _ in expected]
    assert lengths.tolist() == [len(word) for _, word in expected]
    assert subwords.hashes(text, starts, lengths).tolist() == [twin_hash(word) for _, word in expected]
    assert subwords.gram_buckets(text, starts, lengths, 1000) == [
        twin_buckets(word, 1000) for _, word in expected
    ]


@settings(deadline=None)
@given(st.lists(st.tuples(texts, st.integers(0, 3)), min_size=1, max_size=8))
def test_bags(files: list[tuple[bytes, int]]) -> None:
    known = {word: row for row, word in enumerate(KNOWN)}
    table = vocabulary(KNOWN, 50)
    paths = [b"path of user %d" % (number * 111) for number in range(len(files))]
    chunks = [(text, path) for (text, count), path in zip(files, paths, strict=True) for _ in range(count)]
    if not chunks:
        return
    split = b"\n".join(text for text, _ in chunks)
    starts = np.cumsum([0, *(len(text) + 1 for text, _ in chunks)])[:-1]
    with_paths = table.bags(split, starts, paths, [count for _, count in files])
    without = table.bags(split, starts)
    for bags, extra in ((with_paths, True), (without, False)):
        for number, (text, path) in enumerate(chunks):
            found = slice(bags.starts[number], bags.starts[number + 1])
            bag = dict(zip(bags.rows[found].tolist(), bags.counts[found].tolist(), strict=True))
            assert bag == twin_bag(text + b"\n" + (path if extra else b""), known, 50)


def test_every_word_of_a_full_vocabulary_is_found() -> None:
    words = [b"w%x" % number for number in range(40_000)]
    table = vocabulary(words, 20_000)
    strangers = np.array([twin_hash(b"s%x" % number) for number in range(40_000)] + [0, U64], np.uint64)
    rows, missing = table.find(np.concatenate((table._hashes, strangers)))
    assert rows[: len(words)].tolist() == list(range(len(words)))
    assert missing.tolist() == list(range(len(words), len(words) + len(strangers)))


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        vocabulary([b"one"], 65_535)


def test_more_chunks_than_16_bits_number() -> None:
    count = 70_000
    split = b"of\n" * count
    bags = vocabulary([b"get", b"of"], 5).bags(split, np.arange(count) * 3, [b"get"], [count])
    assert (bags.starts == np.arange(count + 1) * 2).all()
    assert (bags.rows.reshape(-1, 2) == [0, 1]).all()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/net/http/parseURL.test.js", b"net http parse url test"),
        ("setup.py", b"setup"),
        (".gitignore", b"gitignore"),
        ("a/b/Makefile", b"a b makefile"),
    ],
)
def test_path_text(path: str, expected: bytes) -> None:
    assert subwords.path_text(path) == expected


@settings(deadline=None)
@given(st.lists(st.text(max_size=20), min_size=1, max_size=5))
def test_split_texts(parts: list[str]) -> None:
    coded = [part.encode() for part in parts]
    split, starts = subwords.split_texts(coded)
    ends = [*(starts[1:] - 1).tolist(), len(split)]
    for part, start, end in zip(coded, starts.tolist(), ends, strict=True):
        assert split[start:end].split() == tokens.split_identifiers(part).lower().split()
