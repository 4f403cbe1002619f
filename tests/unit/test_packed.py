"""Packed columns."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codelode.index import packed
from codelode.index.packed import Packed, PackedWriter, Sum
from codelode.store.columns import ColumnFile, write_columns
from codelode.store.format import COLUMN_VERSIONS

small, large = st.integers(0, 300), st.integers(0, 2**32 - 1)
values = st.lists(st.lists(st.one_of(small, small, large), max_size=30), min_size=1, max_size=4)


def written(folder: str, batches: list[list[int]], width: type[np.uint8] | type[np.uint16]) -> Packed:
    writer = PackedWriter(width)
    for batch in batches:
        writer.extend(np.array(batch, np.int64))
    kind = next(iter(COLUMN_VERSIONS))
    write_columns(Path(folder, "x.col"), kind, writer.columns("x"))
    return Packed(ColumnFile(Path(folder, "x.col"), kind), "x")


@pytest.mark.parametrize("width", [np.uint8, np.uint16])
@given(batches=values, data=st.data())
@settings(max_examples=60, deadline=None)
def test_what_was_written_is_read(
    width: type[np.uint8] | type[np.uint16], batches: list[list[int]], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        column = written(folder, batches, width)
        expected = [value for batch in batches for value in batch]
        assert len(column) == len(expected)
        assert [column[row] for row in range(len(expected))] == expected
        assert column[:].tolist() == expected
        start = data.draw(st.integers(0, len(expected)))
        assert column[start:].tolist() == expected[start:]
        assert column[:start].tolist() == expected[:start]
        rows = data.draw(st.lists(st.integers(0, len(expected) - 1), max_size=9)) if expected else []
        assert column[np.array(rows, np.int64)].tolist() == [expected[row] for row in rows]
        doubled, nothing = Sum(column, column), Sum(column, column, -1)
        assert doubled[start:].tolist() == [2 * value for value in expected[start:]]
        assert [nothing[row] for row in rows] == [0] * len(rows)


def test_small_values_take_a_byte_each(tmp_path: Path) -> None:
    column = written(str(tmp_path), [list(range(256)) * 4, [70_000, 70_001, 70_300], [5] * 100], np.uint8)
    assert column.low.itemsize == 1
    # 70,000 and 70,001 share what is cut off; 70,300 has more, and 5 nothing
    assert ColumnFile(tmp_path / "x.col", next(iter(COLUMN_VERSIONS))).column("x_runs").tolist() == [
        1024,
        1026,
        1027,
    ]


def test_columns_are_named_after_the_packed_one() -> None:
    assert list(packed.PackedWriter(np.uint8).columns("line")) == ["line", "line_runs", "line_highs"]
