"""The vectors of a segment, against numpy over the same floats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from codelode.embed.embedder import unit_rows
from codelode.errors import CorruptIndexError
from codelode.index.vectors import BLOCK, NEVER, VectorsWriter, VectorTable, sign_bits

Floats = npt.NDArray[np.float32]


def unit(count: int, dims: int, seed: int = 1) -> Floats:
    return unit_rows(np.random.default_rng(seed).standard_normal((count, dims), np.float32))


def written(path: Path, vectors: Floats, **options: int) -> VectorTable:
    writer = VectorsWriter(vectors.shape[1])
    for block in np.array_split(vectors, 3):
        writer.add(block)
    writer.write(path, "some-model")
    return VectorTable(path, **options)


@pytest.mark.parametrize(("count", "dims"), [(1_000, 256), (BLOCK + 17, 64), (50, 100), (3, 1024), (1, 7)])
def test_distances_and_scores(tmp_path: Path, count: int, dims: int) -> None:
    vectors = unit(count, dims)
    table = written(tmp_path / "v.col", vectors)
    assert (len(table), table.dims, table.embedder, table.has.all()) == (count, dims, "some-model", True)
    query = unit(1, dims, 2)[0]
    expected = ((vectors > 0) != (query > 0)).sum(axis=1)
    assert (table.distances(query) == expected).all()
    rows = np.arange(0, count, 3)
    assert np.allclose(table.scores(query, rows), vectors[rows] @ query, atol=0.01)
    for row in (0, count - 1):
        assert np.allclose(table.vector(row), vectors[row], atol=0.01)
        assert abs(np.linalg.norm(table.vector(row)) - 1) < 1e-5
        assert table.scores(vectors[row], np.array([row]))[0] > 0.999


def test_what_is_masked_or_not_embedded_yet_is_never_near(tmp_path: Path) -> None:
    vectors = unit(10, 64)
    has = np.arange(10) % 2 == 0
    vectors[~has] = 0
    writer = VectorsWriter(64)
    writer.add(vectors, has)
    writer.write(tmp_path / "v.col", "e")
    table = VectorTable(tmp_path / "v.col")
    assert (table.has == has).all()
    assert ((table.distances(vectors[0]) == NEVER) == ~has).all()
    mask = np.arange(10) < 4
    assert ((table.distances(vectors[0], mask) == NEVER) == ~(has & mask)).all()
    assert not table.vector(1).any()


def test_loaded_or_mapped(tmp_path: Path) -> None:
    vectors = unit(100, 256)
    mapped = written(tmp_path / "v.col", vectors)
    loaded = VectorTable(tmp_path / "v.col", 1 << 20)
    assert (mapped.loaded, loaded.loaded) == (False, True)
    rows = np.arange(100)
    assert (mapped.scores(vectors[3], rows) == loaded.scores(vectors[3], rows)).all()
    assert (mapped.distances(vectors[3]) == loaded.distances(vectors[3])).all()


def test_an_empty_table(tmp_path: Path) -> None:
    VectorsWriter(256).write(tmp_path / "v.col", "e")
    table = VectorTable(tmp_path / "v.col")
    assert len(table) == table.has.size == 0
    assert table.distances(unit(1, 256)[0]).shape == (0,)
    assert table.scores(unit(1, 256)[0], np.empty(0, np.int64)).shape == (0,)


def test_sign_bits_of_an_odd_size() -> None:
    vectors = np.array([[1, -1, 0.5], [-1, 0, 2]], np.float32)
    assert sign_bits(vectors).tolist() == [[0b101], [0b100]]


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "v.col", unit(100, 256))
    data = (tmp_path / "v.col").read_bytes()
    (tmp_path / "v.col").write_bytes(data[: len(data) // 2])
    with pytest.raises(CorruptIndexError, match="truncated"):
        VectorTable(tmp_path / "v.col")
