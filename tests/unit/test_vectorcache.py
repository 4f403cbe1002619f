"""The bounded cache of vectors."""

from __future__ import annotations

import numpy as np
import pytest

from codelode.embed.batching import BatchPolicy
from codelode.embed.cache import CachedEmbedding
from codelode.embed.embedder import unit_rows
from codelode.errors import StorageError
from codelode.store.vectorcache import VectorCache

MANY = 1 << 30


def key(number):
    return number.to_bytes(16, "big")


def values(numbers, size=100):
    return {key(number): bytes([number % 256]) * size for number in numbers}


def test_what_is_kept_is_found_by_the_next_process(tmp_path):
    path = tmp_path / "sub" / "cache.db"
    with VectorCache(path, MANY) as cache:
        cache.keep(values(range(2000)))
    with VectorCache(path, MANY) as cache:
        found = cache.find([key(number) for number in range(1000, 3000)])
        assert found == values(range(1000, 2000))
        assert len(cache) == 2000


def test_what_was_not_used_for_longest_goes_first(tmp_path):
    path, bound = tmp_path / "cache.db", 400_000
    for turn in range(12):
        with VectorCache(path, bound) as cache:
            assert cache.find([key(7)]) == ({} if turn == 0 else values([7], 500))
            cache.keep(values([7], 500) if turn == 0 else {})
            cache.keep(values(range(turn * 100 + 1000, turn * 100 + 1100), 500))
            assert cache.bytes <= bound
    with VectorCache(path, bound) as cache:
        newest = [key(number) for number in range(2100, 2200)]
        oldest = [key(number) for number in range(1000, 1100)]
        assert len(cache.find(newest)) == 100
        assert cache.find(oldest) == {}


def test_a_smaller_bound_makes_the_file_smaller(tmp_path):
    path = tmp_path / "cache.db"
    with VectorCache(path, MANY) as cache:
        cache.keep(values(range(2000), 1000))
    before = path.stat().st_size
    with VectorCache(path, 500_000) as cache:
        cache.keep(values([9999]))
        assert cache.find([key(9999)])
    assert path.stat().st_size < before / 2


def test_a_bound_of_nothing_keeps_nothing(tmp_path):
    with VectorCache(tmp_path / "cache.db", 0) as cache:
        cache.keep(values([1]))
        assert cache.find([key(1)]) == {}


@pytest.mark.parametrize("damage", [b"no database at all" * 100, b""])
def test_a_damaged_file_is_replaced(tmp_path, damage):
    path = tmp_path / "cache.db"
    path.write_bytes(damage)
    with VectorCache(path, MANY) as cache:
        cache.keep(values([1]))
        assert cache.find([key(1)]) == values([1])


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        VectorCache(tmp_path / "file" / "cache.db", MANY)
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(StorageError):
        VectorCache(tmp_path / "folder.db", MANY)


class Counting:
    """An embedder of random directions that remembers what it was given."""

    inline, dims = False, 64

    def __init__(self, fingerprint="counting-1"):
        self.fingerprint, self.given = fingerprint, []

    def encode_texts(self, texts):
        self.given += texts
        dice = [np.random.default_rng(abs(hash(text))) for text in texts]
        return unit_rows(np.array([one.standard_normal(self.dims) for one in dice]))

    encode_queries = encode_texts

    def new_policy(self):
        return BatchPolicy(1000, 7)

    def facts(self):
        raise AssertionError("nobody asked")


def encoded(embedding, texts):
    out = np.zeros((len(texts), 64), np.float32)
    for numbers, rows in embedding.encode(texts):
        out[numbers] = rows
    return out


def test_a_text_is_embedded_once_and_its_copies_share_the_vector(tmp_path):
    embedder = Counting()
    texts = [f"text {number % 20}" for number in range(60)]
    with VectorCache(tmp_path / "cache.db", MANY) as cache:
        first = encoded(CachedEmbedding(embedder, cache), texts)
        assert sorted(embedder.given) == sorted(set(texts))
        np.testing.assert_array_equal(first[:20], first[20:40])
        again = CachedEmbedding(embedder, cache)
        second = encoded(again, [*texts, "new"])
        assert len(embedder.given) == 21
        assert again.computed == 1
    exact = embedder.encode_texts(texts[:20])
    assert (np.einsum("ij,ij->i", exact, second[:20]) > 0.999).all()


def test_embedders_do_not_share_vectors(tmp_path):
    one, other = Counting("a-1"), Counting("b-1")
    with VectorCache(tmp_path / "cache.db", MANY) as cache:
        encoded(CachedEmbedding(one, cache), ["text"])
        encoded(CachedEmbedding(other, cache), ["text"])
    assert other.given == ["text"]
