"""Indexes on a disk that is full, or that may not be written."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from trees import IS_ROOT, environment, folder_for_all, fresh, run, without_privileges, write_tree

from codelode.app import Index
from codelode.errors import StorageError


@contextlib.contextmanager
def small_disk(folder: Path, size: int) -> Iterator[None]:
    """`folder` on a file system of `size` bytes of its own."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def can_mount(folder: Path) -> bool:
    if not IS_ROOT:
        return False
    try:
        with small_disk(folder / "try", 1 << 20):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


def limit_file_size(size: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def texts(count: int) -> dict[str, str]:
    dice = random.Random(2)
    words = [f"w{n}x" for n in range(9_000)]
    lines = [" ".join(dice.choices(words, k=9)) for _ in range(20_000)]
    return {f"big{n}.txt": "\n".join(dice.choices(lines, k=5_000)) for n in range(count)}


def room_needed(root: Path, folder: Path) -> int:
    """Bytes that the index of `root` fills, in whole blocks."""
    with fresh(root, folder) as index:
        sizes = [path.stat().st_size for path in Path(index.location).rglob("*")]
    shutil.rmtree(folder)
    return sum(-(-size // 4096) * 4096 for size in sizes)


@pytest.mark.skipif(os.name != "posix", reason="RLIMIT_FSIZE and mounts are POSIX")
@pytest.mark.parametrize(
    ("jobs", "files", "shares"),
    [
        (1, texts(24), (0.1, 0.92)),
        (2, texts(100), (0.9,)),
        (1, {f"row{n}.txt": f"row {n}\n" for n in range(3_000)}, (0.45, 0.75)),
    ],
    ids=["text", "text with workers", "rows"],
)
def test_a_full_disk(tmp_path: Path, jobs: int, files: dict[str, str], shares: tuple[float, ...]) -> None:
    """Wherever the room ends: a clear error, the last commit is still there, and with room all is well.

    Without the right to mount, files that may not grow stand for the disk that is full.
    """
    root = write_tree(tmp_path / "tree", {"first.py": "firstborn\n", **files})
    needed = room_needed(root, tmp_path / "measured")
    disk = tmp_path / "disk"
    env = environment(tmp_path, CODELODE_INDEX_DIR=str(disk / "index"), CODELODE_JOBS=str(jobs))
    mounts = can_mount(tmp_path)
    for share in shares:
        for path in root.glob("*.txt"):
            path.unlink()
        room = int(share * needed)
        with small_disk(disk, room) if mounts else contextlib.nullcontext():
            assert run("index", str(root), env=env).returncode == 0
            write_tree(root, files)
            limit = (
                None if mounts else functools.partial(limit_file_size, room // 4 if jobs == 1 else room // 9)
            )
            done = run("index", "--json", str(root), env=env, preexec_fn=limit)
            assert done.returncode == 2, (room, done.stdout, done.stderr)
            last = done.stderr.splitlines()[-1]
            assert last.startswith("codelode: "), done.stderr
            assert "internal error" not in done.stderr
            assert "Traceback" not in done.stderr
            assert any(word in last for word in ("space", "full", "too large")), last
            found = run("search", "--no-refresh", "firstborn", str(root), env=env)
            assert (found.returncode, "firstborn" in found.stdout) == (0, True), found.stderr
            if mounts:
                subprocess.run(["mount", "-o", "remount,size=500m", str(disk)], check=True)
            again = run("index", "--json", str(root), env=env)
            assert again.returncode == 0, again.stderr
            report = json.loads(again.stdout)
            assert (report["files"], report["skipped"]) == (1 + len(files), {})
            assert run("verify", str(root), env=env).returncode == 0
        shutil.rmtree(disk)


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
def test_an_index_folder_that_cannot_be_written() -> None:
    with folder_for_all() as folder, without_privileges():
        root = write_tree(folder / "tree", {"a.py": "needle here\n"})
        with Index(root, index_dir=str(folder / "index")) as index:
            index.refresh()
            index.close()
            places = [folder / "index", *(folder / "index").rglob("*")]
            for path in places:
                path.chmod(0o555 if path.is_dir() else 0o444)
            for mode in ("exact", "regex", "words"):
                assert [hit.path for hit in index.search("needle", mode=mode).hits] == ["a.py"]
            assert index.verify() == []
            assert index.status().files == 1
            write_tree(root, {"b.py": "needle\n"})
            for change in (index.refresh, lambda: index.refresh(rebuild=True), index.drop):
                with pytest.raises(StorageError, match="set index_dir to a writable folder"):
                    change()
            for path in places:
                path.chmod(0o755)
            with Index(root, index_dir=str(folder / "index")) as other:
                other.refresh()
            assert len(index.search("needle", mode="exact").hits) == 2, "a commit by somebody who may is seen"
        (folder / "closed").mkdir(mode=0o500)
        with pytest.raises(StorageError, match="set index_dir to a writable folder"):
            Index(root, index_dir=str(folder / "closed" / "index")).refresh()
