"""Column files: what is written is read, and damage is noticed."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

from codelode.errors import CorruptIndexError, IndexFormatError, StorageError
from codelode.store.columns import ALIGN, MAGIC, ColumnFile, write_columns

DTYPES = [np.uint8, np.uint16, np.uint32, np.int64, np.uint64]


def sample(path: Path) -> Path:
    write_columns(
        path,
        "chunks",
        {
            "file": np.arange(1000, dtype=np.uint32),
            "start": np.empty(0, np.uint32),
            "x": np.ones(3, np.uint8),
        },
        {"languages": ["c", "ümlaut"]},
    )
    return path


def test_round_trip(tmp_path: Path) -> None:
    file = ColumnFile(sample(tmp_path / "a.col"), "chunks")
    assert file.meta == {"languages": ["c", "ümlaut"]}
    assert file.column("file").tolist() == list(range(1000))
    assert file.column("start").size == 0
    assert file.column("x").dtype == np.uint8
    assert file.damage() == []


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(DTYPES), st.binary(max_size=200)), max_size=6))
def test_any_columns(tmp_path_factory: pytest.TempPathFactory, parts: list[tuple[type, bytes]]) -> None:
    path = tmp_path_factory.mktemp("columns") / "a.col"
    columns = {
        f"c{n}": np.frombuffer(data[: len(data) // 8 * 8], dtype) for n, (dtype, data) in enumerate(parts)
    }
    write_columns(path, "files", columns)
    file = ColumnFile(path, "files")
    for name, array in columns.items():
        found = file.column(name)
        assert found.dtype == array.dtype
        assert np.array_equal(found, array)
        assert found.__array_interface__["data"][0] % ALIGN == 0
    assert file.damage() == []


def test_a_column_cannot_be_written_to(tmp_path: Path) -> None:
    column = ColumnFile(sample(tmp_path / "a.col"), "chunks").column("file")
    with pytest.raises(ValueError, match="read-only"):
        column[0] = 1


def test_truncated_anywhere(tmp_path: Path) -> None:
    whole = sample(tmp_path / "a.col").read_bytes()
    cut = tmp_path / "cut.col"
    for size in [*range(0, 400, 7), len(whole) - ALIGN]:
        cut.write_bytes(whole[:size])
        with pytest.raises(CorruptIndexError, match="--rebuild"):
            ColumnFile(cut, "chunks")


def test_every_flipped_byte_is_noticed(tmp_path: Path) -> None:
    """On opening in the header, by `damage` in the columns; padding means nothing."""
    path = sample(tmp_path / "a.col")
    whole = bytearray(path.read_bytes())
    names = ("file", "start", "x")
    opened = ColumnFile(path, "chunks")
    good = {name: opened.column(name).tolist() for name in names}
    noticed = 0
    for at in range(0, len(whole), 3):
        whole[at] ^= 0x40
        path.write_bytes(whole)
        try:
            file = ColumnFile(path, "chunks")
        except (CorruptIndexError, IndexFormatError):
            noticed += 1
        else:
            found = file.damage()
            same = all(file.column(name).tolist() == good[name] for name in names)
            assert bool(found) != same
            noticed += bool(found)
        whole[at] ^= 0x40
    assert noticed > len(whole) // 4


def rewritten(path: Path, version: int = 1, kind: str = "chunks") -> Path:
    """The file with another version or kind, its header checksum right."""
    data = path.read_bytes()
    _, _, length = struct.unpack_from("<8sII", data)
    header = json.loads(data[16 : 16 + length])
    header["kind"] = kind
    text = json.dumps(header).encode()
    prefix = struct.pack("<8sII", MAGIC, version, len(text)) + text
    path.write_bytes(prefix + struct.pack("<Q", xxhash.xxh3_64_intdigest(prefix)) + data[16 + length + 8 :])
    return path


def test_a_newer_version(tmp_path: Path) -> None:
    with pytest.raises(IndexFormatError, match=r"newer than this codelode reads.*upgrade"):
        ColumnFile(rewritten(sample(tmp_path / "a.col"), version=99), "chunks")


def test_another_kind_or_file(tmp_path: Path) -> None:
    with pytest.raises(CorruptIndexError, match="holds 'files'"):
        ColumnFile(rewritten(sample(tmp_path / "a.col"), kind="files"), "chunks")
    (tmp_path / "b.col").write_bytes(b"something else entirely" * 10)
    with pytest.raises(CorruptIndexError, match="not a codelode column file"):
        ColumnFile(tmp_path / "b.col", "chunks")
    with pytest.raises(FileNotFoundError):
        ColumnFile(tmp_path / "missing.col", "chunks")


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        sample(tmp_path / "no such folder" / "a.col")
