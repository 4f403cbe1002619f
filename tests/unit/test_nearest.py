"""The nearest chunks over all segments, against all cosines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from bench.vectors import FILE_CHUNKS, Brute, Floats, clustered, noisy, open_index, write_index

from codelode.search.nearest import nearest_chunks
from codelode.search.snapshot import Snapshot, VectorChoice
from codelode.store.catalog import Catalog

SIZES = (30_000, 20_000, 7)


class Built:
    """An index of vectors alone, and what is in it."""

    def __init__(self, location: Path) -> None:
        rng = np.random.default_rng(3)
        self.segments = [clustered(size, rng) for size in SIZES]
        self.queries = noisy(self.segments[0][rng.integers(0, SIZES[0], 20)], rng)
        self.location = location
        write_index(location, self.segments)
        self.snapshot = open_index(location)
        self.masks = [part.live for part in self.snapshot.segments]

    def all_cosines(self, query: Floats) -> list[tuple[float, int, int]]:
        found = [
            (float(cosine), number, chunk)
            for number, vectors in enumerate(self.segments)
            for chunk, cosine in enumerate(vectors @ query)
        ]
        return sorted(found, key=lambda row: -row[0])


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return Built(tmp_path_factory.mktemp("vectors") / "index")


def test_recall(built: Built) -> None:
    brute = Brute(built.queries, 100)
    for number, vectors in enumerate(built.segments):
        brute.see(number, vectors)
    recalls = [
        brute.recall(number, nearest_chunks(built.snapshot, query, built.masks, 100))
        for number, query in enumerate(built.queries)
    ]
    assert np.mean(recalls) >= 0.98


def test_order_and_cosines(built: Built) -> None:
    for query in built.queries[:5]:
        found = nearest_chunks(built.snapshot, query, built.masks, 10)
        assert len(found) == 10
        assert [score for *_, score in found] == sorted((score for *_, score in found), reverse=True)
        for number, chunk, score in found:
            assert abs(score - built.segments[number][chunk] @ query) < 0.01


def test_a_vector_is_nearest_to_itself(built: Built) -> None:
    for number, chunk in ((0, 0), (1, 19_999), (2, 6)):
        vector = built.segments[number][chunk]
        assert nearest_chunks(built.snapshot, vector, built.masks, 1)[0][:2] == (number, chunk)


def test_masked_files_are_left_out(built: Built) -> None:
    query = built.queries[0]
    best, chunk, _ = nearest_chunks(built.snapshot, query, built.masks, 1)[0]
    masks = [mask.copy() for mask in built.masks]
    masks[best][chunk // FILE_CHUNKS] = False
    found = nearest_chunks(built.snapshot, query, masks, 50)
    assert all((number, row // FILE_CHUNKS) != (best, chunk // FILE_CHUNKS) for number, row, _ in found)
    only = [np.zeros_like(mask) for mask in built.masks]
    only[2][:] = True
    expected = [place for _, *place in built.all_cosines(query) if place[0] == 2]
    assert [[number, row] for number, row, _ in nearest_chunks(built.snapshot, query, only, 50)] == expected


def test_without_vectors_of_this_embedder(built: Built) -> None:
    catalog = Catalog(built.location / "catalog.db", create=False)
    for choice in (None, VectorChoice(lambda: "another", 0)):
        snapshot = Snapshot.opened("", built.location, catalog, choice)
        assert [part.vectors for part in snapshot.segments] == [None] * 3
        assert nearest_chunks(snapshot, built.queries[0], built.masks, 5) == []
    catalog.close()


def test_small_vectors_are_loaded(built: Built) -> None:
    snapshot = open_index(built.location, 1 << 30)
    tables = [part.vectors for part in snapshot.segments]
    assert all(table is not None and table.loaded for table in tables)
    query = built.queries[1]
    loaded = nearest_chunks(snapshot, query, built.masks, 20)
    assert loaded == nearest_chunks(built.snapshot, query, built.masks, 20)
