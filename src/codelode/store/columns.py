"""The one file format of codelode's own tables: named, typed, checksummed columns, memory-mapped.

Layout (all integers little-endian; docs/format.md shows it byte by byte)::

    0   8  magic  b"CLDCOLS1"
    8   4  format version of the file's kind (uint32)
    12  4  length of the header in bytes (uint32)
    16  h  header, JSON: kind, meta, and for each column its dtype, count, offset, checksum
    16+h 8 xxh3-64 of bytes 0 to 16+h
    ...    columns, each at an offset that is a multiple of 64
"""

from __future__ import annotations

import json
import mmap
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xxhash

from codelode.errors import CorruptIndexError, IndexFormatError
from codelode.store.files import write_durably
from codelode.store.format import COLUMN_VERSIONS

MAGIC = b"CLDCOLS1"
ALIGN = 64
_PREFIX = struct.Struct("<8sII")
_CHECK = struct.Struct("<Q")


Column = npt.NDArray[Any] | Sequence[npt.NDArray[Any]]
"""A one-dimensional array, or several of one type to be written one behind the other: at least one."""


def write_columns(
    path: Path, kind: str, columns: Mapping[str, Column], meta: Mapping[str, Any] | None = None
) -> None:
    """Write `columns` to a new file `path` and make it durable.

    Raises StorageError when the disk is full or the folder cannot be written.
    """
    arrays = {
        name: [
            np.ascontiguousarray(part) for part in ([column] if isinstance(column, np.ndarray) else column)
        ]
        for name, column in columns.items()
    }
    described: dict[str, Any] = {}
    offset = 0
    for name, parts in arrays.items():
        digest = xxhash.xxh3_64()
        for part in parts:
            digest.update(_bytes(part))
        described[name] = {
            "dtype": parts[0].dtype.str,
            "count": sum(part.size for part in parts),
            "offset": offset,
            "xxh3": digest.hexdigest(),
        }
        offset = _aligned(offset + sum(part.nbytes for part in parts))
    header = json.dumps({"kind": kind, "meta": dict(meta or {}), "columns": described}).encode()
    prefix = _PREFIX.pack(MAGIC, COLUMN_VERSIONS[kind], len(header)) + header
    prefix += _CHECK.pack(xxhash.xxh3_64_intdigest(prefix))
    prefix = prefix.ljust(_aligned(len(prefix)), b"\0")
    with write_durably(path) as out:
        out.write(prefix)
        for parts in arrays.values():
            for part in parts:
                out.write(_bytes(part))
            size = sum(part.nbytes for part in parts)
            out.write(b"\0" * (_aligned(size) - size))


class ColumnFile:
    """A column file opened for reading: `column` gives views of the memory map, nothing is copied."""

    def __init__(self, path: Path, kind: str) -> None:
        """Map `path`.

        Raises CorruptIndexError when it is not a whole column file of `kind`, IndexFormatError when its
        version is newer than this codelode's, FileNotFoundError when it is gone.
        """
        self.path = path
        with path.open("rb") as file:
            size = file.seek(0, 2)
            if size < _PREFIX.size:
                raise CorruptIndexError(f"{path}: truncated to {size} bytes; {_REPAIR}")
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        magic, version, length = _PREFIX.unpack_from(self._map)
        if magic != MAGIC:
            raise CorruptIndexError(f"{path}: not a codelode column file; {_REPAIR}")
        end = _PREFIX.size + length
        if size < end + _CHECK.size:
            raise CorruptIndexError(f"{path}: truncated inside its header; {_REPAIR}")
        if _CHECK.unpack_from(self._map, end)[0] != xxhash.xxh3_64_intdigest(self._map[:end]):
            raise CorruptIndexError(f"{path}: header checksum does not match; {_REPAIR}")
        if version > COLUMN_VERSIONS[kind]:
            raise IndexFormatError(
                f"{path}: format {version} of {kind!r} is newer than this codelode reads "
                f"({COLUMN_VERSIONS[kind]}); upgrade codelode, or `codelode index --rebuild`"
            )
        header = json.loads(self._map[_PREFIX.size : end])
        if header["kind"] != kind or version < COLUMN_VERSIONS[kind]:
            raise CorruptIndexError(f"{path}: holds {header['kind']!r} version {version}; {_REPAIR}")
        self.meta: dict[str, Any] = header["meta"]
        self._columns: dict[str, Any] = header["columns"]
        self._base = _aligned(end + _CHECK.size)
        last = max((self._end(name) for name in self._columns), default=0)
        if size < self._base + last:
            raise CorruptIndexError(f"{path}: truncated: {size} of {self._base + last} bytes; {_REPAIR}")

    def column(self, name: str) -> npt.NDArray[Any]:
        """The column `name`: a read-only one-dimensional view of the mapped file."""
        info = self._columns[name]
        return np.frombuffer(self._map, np.dtype(info["dtype"]), info["count"], self._base + info["offset"])

    def damage(self) -> list[str]:
        """Names of the columns whose content does not match its checksum."""
        return [
            name
            for name, info in self._columns.items()
            if xxhash.xxh3_64_hexdigest(self.column(name).data if info["count"] else b"") != info["xxh3"]
        ]

    def _end(self, name: str) -> int:
        info = self._columns[name]
        size: int = np.dtype(info["dtype"]).itemsize
        return int(info["offset"]) + int(info["count"]) * size


_REPAIR = "`codelode index --rebuild` repairs it"


def _bytes(array: npt.NDArray[Any]) -> memoryview | bytes:
    return array.data if array.size else b""  # an empty one has no buffer


def _aligned(size: int) -> int:
    return -(-size // ALIGN) * ALIGN
