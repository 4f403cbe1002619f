"""Words, phrases, wildcards, typos and NEAR in one text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode.search.boolean import subject as subjects
from codelode.search.boolean.fuzzy import FuzzyFinder, typos
from codelode.search.boolean.matchers import PhraseFinder, SlopFinder, WildcardFinder, WordFinder
from codelode.search.boolean.near import near_pairs
from codelode.search.boolean.subject import Subject, word_starts
from codelode.search.snapshot import OpenSegment
from codelode.text import tokens


def subject(text: str) -> Subject:
    """A file with this text, of no segment: finders look at texts only."""
    return Subject(OpenSegment.__new__(OpenSegment), 0, b"a.c", text.encode())


def found(
    finder: WordFinder | PhraseFinder | SlopFinder | WildcardFinder | FuzzyFinder, text: str
) -> list[str]:
    raw = text.encode()
    return [raw[start:end].decode() for start, end in finder.spans(subject(text), None)]


@pytest.mark.parametrize(
    ("word", "fold", "text", "matches"),
    [
        ("lock", True, "mutex_lock(Lock) unlock blocked LOCKED lockFile", ["lock", "Lock", "lock"]),
        ("Lock", False, "mutex_lock(Lock) FileLock", ["Lock", "Lock"]),
        ("mutex_lock", True, "mutex_lock_irq mutexLock __mutex_lock", ["mutex_lock", "mutex_lock"]),
        ("std::vector", True, "xstd::vector std::vector<int>", ["std::vector"]),
        ("a.a", True, "xa.a.a", ["a.a"]),
        ("->next", True, "p->next p->nextOf p->nexts", ["->next", "->next"]),
        ("héritage", True, "l'HÉRITAGE, héritages", ["HÉRITAGE"]),
    ],
)
def test_words(word: str, fold: bool, text: str, matches: list[str]) -> None:
    assert found(WordFinder(word, fold=fold), text) == matches


@pytest.mark.parametrize(
    ("phrase", "text", "matches"),
    [
        ("static int", "static int x; static\n\tint y; staticint", ["static int", "static\n\tint"]),
        ("ic int", "static int", ["ic int"]),
        ("é à", "é\u00a0à é  à", ["é\u00a0à", "é  à"]),
        (" if", "elif else if", [" if"]),
        ("a\u00a0b", "a b", ["a b"]),
        ("lock", "unlock block", ["lock", "lock"]),
    ],
)
def test_phrases(phrase: str, text: str, matches: list[str]) -> None:
    assert found(PhraseFinder(phrase, fold=True), text) == matches


@pytest.mark.parametrize(
    ("wildcard", "text", "matches"),
    [
        ("retr*", "retry retries try_retry attr", ["retry", "retries", "retry"]),
        ("w?rd", "word ward sword wrd w_rd", ["word", "ward", "w_rd"]),
        ("get*User", "getFooUser getUserName getUsers", ["getFooUser", "getUser"]),
        ("*lock", "mutex_lock block lock locks", ["mutex_lock", "block", "lock"]),
        (r"x\*y*", "x*yes xy", ["x*yes"]),
        ("é*", "été cafés", ["été"]),
    ],
)
def test_wildcards(wildcard: str, text: str, matches: list[str]) -> None:
    assert found(WildcardFinder(wildcard, fold=wildcard.islower()), text) == matches


def test_a_bound_on_what_is_looked_for() -> None:
    text = "lock retry\n" * 50
    for finder in (WordFinder("lock", fold=True), WildcardFinder("loc*", fold=True), FuzzyFinder("lokc", 1)):
        assert len(finder.spans(subject(text), 3)) == 3
        assert len(finder.spans(subject(text), None)) == 50


def test_typos_in_words() -> None:
    text = "retry Rerty retries tryRetry retyr_x reetry r3try"
    assert found(FuzzyFinder("retry", 1), text) == ["retry", "Rerty", "Retry", "retyr", "reetry"]
    assert found(FuzzyFinder("retry", 2), "retries ret treyr") == ["ret"]


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_typos_are_symmetrical_and_bounded(one: str, other: str) -> None:
    count = typos(one, other)
    assert count == typos(other, one)
    assert abs(len(one) - len(other)) <= count <= max(len(one), len(other))
    assert (count == 0) == (one == other)


WORDS = st.text(st.sampled_from(list("aB1_ .é\n—")), max_size=60)


@given(WORDS)
def test_words_begin_where_the_text_is_cut(text: str) -> None:
    raw = text.encode()
    cut = tokens.split_identifiers(raw)
    assert len(word_starts(raw)) == len(tokens.WORD.findall(cut.decode()))


@given(WORDS, st.integers(1, 4))
def test_the_nth_word_is_the_same_near_by_and_in_the_whole_text(text: str, words: int) -> None:
    raw = text.encode()
    ends = [at for at in range(len(raw) + 1) if at == len(raw) or raw[at] & 0xC0 != 0x80]
    alone = subject(text).reach(ends, words)
    several = subject(text).reach(ends * (subjects.FEW_PLACES // len(ends) + 1), words)
    assert alone.tolist() == several[: len(ends)].tolist()


def test_near_counts_words_in_both_directions() -> None:
    text = "retry one two backoff; backoff retry"
    it = subject(text)
    retry, backoff = ([*WordFinder(word, fold=True).spans(it, None)] for word in ("retry", "backoff"))
    assert near_pairs(it, retry, backoff, 1, ordered=False).covers == [(23, 36)]
    three = near_pairs(it, retry, backoff, 3, ordered=False)
    assert three.covers == [(0, 21), (14, 36), (23, 36)]
    assert three.members == sorted(retry + backoff)
    assert near_pairs(it, retry, backoff, 3, ordered=True).covers == [(0, 21)]
    assert near_pairs(it, retry, retry, 1, ordered=False).covers == []


def test_near_does_not_pair_what_overlaps() -> None:
    it = subject("ab abab")
    assert near_pairs(it, [(3, 5)], [(4, 6)], 9, ordered=False).covers == []
    assert near_pairs(it, [(3, 5)], [(5, 7)], 1, ordered=False).covers == [(3, 7)]


def test_words_in_order_with_room_between() -> None:
    text = "open a new file; file is open; open file"
    assert found(SlopFinder("open file", 3, fold=True), text) == [
        "open a new file",
        "open; open file",
        "open file",
    ]
    spans = SlopFinder("open file", 1, fold=True).spans(subject(text), None)
    assert [text[start:end] for start, end in spans] == ["open file"]
    assert SlopFinder("open new file", 1, fold=True).spans(subject(text), None) == []
    assert SlopFinder("open new file", 2, fold=True).spans(subject(text), None)[0] == (0, 15)
