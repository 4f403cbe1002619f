"""The static model, held against a slow twin in plain Python."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from subword_twin import KNOWN, twin_bag, twin_hash

from codelode.embed.static import StaticModel, rotation, write_model
from codelode.errors import EmbedderError
from codelode.text import subwords, tokens

DIMS, BUCKETS = 256, 30


class Parts:
    """A random model and what it was made of."""

    def __init__(self, folder: Path) -> None:
        rng = np.random.default_rng(5)
        size = len(KNOWN) + BUCKETS
        self.vectors = rng.normal(size=(size, DIMS)).astype(np.float32)
        self.vectors[1] = 0
        self.turned = (self.vectors @ rotation(DIMS)).tolist()
        self.code = rng.uniform(0.1, 2, size).astype(np.float32)
        self.query = rng.uniform(0.1, 2, size).astype(np.float32)
        hashes = np.array([twin_hash(word) for word in KNOWN], np.uint64)
        self.fingerprint = write_model(
            folder / "model.col", "random", hashes, self.vectors, self.code, self.query
        )
        self.model = StaticModel(folder / "model.col")


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    return Parts(tmp_path_factory.mktemp("model"))


def twin(parts: Parts, text: bytes, weights: np.ndarray) -> list[float]:
    total = [0.0] * DIMS
    for row, count in twin_bag(text, {word: row for row, word in enumerate(KNOWN)}, BUCKETS).items():
        for at in range(DIMS):
            total[at] += count * float(weights[row]) * parts.turned[row][at]
    length = math.sqrt(sum(value * value for value in total))
    return [value / length for value in total] if length else total


def agree(found: np.ndarray, expected: list[float]) -> bool:
    """int8 rows are exact to about 1 in 250 of the length."""
    if not any(expected):
        return not found.any()
    return bool(np.dot(found, np.array(expected)) > 0.9995 and abs(np.linalg.norm(found) - 1) < 1e-5)


words = st.lists(
    st.sampled_from(["get", "user", "größe", "getUserName", "unknownThing", "42", "99", "x", "\n"])
)


@settings(deadline=None, max_examples=40)
@given(st.lists(words.map(" ".join), min_size=1, max_size=6))
def test_encodes_as_the_twin(parts: Parts, texts: list[str]) -> None:
    split = [tokens.split_identifiers(text.encode()).lower() for text in texts]
    found = parts.model.encode_texts(texts)
    assert found.dtype == np.float32
    for row, text, own in zip(found, texts, split, strict=True):
        assert agree(row, twin(parts, own, parts.code))
        assert agree(parts.model.encode_query(text), twin(parts, own, parts.query))


def test_words_of_the_path_are_added(parts: Parts) -> None:
    split, starts = subwords.split_texts([b"get", b"user", b"name"])
    found = parts.model.encode_split(split, starts, [b"sha", b"of"], [2, 1])
    for row, text in zip(found, (b"get sha", b"user sha", b"name of"), strict=True):
        assert agree(row, twin(parts, text, parts.code))


def test_a_vector_does_not_depend_on_its_batch(parts: Parts) -> None:
    texts = [f"get user {'name ' * (number % 3)} unknown{number} words{number % 7}" for number in range(300)]
    together = parts.model.encode_texts(texts)
    assert (together == np.concatenate([parts.model.encode_texts([text]) for text in texts])).all()


def test_texts_of_several_batches(parts: Parts) -> None:
    texts = ["get name " * 20_000] * 4 + ["user"]
    found = parts.model.encode_texts(texts)
    assert (found[:4] == parts.model.encode_texts(texts[:1])).all()
    assert (found[4] == parts.model.encode_texts(["user"])[0]).all()
    assert parts.model.encode_texts([]).shape == (0, DIMS)


def test_another_model_has_another_fingerprint(parts: Parts, tmp_path: Path) -> None:
    hashes = np.array([twin_hash(word) for word in KNOWN], np.uint64)
    again = write_model(tmp_path / "same.col", "random", hashes, parts.vectors, parts.code, parts.query)
    other = write_model(tmp_path / "other.col", "random", hashes, parts.vectors, parts.code, parts.query * 2)
    assert parts.model.fingerprint == parts.fingerprint == again != other
    assert parts.model.name == "random"


def test_rows_are_kept(parts: Parts) -> None:
    lengths = np.linalg.norm(parts.vectors, axis=1, keepdims=True)
    cosines = (parts.model.vectors() @ rotation(DIMS).T * parts.vectors / np.maximum(lengths, 1e-9)).sum(
        axis=1
    )
    assert cosines[0] > 0.9995
    assert (cosines[2:] > 0.9995).all()
    assert cosines[1] == 0


def test_the_rotation_changes_no_angle() -> None:
    turn = rotation(DIMS)
    assert np.allclose(turn @ turn.T, np.eye(DIMS))


def test_a_missing_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EmbedderError, match="install codelode again"):
        StaticModel(tmp_path / "none.col")
