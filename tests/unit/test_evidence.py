"""Evidence of chunks, against counting by hand."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from trees import fresh, settle, write_tree

from codelode.app import Index
from codelode.model import SearchOptions, SearchStats
from codelode.search.evidence import Evidence, read_evidence
from codelode.search.pool import gather
from codelode.search.question import Question, ask
from codelode.search.source import Sources
from codelode.search.words import K1, B
from codelode.settings import Settings
from codelode.text import chunks as chunking
from codelode.text import tokens

WORDS = ["parse", "url", "config", "reader", "x86", "größe", "http", "2"]
RELATED = {"parse": [("parser", 0.5)], "config": [("reader", 0.9), ("settings", 0.5)]}


def text(dice: random.Random) -> str:
    lines = []
    for number in range(dice.randrange(1, 60)):
        style = dice.choice([" ".join, "_".join, lambda words: "".join(word.title() for word in words)])
        lines.append(
            style(dice.choices([*WORDS, "parser", "settings", "other", "of"], k=dice.randrange(1, 6)))
        )
        lines += [f"def {dice.choice(WORDS[:4])}_{dice.choice(WORDS[:4])}():", f"    return {number}"]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    dice = random.Random(4)
    root = write_tree(
        tmp_path_factory.mktemp("evidence") / "tree",
        {f"{dice.choice(WORDS)}/{number}.py": text(dice) for number in range(12)} | {"empty.py": ""},
    )
    settle(root)
    with fresh(root, root.parent / "index", Settings(embedder="none")) as made:
        yield made


def evidence(index: Index, query: str) -> tuple[Question, Evidence]:
    snapshot = index._current()
    question = ask(snapshot, query, lambda word: RELATED.get(word, []), None)
    masks = [part.live for part in snapshot.segments]
    files = gather(snapshot, question, masks, SearchOptions().limit)
    return question, read_evidence(question, files, Sources(SearchStats(), 1 << 20))


def naive(question: Question, body: str) -> tuple[float, float]:
    """BM25 of the words, and of the words and their relatives, word by word."""
    found = tokens.words(body)
    length = K1 * (1 - B + B * len(body.encode()) / chunking.TARGET_BYTES)
    scores = [0.0, 0.0]
    for at, weight in enumerate(question.weights):
        own = [term for term in question.terms if term.word == at]
        exact = sum(found.count(term.text) for term in own if term.share == 1)
        wide = sum(found.count(term.text) * term.share for term in own)
        for kind, count in enumerate((exact, wide)):
            scores[kind] += weight * count * (K1 + 1) / (count + length) / question.total / (K1 + 1)
    return scores[0], scores[1]


@pytest.mark.parametrize("query", ["parse url", "config reader", "http größe x86", "parse config settings"])
def test_scores_are_those_of_counting_word_by_word(index: Index, query: str) -> None:
    question, found = evidence(index, query)
    assert len(found.chunks) > 5
    for row, chunk in enumerate(found.chunks):
        body = found.texts[chunk.file][chunk.start : chunk.end].decode()
        exact, wide = naive(question, body)
        assert found.exact[row] == pytest.approx(exact)
        assert found.wide[row] == pytest.approx(wide)
        here = set(tokens.words(body))
        for at in range(len(question.words)):
            own = {term.text for term in question.terms if term.word == at}
            assert found.covers[row, at] == bool(own & here)
    assert found.exact.max() > 0
    assert (found.wide >= found.exact - 1e-12).all()


def one(tmp_path: Path, text: str, query: str) -> tuple[Question, Evidence]:
    root = write_tree(tmp_path / "tree", {"a.py": text, "b.py": "something = else_\n"})
    settle(root)
    with fresh(root, tmp_path / "index", Settings(embedder="none")) as index:
        return evidence(index, query)


def test_a_definition_called_like_the_question(tmp_path: Path) -> None:
    _, found = one(tmp_path, "def parse_url(text):\n    return text\n", "parse url")
    assert found.defined.max() == pytest.approx(1.0)
    assert found.filled.max() == pytest.approx(8 / 9)  # all letters of the name but the underscore


def test_a_longer_name_is_filled_less(tmp_path: Path) -> None:
    _, found = one(tmp_path, "def parse_url_of_request(text):\n    return text\n", "parse url")
    assert found.defined.max() == pytest.approx(1.0)
    assert found.filled.max() == pytest.approx(8 / 20)


def test_words_in_a_body_are_no_definition(tmp_path: Path) -> None:
    _, found = one(tmp_path, "def other(text):\n    return parse(url)\n", "parse url")
    assert found.defined.max() == 0
    assert found.exact.max() > 0


def test_pairs_count_in_order_only_and_once(tmp_path: Path) -> None:
    question, found = one(tmp_path, "# parse the url, parse url\nx = url_parse\n", "parse url")
    assert found.pairs.max() == pytest.approx(sum(question.weights) / 2 / question.total)
    question, found = one(tmp_path / "other", "x = url_parse\n", "parse url")
    assert found.pairs.max() == 0


def test_the_beginning_of_a_file_counts_apart(tmp_path: Path) -> None:
    filler = "".join(f"value_{n} = {n}\n" for n in range(200))
    _, found = one(tmp_path, f'"""Parse an url."""\n{filler}', "parse url")
    assert found.heads.max() == pytest.approx(1.0)
    _, found = one(tmp_path / "other", f"{filler}# parse an url\n", "parse url")
    assert found.heads.max() == 0


def test_a_file_changed_since_it_was_indexed_has_no_definitions(tmp_path: Path) -> None:
    root = write_tree(
        tmp_path / "tree", {"a.py": "def parse_url(text):\n    return text\n", "b.py": "x = 1\n"}
    )
    settle(root)
    with fresh(root, tmp_path / "index", Settings(embedder="none")) as index:
        (root / "a.py").write_text("# parse url\n")
        _, found = evidence(index, "parse url")
        assert found.defined.max() == 0
        assert found.exact.max() > 0


def test_an_empty_pool_of_words_gives_numbers_all_the_same(index: Index) -> None:
    _, found = evidence(index, "2 parse")  # a word of one letter is none to the sub-words
    assert np.isfinite(found.exact).all()
    assert found.exact.max() > 0
