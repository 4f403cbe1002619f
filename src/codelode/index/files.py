"""The tables of a segment: its files, and the chunks of those that are ranked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from codelode.model import FileStat, RelPath, StructureState
from codelode.sharing import once
from codelode.store.columns import ColumnFile, write_columns
from codelode.text.folding import fold_in_place


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of a segment, as it was when it was built."""

    path: RelPath
    stat: FileStat
    hash: bytes
    """xxh3-128 of the file's bytes, 16 bytes"""
    language: str
    reason: str
    """"" or a SkipReason value that keeps it out of ranked search"""
    racy: bool
    """too fresh when read for its times to be trusted"""
    plain: bool
    """its bytes are its text: UTF-8 without byte order mark"""
    structure: str = StructureState.NONE.value
    """a StructureState value: whether its definitions are in the symbol table"""


def write_files(path: Path, entries: Sequence[FileEntry]) -> None:
    """Write the file table; an entry's place is its ordinal."""
    names = [entry.path for entry in entries]
    offsets = np.zeros(len(names) + 1, np.uint32)
    np.cumsum([len(name) for name in names], out=offsets[1:])
    languages = sorted({entry.language for entry in entries})
    reasons = sorted({entry.reason for entry in entries})
    structures = sorted({entry.structure for entry in entries})
    hashes = np.frombuffer(b"".join(entry.hash for entry in entries), np.uint8)
    columns: dict[str, npt.NDArray[Any]] = {
        "paths": np.frombuffer(b"".join(names), np.uint8),
        "path_offsets": offsets,
        "size": np.array([entry.stat.size for entry in entries], np.uint64),
        "mtime_ns": np.array([entry.stat.mtime_ns for entry in entries], np.int64),
        "ctime_ns": np.array([entry.stat.ctime_ns for entry in entries], np.int64),
        "hash": hashes,
        "language": np.array([languages.index(entry.language) for entry in entries], np.uint8),
        "reason": np.array([reasons.index(entry.reason) for entry in entries], np.uint8),
        "structure": np.array([structures.index(entry.structure) for entry in entries], np.uint8),
        "racy": np.array([entry.racy for entry in entries], np.uint8),
        "plain": np.array([entry.plain for entry in entries], np.uint8),
    }
    write_columns(
        path, "files", columns, {"languages": languages, "reasons": reasons, "structures": structures}
    )


def write_chunks(path: Path, groups: Sequence[Mapping[str, npt.NDArray[np.uint32]]]) -> None:
    """Write the chunk table: for each chunk its file's ordinal, byte offset and first line (`Group.columns`)."""
    none = np.empty(0, np.uint32)
    columns = {name: [none, *(group[name] for group in groups)] for name in ("file", "start", "line")}
    write_columns(path, "chunks", columns)


