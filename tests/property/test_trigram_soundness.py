"""No text that matches may be rejected by its pattern's trigram tree."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pattern_maker import LITERALS, line, literal, pattern, pattern_for, quote

from codelode.model import Case
from codelode.query.literals import literal_tree, pattern_tree
from codelode.query.regex import parse
from codelode.query.trees import All, And, KeyRange, Or, Require, TrigramTree, all_of, any_of
from codelode.search.patterns import compile_literal, compile_pattern

CASES = (Case.SENSITIVE, Case.IGNORE, Case.SMART)


def trigrams_of(text: bytes) -> set[int]:
    folded = text.lower() + b"\n"
    return {int.from_bytes(folded[i : i + 3], "big") for i in range(len(folded) - 2)}


def holds(tree: TrigramTree, trigrams: set[int]) -> bool:
    if isinstance(tree, All):
        return True
    if isinstance(tree, Require):
        return trigrams.issuperset(tree.trigrams)
    if isinstance(tree, KeyRange):
        return any(tree.first <= trigram <= tree.last for trigram in trigrams)
    if isinstance(tree, And):
        return all(holds(part, trigrams) for part in tree.parts)
    assert isinstance(tree, Or)
    return any(holds(part, trigrams) for part in tree.parts)


@pytest.mark.parametrize("seed", range(4))
def test_generated_patterns(seed: int) -> None:
    rng = random.Random(seed)
    texts = [line(rng).encode() for _ in range(80)]
    texts += [text + b"\n" for text in texts[:20]] + [b"kiss", "\u212ai\u017f\u017f".encode(), b"", b"\n"]
    grams = [trigrams_of(text) for text in texts]
    matched = selective = 0
    for i in range(700):
        source = pattern(rng)
        matcher, tree, *_ = compile_pattern(source, CASES[i % 3])
        selective += not isinstance(tree, All)
        for text, have in zip(texts, grams, strict=True):
            if matcher.matches(text):
                matched += 1
                assert holds(tree, have), (source, CASES[i % 3], text)
    assert matched > 3000
    assert selective > 150  # else the test above says nothing


REPEATS = ("aaa", "abab", "ab", "é", "kk", "fooo", "\u212a", "\u017f", "x", "日本日", " ")


@pytest.mark.parametrize("seed", range(4))
def test_patterns_made_of_the_text(seed: int) -> None:
    rng = random.Random(seed)
    matched = selective = 0
    for i in range(1500):
        texts = ["".join(rng.choice(REPEATS) for _ in range(rng.randint(2, 6))) for _ in range(6)]
        source = pattern_for(rng, texts[0])
        matcher, tree, *_ = compile_pattern(source, CASES[i % 3])
        for text in texts:
            if matcher.matches(text.encode()):
                matched += 1
                selective += not isinstance(tree, All)
                assert holds(tree, trigrams_of(text.encode())), (source, CASES[i % 3], text)
    assert matched > 1300
    assert selective > 600


@pytest.mark.parametrize("seed", range(2))
def test_a_text_that_holds_the_literal_in_any_case(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(1500):
        text = literal(rng)
        variant = "".join(rng.choice((char, char.upper(), char.lower(), char.swapcase())) for char in text)
        hay = f"{line(rng)}{variant}{line(rng)}".encode()
        matcher, tree, *_ = compile_literal(text, Case.IGNORE)
        if matcher.matches(hay):
            assert holds(tree, trigrams_of(hay)), (text, variant)
        assert holds(literal_tree(text, ignore_case=False), trigrams_of(text.encode()))


@given(st.text(LITERALS + "ſßẞΐᾳﬅƛ", min_size=1, max_size=6), st.data())
@settings(max_examples=300, deadline=None)
def test_folded_letters(text: str, data: st.DataObject) -> None:
    variant = "".join(
        data.draw(st.sampled_from((c, c.upper()[:1], c.lower()[:1], c.casefold()[:1]))) for c in text
    )
    hay = f"<{variant}".encode()
    matcher, tree, *_ = compile_literal(text, Case.IGNORE)
    assert not matcher.matches(hay) or holds(tree, trigrams_of(hay))


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_building_keeps_the_meaning(data: st.DataObject) -> None:
    """all_of and any_of simplify; what they mean stays what their parts mean."""
    keys = st.integers(0, 6)
    requires = st.sets(keys, min_size=1, max_size=3).map(lambda keys: Require(tuple(sorted(keys))))
    leaves = st.one_of(
        requires, st.just(All()), st.just(Or(())), keys.map(lambda key: KeyRange(key, key + 1))
    )
    trees = st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(all_of), st.lists(inner, max_size=3).map(any_of)
        ),
    )
    parts = data.draw(st.lists(trees, max_size=4))
    have = data.draw(st.sets(keys))
    assert holds(all_of(parts), have) == all(holds(part, have) for part in parts)
    assert holds(any_of(parts), have) == any(holds(part, have) for part in parts)


@pytest.mark.parametrize("seed", range(2))
def test_across_lines(seed: int) -> None:
    """What lies across a newline may lie in two blocks of a file: no trigram with one is asked for."""
    rng = random.Random(seed)
    matched = selective = 0
    for i in range(600):
        left, right = (line(rng) + rng.choice(REPEATS) for _ in range(2))
        middle = rng.choice(("\\n", "\\s*\\n", "(?s:.)", "[^q]\\R?", "\\n{1,2}", "(?:\\n|foo)", "[\\n ]"))
        source = pattern_for(rng, left[-6:]) + middle + pattern_for(rng, right[:6])
        compiled = compile_pattern(source, CASES[i % 3])
        for text in (f"{left}\n{right}", f"{left}\n\n{right}\n", f"{left}\r\n{right}", f"{left} {right}"):
            if compiled.matcher.matches(text.encode()):
                matched += 1
                selective += not isinstance(compiled.tree, All)
                apart = set[int]().union(*(trigrams_of(block.encode()) for block in text.split("\n")))
                assert holds(compiled.tree, apart), (source, text)
    assert matched > 300
    assert selective > 150


LOOKS = (
    "(?={})",
    "(?!{})",
    "(?<={})",
    "(?<!{})",
    "(?>{})",
    "(?:{})?+",
    "({})?(?(1)foo|x)",
    "({})?\\1",
    "\\K(?:{})?",
)


@pytest.mark.parametrize("seed", range(2))
def test_beyond_re2(seed: int) -> None:
    rng = random.Random(seed)
    matched = selective = 0
    for i in range(150):
        texts = ["".join(rng.choice(REPEATS) for _ in range(rng.randint(2, 6))) for _ in range(6)]
        half = len(texts[0]) // 2
        look = rng.choice(LOOKS).format(quote(rng.choice((texts[0][half : half + 1], texts[1][:2], "é"))))
        source = (
            pattern_for(rng, texts[0][: half + 1]) + look + rng.choice(("", pattern_for(rng, texts[0][-2:])))
        )
        compiled = compile_pattern(source, CASES[i % 3])
        assert compiled.engine == "regex"
        for text in texts:
            if compiled.matcher.matches(text.encode()):
                matched += 1
                selective += not isinstance(compiled.tree, All)
                assert holds(compiled.tree, trigrams_of(text.encode())), (source, CASES[i % 3], text)
    assert matched > 60
    assert selective > 20


def test_a_tree_grows_with_the_pattern_not_beyond() -> None:
    """Cross products are cut: 12 classes of 16 characters in a row would have 16 ** 12 strings."""
    node = parse("[0-9a-f]" * 12 + "(?:ab|cd|ef|gh)" * 12).root
    tree = pattern_tree(node)

    def size(tree: TrigramTree) -> int:
        return 1 + sum(map(size, tree.parts)) if isinstance(tree, And | Or) else 1

    assert 1 < size(tree) < 5000
