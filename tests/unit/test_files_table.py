"""The tables of a segment."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codelode.index.files import ChunkTable, FileEntry, FileTable, write_chunks, write_files
from codelode.model import FileStat

big = st.integers(0, 2**62)
entries = st.lists(
    st.builds(
        FileEntry,
        path=st.binary(min_size=1, max_size=20),
        stat=st.builds(FileStat, big, st.integers(-(2**62), 2**62), big),
        hash=st.binary(min_size=16, max_size=16),
        language=st.sampled_from(["", "c", "python"]),
        reason=st.sampled_from(["", "minified", "too_large_to_rank"]),
        racy=st.booleans(),
        plain=st.booleans(),
    ),
    min_size=1,
    max_size=20,
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.text("ab/", min_size=1, max_size=4), min_size=1, max_size=8, unique=True),
    st.text("ab/", max_size=4),
)
def test_a_path_is_found_though_others_hold_it(tmp_path: Path, names: list[str], other: str) -> None:
    stat = FileStat(0, 0, 0)
    path = tmp_path / "files.col"
    write_files(path, [FileEntry(name.encode(), stat, bytes(16), "", "", False, True) for name in names])
    table = FileTable(path)
    for name in [*names, *([other] if other else [])]:
        assert table.ordinal(name.encode()) == (names.index(name) if name in names else None)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries)
def test_what_was_written_is_read(tmp_path: Path, files: list[FileEntry]) -> None:
    path = tmp_path / "files.col"
    write_files(path, files)
    table = FileTable(path)
    assert len(table) == len(files)
    assert table.paths == [entry.path for entry in files]
    for ordinal, entry in enumerate(files):
        assert table.entry(ordinal) == entry
        assert table.path(ordinal) == entry.path
        assert table.language(ordinal) == entry.language
        assert table.signature(ordinal) == (entry.stat.size, entry.stat.mtime_ns, int(entry.plain))
    blob, offsets = table.path_blob()
    assert blob == b"".join(entry.path for entry in files)
    assert offsets.tolist()[-1] == len(blob)
    path.unlink()


@pytest.mark.parametrize(
    ("files", "starts"), [([0, 0, 0, 2, 3, 3], [0, 10, 20, 0, 0, 5]), ([7], [0]), ([], [])]
)
def test_spans_of_chunks(tmp_path: Path, files: list[int], starts: list[int]) -> None:
    columns = {
        "file": np.array(files, np.uint32),
        "start": np.array(starts, np.uint32),
        "line": np.arange(1, len(files) + 1, dtype=np.uint32),
    }
    write_chunks(tmp_path / "chunks.col", [columns])
    table = ChunkTable(tmp_path / "chunks.col")
    assert len(table) == len(files)
    for chunk, (file, start) in enumerate(zip(files, starts, strict=True)):
        following = files[chunk + 1 : chunk + 2] == [file]
        assert table.span(chunk) == (file, chunk + 1, start, starts[chunk + 1] if following else None)
