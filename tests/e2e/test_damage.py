"""Indexes that are damaged, or written by a newer codelode."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from trees import (
    Answer,
    answers,
    contents,
    environment,
    fresh,
    run,
    settle,
    write_tree,
)

from codelode import monitor
from codelode.app import Index
from codelode.errors import (
    CorruptIndexError,
    IndexFormatError,
)
from codelode.ingest import blackbox
from codelode.settings import Settings
from codelode.store.files import CATALOG, LOCK

QUERIES = [
    ("exact", "w5x w7x"),
    ("exact", "w1"),
    ("regex", r"mark\dq"),
    ("words", "mark8q w7x"),
    ("words", "changed"),
]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tree and its index of two segments, one with a tombstone."""
    folder = tmp_path_factory.mktemp("sound")
    dice = random.Random(1)
    words = [f"w{n}x" for n in range(800)]
    lines = [" ".join(dice.choices(words, k=8)) for _ in range(3_000)]
    root = write_tree(
        folder / "tree",
        {
            f"d{n % 5}/f{n}.py": f"def mark{n}q():\n" + "\n".join(dice.choices(lines, k=150))
            for n in range(60)
        },
    )
    with Index(root, index_dir=str(folder / "index")) as index:
        index.refresh()
        write_tree(root, {"d0/f0.py": "changed w5x\n"})
        settle(root)
        index.refresh(thorough=False)
        index.refresh(thorough=False)
        status = index.status()
        assert (status.segments, status.tombstones) == (2, 1)
    return folder


@pytest.fixture(scope="module")
def right(sound: Path) -> dict[tuple[str, str], Answer]:
    with Index(sound / "tree", index_dir=str(sound / "index")) as index:
        assert index.verify() == []
        return answers(index, QUERIES)


@contextlib.contextmanager
def copy_of(sound: Path, folder: Path) -> Iterator[Index]:
    """An index of the same tree that may be damaged; times as they were."""
    shutil.copytree(sound / "index", folder / "index")
    with Index(sound / "tree", index_dir=str(folder / "index")) as index:
        yield index


def parts(location: Path) -> list[Path]:
    """Every file of an index that is read again, relative to its folder."""
    return sorted(
        path.relative_to(location)
        for path in location.rglob("*")
        if path.is_file() and path.stat().st_size and path.name not in (LOCK, ".gitignore", blackbox.NAME)
        if path.parent.name != monitor.FOLDER  # timings: what cannot be read in them is passed over
    )


def flip(path: Path, at: int, mask: int = 0x10) -> None:
    """Change a bit as a bad disk does: without a trace in the file's times."""
    before = path.stat()
    data = bytearray(path.read_bytes())
    data[at] ^= mask
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def check_and_repair(index: Index, right: dict[tuple[str, str], Answer], *, silent: bool) -> None:
    """verify finds the damage; searches say so, or (if it is silent) at least never fail otherwise."""
    assert index.verify() != []
    for query in QUERIES:
        try:
            found = index.search(query[1], mode=query[0], all_matches=query[0] != "words")
        except CorruptIndexError as exc:
            assert "--rebuild" in str(exc)
            continue
        assert silent or found.stats.segments, query
    index.refresh(rebuild=True)
    assert index.verify() == []
    assert answers(index, QUERIES) == right


