"""Columns of numbers that are mostly small, or ascend in small steps: one or two bytes a row.

A column keeps the low 8 or 16 bits of each value.  What was cut off changes seldom from row to row (in Linux once in
100 rows), so it is kept by runs: the rows at which it changes, and its new value.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from codelode.store.columns import ColumnFile

Values = npt.NDArray[np.int64]


class PackedWriter:
    """Collects the values of a column."""

    def __init__(self, dtype: type[np.uint8] | type[np.uint16]) -> None:
        """`dtype`: what is kept of each value."""
        self._dtype = dtype
        self._cut = ~np.int64(np.iinfo(dtype).max)
        self._low: list[npt.NDArray[Any]] = []
        self._runs: list[Values] = []
        self._highs: list[Values] = [np.zeros(1, np.int64)]
        self._rows = 0

    def extend(self, values: Values) -> None:
        """Add `values` (int64, 0 to 2^32 - 1)."""
        high = values & self._cut
        last = self._highs[-1][-1:]
        if last[0] or high.any():
            changes = np.flatnonzero(np.diff(high, prepend=last))
            if changes.size:
                self._runs.append(changes + self._rows)
                self._highs.append(high[changes])
        self._low.append(values.astype(self._dtype))
        self._rows += values.size

    def columns(self, name: str) -> dict[str, npt.NDArray[Any]]:
        """The column `name` and its two companions, to be written."""
        empty: list[npt.NDArray[Any]] = [np.empty(0, self._dtype)]
        return {
            name: np.concatenate(empty + self._low),
            f"{name}_runs": np.concatenate([np.empty(0, np.int64), *self._runs]).astype(np.uint32),
            f"{name}_highs": np.concatenate(self._highs).astype(np.uint32),
        }


class Packed:
    """A packed column: a view of the mapped file that is indexed like an array."""

    __slots__ = ("_few", "_highs", "_runs", "low")

    def __init__(self, file: ColumnFile, name: str) -> None:
        self.low: npt.NDArray[Any] = file.column(name)
        """the values modulo 2^8 or 2^16"""
        self._runs: npt.NDArray[np.uint32] = file.column(f"{name}_runs")
        self._highs: npt.NDArray[np.uint32] = file.column(f"{name}_highs")
        # Single elements of a memoryview cost a third of numpy's.
        self._few = self.low.data, self._runs.data, self._highs.data

    def __len__(self) -> int:
        return self.low.size

    @overload
    def __getitem__(self, rows: int) -> int: ...
    @overload
    def __getitem__(self, rows: slice | npt.NDArray[np.integer[Any]]) -> Values: ...

    def __getitem__(self, rows: int | slice | npt.NDArray[np.integer[Any]]) -> int | Values:
        """The value of a row (not negative), or those of several (int64)."""
        if isinstance(rows, int):
            low, runs, highs = self._few
            value: int = low[rows] + highs[bisect_right(runs, rows)]
            return value
        values: Values = self.low[rows].astype(np.int64)
        if not self._runs.size:
            return values
        if isinstance(rows, slice):
            rows = np.arange(*rows.indices(len(self)))
        return values + self._high(rows)

    def _high(self, rows: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.uint32]:
        return self._highs[np.searchsorted(self._runs, rows, "right")]


class Sum:
    """A column that is kept as its distance from another: indexed like an array."""

    __slots__ = ("_base", "_distance", "_sign")

    def __init__(self, base: Packed, distance: Packed, sign: int = 1) -> None:
        """`base` + `sign` * `distance`."""
        self._base = base
        self._distance = distance
        self._sign = sign

    @overload
    def __getitem__(self, rows: int) -> int: ...
    @overload
    def __getitem__(self, rows: slice | npt.NDArray[np.integer[Any]]) -> Values: ...

    def __getitem__(self, rows: int | slice | npt.NDArray[np.integer[Any]]) -> int | Values:
        """The value of a row (not negative), or those of several (int64)."""
        return self._base[rows] + self._sign * self._distance[rows]
