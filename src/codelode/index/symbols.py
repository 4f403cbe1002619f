"""The definitions of a segment's files: a row each, by file and place, and their names to look them up by.

On the Linux tree a row takes 24 bytes on disk, and a distinct name 10 and its text.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import numpy.typing as npt

from codelode.index import namematch
from codelode.index.nameorder import PADDING, sort_names
from codelode.index.names import Ids, Names, name_columns
from codelode.index.packed import Packed, PackedWriter, Sum, Values
from codelode.sharing import once
from codelode.store.columns import ColumnFile, write_columns

if TYPE_CHECKING:
    from codelode.structure.definitions import Definitions

BATCH_BYTES = 1 << 20
"""Texts whose definitions are turned into columns together."""

BATCH_ROWS = 1 << 16
"""Definitions that are, however short their texts."""

FEW_NAMES = 32
"""Up to so many names are looked up one by one; for more, the name of every row is looked at."""

Rows = npt.NDArray[np.int64]
"""rows of a symbol table, ascending"""

_WIDTHS: dict[str, type[np.uint8] | type[np.uint16]] = {
    "start": np.uint16,
    "size": np.uint16,
    "lead": np.uint16,
    "body": np.uint16,
    "name_start": np.uint8,
    "line": np.uint16,
    "name_line": np.uint8,
    "end_line": np.uint8,
    "parent": np.uint8,
}
"""The packed columns; all but start and line count from the start, the line or the row of the definition."""


_FIELDS = (
    "starts", "ends", "leads", "bodies", "name_starts", "name_ends", "parents", "qualifier_starts", "qualifier_ends",
)  # fmt: skip


class SymbolsWriter:
    """Collects the definitions of files, then writes the table.

    Until then it holds 22 bytes a definition and its name; `write` takes some 130 a definition more for a while.
    """

    def __init__(self) -> None:
        self._texts: list[bytes] = []
        self._found: list[Definitions] = []
        self._pending_bytes = self._pending_rows = 0
        self._firsts: list[int] = [0]
        self._packed = {name: PackedWriter(width) for name, width in _WIDTHS.items()}
        self._kinds: list[bytes] = []
        self._visibilities: list[bytes] = []
        self._names: list[bytes] = []
        self._name_sizes: list[npt.NDArray[np.uint32]] = []
        self._rows = 0
        self._owned: list[Rows] = []
        self._owners: list[int] = []
        self._owner_numbers: dict[bytes, int] = {}

    def add(self, ordinal: int, text: bytes, found: Definitions) -> None:
        """Add what was `found` in the `text` of the file `ordinal`; ordinals ascend, files may be left out."""
        self._firsts += [self._firsts[-1]] * (ordinal + 1 - len(self._firsts))
        self._firsts.append(self._firsts[-1] + len(found))
        if not len(found):
            return
        self._texts.append(text)
        self._found.append(found)
        self._pending_bytes += len(text)
        self._pending_rows += len(found)
        if self._pending_bytes >= BATCH_BYTES or self._pending_rows >= BATCH_ROWS:
            self._flush()

    def _flush(self) -> None:
        texts, found = self._texts, self._found
        self._texts, self._found = [], []
        self._pending_bytes = self._pending_rows = 0
        joined = b"".join(texts)
        counts = [len(one) for one in found]
        bases = np.zeros(len(texts), np.int64)
        np.cumsum([len(text) for text in texts[:-1]], out=bases[1:])
        newlines = np.flatnonzero(np.frombuffer(joined, np.uint8) == 10)
        before = np.repeat(np.searchsorted(newlines, bases), counts)
        shift = np.repeat(bases, counts)
        fields = {
            name: np.fromiter(
                chain.from_iterable([getattr(one, name) for one in found]), np.int64, shift.size
            )
            for name in _FIELDS
        }
        starts, ends, name_starts = fields["starts"], fields["ends"], fields["name_starts"]
        lines = np.searchsorted(newlines, starts + shift)
        own = np.arange(shift.size) - np.repeat(np.cumsum(counts) - counts, counts)
        values = {
            "start": starts,
            "size": ends - starts,
            "lead": starts - fields["leads"],
            "body": fields["bodies"] - starts,
            "name_start": name_starts - starts,
            "line": lines - before + 1,
            "name_line": np.searchsorted(newlines, name_starts + shift) - lines,
            "end_line": np.searchsorted(newlines, np.maximum(ends - 1, starts) + shift) - lines,
            "parent": np.where(fields["parents"] < 0, 0, own - fields["parents"]),
        }
        for name, packed in self._packed.items():
            packed.extend(values[name])
        self._kinds.append(b"".join([bytes(one.kinds) for one in found]))
        self._visibilities.append(b"".join([bytes(one.visibilities) for one in found]))
        places = zip((name_starts + shift).tolist(), (fields["name_ends"] + shift).tolist(), strict=True)
        self._names.append(b"".join([joined[start:end] for start, end in places]))
        self._name_sizes.append((fields["name_ends"] - name_starts).astype(np.uint32))
        self._add_owners(joined, fields["qualifier_starts"] + shift, fields["qualifier_ends"] + shift)
        self._rows += shift.size

    def _add_owners(self, joined: bytes, starts: Values, ends: Values) -> None:
        rows = np.flatnonzero(ends > starts)
        number = self._owner_numbers
        self._owned.append(rows + self._rows)
        self._owners += [
            number.setdefault(joined[a:b], len(number))
            for a, b in zip(starts[rows].tolist(), ends[rows].tolist(), strict=True)
        ]

    def write(self, path: Path) -> None:
        """Write the column file `path` and drop what was collected."""
        if self._found:
            self._flush()
        columns: dict[str, npt.NDArray[Any]] = {"first": np.array(self._firsts, np.uint32)}
        for name, packed in self._packed.items():
            columns |= packed.columns(name)
        self._packed.clear()
        columns["kind"] = np.frombuffer(b"".join(self._kinds), np.uint8)
        columns["visibility"] = np.frombuffer(b"".join(self._visibilities), np.uint8)
        blob, self._names = b"".join([*self._names, bytes(PADDING)]), []
        lengths = np.concatenate([np.empty(0, np.int64), *self._name_sizes])
        starts = np.cumsum(lengths) - lengths
        ids, places = sort_names(blob, starts, lengths)
        columns["name"] = ids.astype(np.uint32)
        columns["by_name"] = np.sort(ids << 32 | np.arange(ids.size)).astype(np.uint32)  # its lower half
        columns |= name_columns(blob, starts[places], lengths[places])
        owners = list(self._owner_numbers)
        columns["owned"] = np.concatenate([np.empty(0, np.int64), *self._owned]).astype(np.uint32)
        columns["owner"] = np.array(self._owners, np.uint32)
        columns["owners"] = np.frombuffer(b"".join(owners), np.uint8)
        columns["owner_offsets"] = np.cumsum([0, *map(len, owners)]).astype(np.uint32)
        write_columns(path, "symbols", columns)


class _Parents:
    """The rows of parents, indexed like an array."""

    def __init__(self, distances: Packed) -> None:
        self._distances = distances

    @overload
    def __getitem__(self, rows: int) -> int: ...
    @overload
    def __getitem__(self, rows: slice | npt.NDArray[np.integer[Any]]) -> Values: ...

    def __getitem__(self, rows: int | slice | npt.NDArray[np.integer[Any]]) -> int | Values:
        """The parent of a row (not negative), or those of several (int64); -1 for none."""
        if isinstance(rows, int):
            distance = self._distances[rows]
            return rows - distance if distance else -1
        if isinstance(rows, slice):
            rows = np.arange(*rows.indices(len(self._distances)))
        distances = self._distances[rows]
        return np.where(distances, rows - distances, -1)


class SymbolTable:
    """The definitions of a segment by row: by file, and in a file by their starts.

    The columns are views of the mapped file and are indexed like arrays: a row gives an int, several rows (an array
    or a slice) give an array.
    """

    def __init__(self, path: Path) -> None:
        """Map `path`; raises as `ColumnFile` does."""
        file = ColumnFile(path, "symbols")
        packed = {name: Packed(file, name) for name in _WIDTHS}
        self._first: npt.NDArray[np.uint32] = file.column("first")
        self.parents = _Parents(packed["parent"])
        """row of the enclosing definition; -1 for none"""
        self.starts = packed["start"]
        """first byte in the file's text"""
        self.ends = Sum(self.starts, packed["size"])
        """byte after the last"""
        self.leads = Sum(self.starts, packed["lead"], -1)
        """first byte of the comments and attributes that belong to it"""
        self.bodies = Sum(self.starts, packed["body"])
        """byte at which the signature ends"""
        self.name_starts = Sum(self.starts, packed["name_start"])
        self.lines = packed["line"]
        """1-based line of the start"""
        self.name_lines = Sum(self.lines, packed["name_line"])
        self.end_lines = Sum(self.lines, packed["end_line"])
        """line of the last byte"""
        self.kinds: npt.NDArray[np.uint8] = file.column("kind")
        """index into `structure.rules.KINDS`"""
        self.visibilities: npt.NDArray[np.uint8] = file.column("visibility")
        """0, or PUBLIC, PROTECTED, PRIVATE of `structure.rules`"""
        self.names: npt.NDArray[np.uint32] = file.column("name")
        """number of the name; numbers ascend with (name without case, name)"""
        self._by_name: npt.NDArray[np.uint32] = file.column("by_name")
        self.distinct = Names(file)
        """the names by number"""
        self._owned: npt.NDArray[np.uint32] = file.column("owned")
        self._owner: npt.NDArray[np.uint32] = file.column("owner")
        self._owners: npt.NDArray[np.uint8] = file.column("owners")
        self._owner_offsets: npt.NDArray[np.uint32] = file.column("owner_offsets")

    def __len__(self) -> int:
        return self.kinds.size

    @once
    def files(self) -> npt.NDArray[np.uint16]:
        """Ordinal of each row's file, ascending."""
        ordinals = np.arange(self._first.size - 1, dtype=np.uint16)
        return np.repeat(ordinals, self._first[1:] - self._first[:-1])

    def of_file(self, ordinal: int) -> range:
        """The rows of a file."""
        if ordinal + 1 >= self._first.size:
            return range(0)
        return range(int(self._first[ordinal]), int(self._first[ordinal + 1]))

    def lineage(self, row: int) -> list[int]:
        """The rows of the definitions around a row, outermost first, and itself."""
        found = [row]
        while (row := self.parents[row]) >= 0:
            found.append(row)
        return found[::-1]

    def enclosing(self, ordinal: int, line: int) -> int:
        """The row of the innermost definition of a file on whose lines `line` (1-based) is; -1 for none."""
        rows = self.of_file(ordinal)
        stop = rows.start + int(np.searchsorted(self.lines[rows.start : rows.stop], line, "right"))
        around = np.flatnonzero(self.end_lines[rows.start : stop] >= line)
        return rows.start + int(around[-1]) if around.size else -1

    def enclosing_byte(self, ordinal: int, offset: int) -> int:
        """The row of the innermost definition of a file that holds the byte at `offset`; -1 for none."""
        rows = self.of_file(ordinal)
        stop = rows.start + int(np.searchsorted(self.starts[rows.start : rows.stop], offset, "right"))
        around = np.flatnonzero(self.ends[rows.start : stop] > offset)
        return rows.start + int(around[-1]) if around.size else -1

    def name(self, row: int) -> bytes:
        """The name of a row, as written."""
        return self.distinct.name(int(self.names[row]))

    def qualified(self, row: int, separator: str) -> bytes:
        """The names of what a row belongs to and its own, with `separator` between."""
        return separator.encode().join([*self.qualifiers(row), self.name(row)])

    def qualifiers(self, row: int) -> list[bytes]:
        """What a row belongs to, outermost first: the names of the definitions around it, and what its own text
        puts before its name (as written, which can be several: ``ns::Class`` of ``ns::Class::method``)."""
        found = [self.name(parent) for parent in self.lineage(row)[:-1]]
        owner = self.owner(row)
        return [*found, owner] if owner else found

    def owner(self, row: int) -> bytes:
        """What the text of a definition puts before its name; "" when nothing."""
        at = int(np.searchsorted(self._owned, row))
        if at == self._owned.size or self._owned[at] != row:
            return b""
        start, end = self._owner_offsets[self._owner[at] :][:2].tolist()
        return self._owners[start:end].tobytes()

    def exact(self, name: bytes, *, case: bool) -> Rows:
        """Rows called `name`; without `case`, but for the case of ASCII letters."""
        return self._called(self.distinct.exact(name, case=case))

    def prefix(self, name: bytes, *, case: bool) -> Rows:
        """Rows whose name begins with `name`, those called so included; without `case`, but for the case of ASCII
        letters."""
        ids = self.distinct.prefix(name)
        return self.named(self.distinct.spelled(ids, name)) if case else self._called(ids)

    def substring(self, name: bytes, *, case: bool) -> Rows:
        """Rows whose name holds `name`; without `case`, but for the case of ASCII letters."""
        return self.named(self.distinct.substring(name, case=case))

    def humps(self, query: bytes) -> Rows:
        """Rows that `Names.humps` finds."""
        return self.named(self.distinct.humps(query))

    def _called(self, ids: range) -> Rows:
        """The rows with these consecutive names."""
        if not ids:
            return np.empty(0, np.int64)
        by_name, names = self._by_name.data, self.names.data
        low, high = (bisect_left(by_name, bound, key=names.__getitem__) for bound in (ids.start, ids.stop))
        return np.sort(self._by_name[low:high]).astype(np.int64)

    def named(self, ids: Ids) -> Rows:
        """The rows with these names."""
        if ids.size <= FEW_NAMES:
            rows = [self._called(range(number, number + 1)) for number in ids.tolist()]
            return np.sort(np.concatenate([np.empty(0, np.int64), *rows]))
        wanted = np.zeros(len(self.distinct), bool)
        wanted[ids] = True
        return np.flatnonzero(wanted[self.names])


def find_mistyped(tables: Sequence[SymbolTable], name: bytes, distance: int) -> list[tuple[Rows, Values]]:
    """For each of `tables` the rows whose name has at most `distance` typos against `name`, and how many each has.

    A typo is a byte too much, too few or other, or two neighbours swapped (optimal string alignment); letters that
    differ in case only are the same.  None for a name longer than `namematch.LONGEST`.
    """
    near = [table.distinct.near(name, distance) for table in tables]
    if not sum(ids.size for ids, _, _ in near):
        return [(ids, ids) for ids, _, _ in near]
    # All at once: each of the many steps is over a few thousand names only.
    text, lengths = (np.concatenate([found[part] for found in near]) for part in (1, 2))
    typos = namematch.count_typos(name.lower(), text, lengths)
    by_table = np.split(typos, np.cumsum([ids.size for ids, _, _ in near])[:-1])
    found = []
    for table, (ids, _, _), own in zip(tables, near, by_table, strict=True):
        close = own <= distance
        rows = table.named(ids[close])
        found.append((rows, own[close][np.searchsorted(ids[close], table.names[rows])]))
    return found