def test_every_file_truncated(sound: Path, right: dict[tuple[str, str], Answer], tmp_path: Path) -> None:
    for number, part in enumerate(parts(sound / "index")):
        with copy_of(sound, tmp_path / str(number)) as index:
            path = Path(index.location, part)
            os.truncate(path, path.stat().st_size // 2)
            assert index.verify() != [], part
            if part.name != "segment.json":  # only written for the next build
                with pytest.raises(CorruptIndexError, match="--rebuild"):
                    index.search("w1", mode="exact", all_matches=True)
            check_and_repair(index, right, silent=False)
        shutil.rmtree(tmp_path / str(number))


def test_every_file_with_a_flipped_bit(
    sound: Path, right: dict[tuple[str, str], Answer], tmp_path: Path
) -> None:
    dice = random.Random(5)
    for number, part in enumerate(parts(sound / "index")):
        if part.name == CATALOG:
            continue  # has bytes that mean nothing, see below
        with copy_of(sound, tmp_path / str(number)) as index:
            path = Path(index.location, part)
            flip(path, dice.randrange(path.stat().st_size), 1 << dice.randrange(8))
            check_and_repair(index, right, silent=True)
        shutil.rmtree(tmp_path / str(number))


def test_a_file_written_anew_is_compared_by_its_checksum(sound: Path, tmp_path: Path) -> None:
    with copy_of(sound, tmp_path) as index:
        for path in Path(index.location).rglob("trigrams.col"):
            path.write_bytes(path.read_bytes())  # the same bytes at another time
        assert index.search("w5x", mode="exact").hits
    with copy_of(sound, tmp_path / "other") as index:
        for path in Path(index.location).rglob("trigrams.col"):
            flip(path, path.stat().st_size // 2)
            os.utime(path)
        with pytest.raises(CorruptIndexError, match=r"trigrams\.col: checksum does not match.*--rebuild"):
            index.search("w5x", mode="exact")


def test_flipped_bits_in_the_catalog(
    sound: Path, right: dict[tuple[str, str], Answer], tmp_path: Path
) -> None:
    """Each is found, or means nothing: free room of a page, say."""
    dice = random.Random(11)
    expected = contents(sound / "index")
    size = (sound / "index" / CATALOG).stat().st_size
    damaged = 0
    for number in range(40):
        with copy_of(sound, tmp_path / str(number)) as index:
            flip(Path(index.location, CATALOG), dice.randrange(size), 1 << dice.randrange(8))
            if index.verify():
                damaged += 1
                check_and_repair(index, right, silent=True)
            else:
                assert contents(index.location) == expected
                assert answers(index, QUERIES) == right
                index.refresh()
        shutil.rmtree(tmp_path / str(number))
    assert damaged > 2


@pytest.mark.parametrize(
    "content", [b"", b"not a database at all" * 500, b"SQLite format 3\0" + b"\xff" * 5_000]
)
def test_a_catalog_that_is_none(
    sound: Path, right: dict[tuple[str, str], Answer], tmp_path: Path, content: bytes
) -> None:
    with copy_of(sound, tmp_path) as index:
        Path(index.location, CATALOG).write_bytes(content)
        with pytest.raises(CorruptIndexError, match="--rebuild"):
            index.search("w1")
        with pytest.raises(CorruptIndexError):
            index.status()
        index.refresh(rebuild=True)
        assert answers(index, QUERIES) == right


def test_missing_files_and_folders(sound: Path, right: dict[tuple[str, str], Answer], tmp_path: Path) -> None:
    with copy_of(sound, tmp_path) as index:
        segments = sorted(Path(index.location, "segments").iterdir())
        (segments[0] / "trigrams.col").unlink()
        with pytest.raises(CorruptIndexError, match="missing"):
            index.search("w1", mode="exact")
        shutil.rmtree(segments[0])
        with pytest.raises(CorruptIndexError, match="missing"):
            index.search("w1", mode="exact")
        check_and_repair(index, right, silent=False)


def test_the_command_line_says_what_to_do(sound: Path, tmp_path: Path) -> None:
    with copy_of(sound, tmp_path) as index:
        root, env = index.root, environment(tmp_path, CODELODE_INDEX_DIR=index.location)
        for path in Path(index.location).rglob("files.col"):
            os.truncate(path, 100)
    for words in (["search", "--no-refresh", "w1", root], ["verify", root]):
        done = run(*words, env=env)
        assert done.returncode == 2, words
        assert "codelode index --rebuild" in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert run("index", "--rebuild", root, env=env).returncode == 0
    assert run("verify", root, env=env).returncode == 0
    assert run("search", "--no-refresh", "w1x", root, env=env).returncode == 0


def test_an_index_of_a_newer_format(
    sound: Path, right: dict[tuple[str, str], Answer], tmp_path: Path
) -> None:
    from codelode.store.catalog import Catalog

    with copy_of(sound, tmp_path) as index:
        catalog = Catalog(Path(index.location, CATALOG), create=True)
        catalog.note("format_version", 99)
        catalog.close()
        for use in (lambda: index.search("w1"), index.refresh, index.status):
            with pytest.raises(IndexFormatError, match=r"format 99 is newer.*upgrade codelode"):
                use()
        assert "newer" in index.verify()[0]
        index.refresh(rebuild=True)
        assert answers(index, QUERIES) == right


def test_sqlite_is_as_the_commit_protocol_needs_it(sound: Path) -> None:
    db = sqlite3.connect(sound / "index" / CATALOG)
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    db.close()


def test_changed_limits_rebuild(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {"a.py": "needle\n" * 400})
    with fresh(root, tmp_path / "index") as index:
        assert index.search("needle", mode="words").hits
    with Index(root, Settings(max_ranked_bytes=100), index_dir=str(tmp_path / "index")) as index:
        assert index.refresh().rebuild_reason
        assert not index.search("needle", mode="words").hits
        assert not index.refresh().rebuild_reason