class FileTable:
    """The files of a segment, by ordinal.

    In a search of several indexes each path begins with a prefix that says which index it is of; `own_paths` and
    `path_blob` have the paths without it, as they are below their own root.
    """

    def __init__(self, path: Path) -> None:
        self._file = ColumnFile(path, "files")
        self.prefix: RelPath = b""
        """what all paths begin with: b"", or ends with a slash"""
        self._offsets = self._file.column("path_offsets")
        self.languages: list[str] = self._file.meta["languages"]
        self.reasons: list[str] = self._file.meta["reasons"]
        self.structures: list[str] = self._file.meta["structures"]

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def placed(self, prefix: RelPath) -> FileTable:
        """The same table, with all paths below the folder `prefix` (which ends with a slash)."""
        other = copy(self)
        other.prefix = prefix
        other.__dict__.pop("paths", None)
        return other

    @once
    def own_paths(self) -> list[RelPath]:
        """All paths, from their own root; made once, 0.2 us each."""
        blob = self._file.column("paths").tobytes()
        offsets = self._offsets.tolist()
        return [blob[a:b] for a, b in zip(offsets, offsets[1:], strict=False)]

    @once
    def paths(self) -> list[RelPath]:
        """All paths; made once."""
        prefix = self.prefix
        return [prefix + path for path in self.own_paths] if prefix else self.own_paths

    def own_path(self, ordinal: int) -> RelPath:
        """Path of one file from its own root."""
        start, end = self._offsets[ordinal : ordinal + 2].tolist()
        return self._file.column("paths")[start:end].tobytes()

    def path(self, ordinal: int) -> RelPath:
        """Path of one file."""
        return self.prefix + self.own_path(ordinal)

    def ordinal(self, path: RelPath) -> int | None:
        """The file with this path; None when there is none."""
        if not path.startswith(self.prefix):
            return None
        path = path[len(self.prefix) :]
        blob, offsets = self.path_blob()
        at = blob.find(path)
        while at >= 0:
            ordinal = int(np.searchsorted(offsets, at))
            if offsets[ordinal] == at and offsets[ordinal + 1] == at + len(path):
                return ordinal
            at = blob.find(path, at + 1)
        return None

    def path_blob(self) -> tuple[bytes, npt.NDArray[np.uint32]]:
        """All own paths end to end, and where each begins (uint32, one more than files)."""
        return self._file.column("paths").tobytes(), self._offsets

    @once
    def path_lines(self) -> tuple[bytes, npt.NDArray[np.int64]]:
        """All own paths, a line each (a line feed in a path is a NUL), and where each begins (int64)."""
        paths = self.own_paths
        starts = np.zeros(len(paths), np.int64)
        np.cumsum([len(path) + 1 for path in paths[:-1]], out=starts[1:])
        return b"\n".join(path.replace(b"\n", b"\0") for path in paths), starts

    @once
    def folded_path_lines(self) -> bytes:
        """The same lines in lower case, byte for byte at the same offsets."""
        return fold_in_place(self.path_lines[0])

    @once
    def sizes(self) -> npt.NDArray[np.uint64]:
        """Bytes of each file when it was indexed."""
        return self._file.column("size")

    @once
    def mtimes_ns(self) -> npt.NDArray[np.int64]:
        """Modification time of each file when it was indexed, in nanoseconds since 1970."""
        return self._file.column("mtime_ns")

    @once
    def language_codes(self) -> npt.NDArray[np.uint8]:
        """Index into `languages` of each file."""
        return self._file.column("language")

    @once
    def structure_codes(self) -> npt.NDArray[np.uint8]:
        """Index into `structures` of each file."""
        return self._file.column("structure")

    def structure(self, ordinal: int) -> StructureState:
        """Whether the definitions of one file are known."""
        return StructureState(self.structures[int(self.structure_codes[ordinal])])

    def language(self, ordinal: int) -> str:
        """Language of one file; "" when not known."""
        return self.languages[int(self.language_codes[ordinal])]

    def signature(self, ordinal: int) -> tuple[int, int, int]:
        """size, mtime_ns and plain of one file."""
        size, mtime_ns, plain = self._signatures
        return size[ordinal], mtime_ns[ordinal], plain[ordinal]

    @once
    def _signatures(self) -> tuple[memoryview, ...]:
        # Indexing a memoryview gives a Python integer in 40 ns, numpy one of its own in 100.
        return tuple(self._file.column(name).data for name in ("size", "mtime_ns", "plain"))

    @once
    def digests(self) -> npt.NDArray[np.uint64]:
        """The xxh3-128 of each file's bytes: u64[n, 2]."""
        return self._file.column("hash").view(np.uint64).reshape(-1, 2)

    def digest(self, ordinal: int) -> bytes:
        """The xxh3-128 of one file's bytes: 16 bytes."""
        found: bytes = self.digests[ordinal].tobytes()
        return found

    def entry(self, ordinal: int) -> FileEntry:
        """Everything about one file."""
        stat = FileStat(
            int(self._file.column("size")[ordinal]),
            int(self._file.column("mtime_ns")[ordinal]),
            int(self._file.column("ctime_ns")[ordinal]),
        )
        return FileEntry(
            self.path(ordinal),
            stat,
            self.digest(ordinal),
            self.language(ordinal),
            self.reasons[self._file.column("reason")[ordinal]],
            bool(self._file.column("racy")[ordinal]),
            bool(self._file.column("plain")[ordinal]),
            self.structure(ordinal).value,
        )


class ChunkTable:
    """The chunks of a segment, by chunk ordinal."""

    def __init__(self, path: Path) -> None:
        file = ColumnFile(path, "chunks")
        self.files: npt.NDArray[np.uint32] = file.column("file")
        """ordinal of each chunk's file, ascending"""
        self.starts: npt.NDArray[np.uint32] = file.column("start")
        """byte offset of each chunk in its file's text"""
        self.lines: npt.NDArray[np.uint32] = file.column("line")
        """1-based first line"""

    def __len__(self) -> int:
        return self.files.size

    def of_file(self, file: int) -> range:
        """The chunks of `file`."""
        # Numbers of another type than the column's own would make numpy copy the whole column first.
        first, last = np.searchsorted(self.files, np.array((file, file + 1), self.files.dtype)).tolist()
        return range(first, last)

    def of_head(self, file: int, size: int) -> range:
        """The chunks of `file` that begin in its first `size` bytes."""
        own = self.of_file(file)
        return range(own.start, own.start + int(np.searchsorted(self.starts[own.start : own.stop], size)))

    def span(self, chunk: int) -> tuple[int, int, int, int | None]:
        """File ordinal, first line, first byte, and the byte after the chunk (None: the file's end)."""
        file = int(self.files[chunk])
        last = chunk + 1 == self.files.size or self.files[chunk + 1] != file
        return (
            file,
            int(self.lines[chunk]),
            int(self.starts[chunk]),
            None if last else int(self.starts[chunk + 1]),
        )
