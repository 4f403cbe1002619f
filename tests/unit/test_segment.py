"""A segment's folder: sealed, guarded, and found out when damaged."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from codelode.errors import CorruptIndexError
from codelode.store import segment
from codelode.store.files import GONE, collect, remove_tree


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = segment.segment_folder(tmp_path, segment.new_name())
    (folder / "terms").mkdir(parents=True)
    for name in ("files.col", "chunks.col", "trigrams.col", "terms/a.idx", "terms/.managed.json"):
        (folder / name).write_bytes(name.encode() * 100)
    return folder


def seal(folder: Path) -> segment.FinishedSegment:
    return segment.seal(folder, files=3, text_bytes=99, fingerprint="f")


def test_a_sealed_segment_is_whole(folder: Path) -> None:
    assert segment.read_manifest(folder) is None
    sealed = seal(folder)
    assert (sealed.name, sealed.files, sealed.text_bytes, sealed.fingerprint) == (folder.name, 3, 99, "f")
    assert segment.read_manifest(folder) == sealed
    assert set(json.loads(sealed.guard)) == {
        "files.col", "chunks.col", "trigrams.col", "terms/a.idx", "terms/.managed.json",
    }  # fmt: skip
    segment.check_guard(folder, sealed.guard)
    assert segment.damage(folder, sealed.guard) == []


def test_the_same_bytes_at_another_time_pass(folder: Path) -> None:
    sealed = seal(folder)
    os.utime(folder / "files.col", ns=(1, 1))
    segment.check_guard(folder, sealed.guard)
    assert segment.damage(folder, sealed.guard) == []


def test_damage_is_found(folder: Path) -> None:
    guard = seal(folder).guard
    for name in json.loads(guard):
        path = folder / name
        whole, stat = path.read_bytes(), path.stat()
        path.write_bytes(whole[:-1])
        with pytest.raises(CorruptIndexError, match=f"{len(whole) - 1} bytes, not {len(whole)}.*--rebuild"):
            segment.check_guard(folder, guard)
        assert len(segment.damage(folder, guard)) == 1
        path.write_bytes(b"#" + whole[1:])
        os.utime(path, ns=(1, 1))
        with pytest.raises(CorruptIndexError, match=r"checksum does not match.*--rebuild"):
            segment.check_guard(folder, guard)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        segment.check_guard(folder, guard)  # no trace but in the bytes: for verify
        assert len(segment.damage(folder, guard)) == 1
        path.unlink()
        with pytest.raises(CorruptIndexError, match=r"missing.*--rebuild"):
            segment.check_guard(folder, guard)
        assert len(segment.damage(folder, guard)) == 1
        path.write_bytes(whole)
    assert segment.damage(folder, guard) == []


def test_a_folder_that_is_gone_is_no_damage_to_a_reader(folder: Path) -> None:
    guard = seal(folder).guard
    assert remove_tree(folder)
    with pytest.raises(FileNotFoundError):
        segment.check_guard(folder, guard)
    assert len(segment.damage(folder, guard)) > 1


def test_manifests_that_do_not_count(folder: Path) -> None:
    guard = seal(folder).guard
    manifest = folder / segment.MANIFEST
    whole = manifest.read_bytes()
    for broken in (b"", whole[:40], whole.replace(b'"files": 3', b'"files": 4'), b"\xff" * 50):
        manifest.write_bytes(broken)
        assert segment.read_manifest(folder) is None
        assert len(segment.damage(folder, guard)) == 1


def test_collecting_takes_the_whole_folder(folder: Path) -> None:
    seal(folder)
    collect(folder)
    assert list(folder.parent.iterdir()) == []
    half = folder.with_suffix(GONE)  # a collection that was killed
    half.mkdir()
    (half / "files.col").write_bytes(b"x")
    collect(half)
    assert list(folder.parent.iterdir()) == []
    collect(folder)  # nothing there
