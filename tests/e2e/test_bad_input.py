"""Trees that are not as one would like them: real files, through `Index` and the command line."""

from __future__ import annotations

import json
import os
import socket
import stat
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from trees import IS_ROOT, environment, folder_for_all, run, settle, without_privileges, write_tree

from codelode.app import Index
from codelode.errors import IndexNotFoundError, RootError
from codelode.settings import Settings

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX file types and permissions")


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    root = write_tree(tmp_path / "tree", {"sound.py": "needle = 1\n"})
    with Index(root, index_dir=str(tmp_path / "index")) as result:
        yield result


def reasons(index: Index) -> dict[str, str]:
    return {path: reason for path, reason, _ in index.skipped()}


def found(index: Index, query: str = "needle", mode: str = "exact") -> list[str]:
    return [hit.path for hit in index.search(query, mode=mode, all_matches=mode != "words").hits]


@posix
def test_files_and_folders_that_may_not_be_read() -> None:
    with folder_for_all() as folder, without_privileges():
        root = write_tree(
            folder / "tree",
            {"a.py": "needle\n", "closed.py": "needle\n", "closed/b.py": "needle\n", "dark/c.py": "needle\n"},
        )
        (root / "closed.py").chmod(0)
        (root / "closed").chmod(0)
        (root / "dark").chmod(0o444)  # its names can be listed, but nothing in it can be looked at
        with Index(root, index_dir=str(folder / "index")) as index:
            index.refresh()
            assert found(index) == ["a.py"]
            assert reasons(index) == {
                "closed.py": "unreadable",
                "closed/": "unreadable",
                "dark/c.py": "unreadable",
            }
            assert index.status().skipped == {"unreadable": 3}
            for name, mode in (("closed.py", 0o644), ("closed", 0o755), ("dark", 0o755)):
                (root / name).chmod(mode)
            index.refresh()
            assert found(index) == ["a.py", "closed/b.py", "closed.py", "dark/c.py"]
            assert reasons(index) == {}


@posix
def test_a_root_that_may_not_be_read() -> None:
    with folder_for_all() as folder, without_privileges():
        root = write_tree(folder / "tree", {"a.py": "needle\n"})
        with Index(root, index_dir=str(folder / "index")) as index:
            index.refresh()
            root.chmod(0o300)
            with pytest.raises(RootError, match="cannot be read"):
                index.refresh()
            root.chmod(0o700)
            assert found(index) == ["a.py"], "the last commit is still there"


def test_files_that_come_and_go_while_they_are_indexed(index: Index) -> None:
    """A thread deletes and creates files during thirty refreshes; each ends, and the last one is right."""
    root, stop = Path(index.root), threading.Event()

    def meddle() -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            write_tree(root, {f"come{turn % 40}.py": "needle\n" * (turn % 50)})
            (root / f"come{(turn + 20) % 40}.py").unlink(missing_ok=True)

    thread = threading.Thread(target=meddle)
    thread.start()
    try:
        for _ in range(30):
            report = index.refresh(thorough=False)
            assert set(report.skipped) <= {"vanished", "unstable"}
            assert "sound.py" in found(index)
    finally:
        stop.set()
        thread.join()
    index.refresh()
    assert reasons(index) == {}
    # An empty file has no line to find.
    assert set(found(index)) == {path.name for path in root.iterdir() if path.stat().st_size}


def test_a_file_that_grows_while_it_is_indexed(index: Index) -> None:
    log, stop = Path(index.root, "growing.log"), threading.Event()

    def write() -> None:
        with log.open("ab", buffering=0) as out:
            while not stop.is_set() and out.tell() < 8 << 20:
                out.write(b"needle and more and more\n")

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _ in range(10):
            index.refresh(thorough=False)
            assert reasons(index).get("growing.log", "unstable") in ("unstable", "too_large_to_rank")
    finally:
        stop.set()
        thread.join()
    index.refresh()
    lines = log.read_bytes().count(b"\n")
    assert found(index) == ["growing.log"] * lines + ["sound.py"]


@posix
def test_special_files(index: Index) -> None:
    root = Path(index.root)
    os.mkfifo(root / "fifo")
    expected = {"fifo": "not_a_file", "device": "not_a_file", "socket": "not_a_file"}
    try:
        os.mknod(root / "device", 0o600 | stat.S_IFCHR, os.makedev(1, 3))
    except PermissionError:  # only root makes devices; a link to one must not be opened either
        (root / "device").symlink_to("/dev/zero")
        expected["device"] = "outside_root"
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(root)  # a socket's path is at most 107 bytes
        try:
            server.bind("socket")
        finally:
            os.chdir(here)
    index.refresh()
    assert reasons(index) == expected
    assert found(index) == ["sound.py"]


@posix
def test_a_file_becomes_a_fifo_after_it_was_indexed(index: Index) -> None:
    index.refresh()
    sound = Path(index.root, "sound.py")
    sound.unlink()
    os.mkfifo(sound)
    assert index.search("needle", mode="exact").stats.stale == 1, "without a refresh: skipped, never opened"
    index.refresh()
    assert reasons(index) == {"sound.py": "not_a_file"}
    assert found(index) == []


@posix
def test_links(index: Index, tmp_path: Path) -> None:
    root = Path(index.root)
    outside = write_tree(tmp_path / "outside", {"secret.py": "needle\n"})
    write_tree(root, {"lib/inner.py": "needle\n"})
    (root / "loop").symlink_to("loop")
    (root / "lib" / "up").symlink_to("..")
    (root / "out").symlink_to(outside)
    (root / "out.py").symlink_to(outside / "secret.py")
    (root / "dangling").symlink_to("nowhere")
    (root / "alias.py").symlink_to("sound.py")
    index.refresh()
    assert reasons(index) == {
        "loop": "outside_root",
        "lib/up": "symlink",
        "out": "outside_root",
        "out.py": "outside_root",
        "dangling": "outside_root",
        "alias.py": "symlink",
    }
    assert found(index) == ["lib/inner.py", "sound.py"]


@posix
def test_a_file_replaced_by_a_link_is_not_followed(index: Index, tmp_path: Path) -> None:
    index.refresh()
    sound = Path(index.root, "sound.py")
    (tmp_path / "secret.py").write_text("needle = 'secret'\n")
    sound.unlink()
    sound.symlink_to(tmp_path / "secret.py")
    assert found(index) == []
    assert found(index, mode="words") == []


@posix
@pytest.mark.skipif(sys.platform == "darwin", reason="macOS has no names that are not UTF-8")
def test_names_with_newlines_and_bytes_that_are_no_text(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {})
    names = [
        b"new\nline.py",
        b"latin-\xe9.py",
        b"tab\there.py",
        b"quote\"'.py",
        b"\xff\xfe.py",
        b" .py",
        b"-rf.py",
    ]
    for name in names:
        with open(os.path.join(os.fsencode(root), name), "wb") as out:  # noqa: PTH118, PTH123  bytes
            out.write(b"needle\n")
    env = environment(tmp_path)
    assert run("index", str(root), env=env).returncode == 0
    for mode in ("exact", "regex", "words"):
        done = run("search", "--json", "-n", "20", "--mode", mode, "needle", str(root), env=env)
        paths = [os.fsencode(hit["path"]) for hit in json.loads(done.stdout)["hits"]]
        assert sorted(os.path.basename(path) for path in paths) == sorted(names), mode  # noqa: PTH119
    assert run("verify", str(root), env=env).returncode == 0
    (root / "keep.py").write_text("needle\n")
    os.unlink(os.path.join(os.fsencode(root), names[0]))  # noqa: PTH108, PTH118
    with_fewer = json.loads(run("index", "--json", str(root), env=env).stdout)
    assert (with_fewer["added"], with_fewer["deleted"], with_fewer["files"]) == (1, 1, len(names))


def test_contents_that_are_unusual(tmp_path: Path) -> None:
    write_tree(
        tmp_path / "tree",
        {
            "empty.py": "",
            "newline.py": "\n",
            "late.txt": b"needle\n" * 2_000 + b"\0 needle\n",  # a NUL behind the first 8,000 bytes: text
            "early.bin": b"needle\n\0",
            "dos.txt": "first\r\nneedle here\r\nlast\r\n",
            "mac.txt": "first\rneedle here\rlast",
            "mark.txt": b"\xef\xbb\xbfneedle\n",
            "wide.txt": "needle ümlaut\n".encode("utf-16"),
            "big-endian.txt": b"\xfe\xff" + "needle ümlaut\n".encode("utf-16-be"),
            "latin.txt": "needle ümlaut\n".encode("latin-1"),
            "half.txt": b"\xff\xfen\0e\0e",
            "unfinished.txt": b"needle",
        },
    )
    with Index(tmp_path / "tree", index_dir=str(tmp_path / "index")) as index:
        index.refresh()
        assert reasons(index) == {"early.bin": "binary", "half.txt": "undecodable"}
        assert index.status().files == 10
        hits = index.search("needle", mode="exact", all_matches=True).hits
        assert {hit.path for hit in hits} == {
            "late.txt", "dos.txt", "mac.txt", "mark.txt", "wide.txt", "big-endian.txt", "latin.txt", "unfinished.txt",
        }  # fmt: skip
        assert sum(hit.path == "late.txt" for hit in hits) == 2_001
        (dos,) = [hit for hit in hits if hit.path == "dos.txt"]
        assert (dos.start_line, dos.matches[0].column) == (2, 1)
        assert sorted(found(index, "ümlaut")) == ["big-endian.txt", "latin.txt", "wide.txt"]
        assert sorted(found(index, "ümlaut", mode="words")) == ["big-endian.txt", "latin.txt", "wide.txt"]
        assert found(index, "first$", mode="regex") == [] or found(index, "first\r?$", mode="regex")


def test_words_of_many_scripts_and_beside_odd_characters(tmp_path: Path) -> None:
    texts = {
        "quotes.md": "he said \u201cneedle\u201d and\u2014haystack\u2014went\n",
        "hindi.txt": "नमस्ते दुनिया\n",
        "chinese.txt": "你好，世界。\n",
        "german.txt": "die Größe der Straße\n",
        "accent.txt": "cafe\u0301 noir\n",
        "russian.txt": "Привет\n",
        "latin.txt": b"latin na\xefve\n",
    }
    with Index(write_tree(tmp_path / "tree", texts), index_dir=str(tmp_path / "index")) as index:
        index.refresh()
        for query, path in (
            ("needle", "quotes.md"),
            ("haystack", "quotes.md"),
            ("नमस्ते", "hindi.txt"),
            ("世界", "chinese.txt"),
            ("GRÖSSE größe", "german.txt"),
            ("cafe\u0301", "accent.txt"),
            ("ПРИВЕТ", "russian.txt"),
            ("naïve", "latin.txt"),
        ):
            result = index.search(query, mode="words")
            assert [hit.path for hit in result.hits] == [path], query
            assert result.hits[0].matches, query


def test_one_line_of_50_mb(index: Index) -> None:
    line = b"word " * (10 << 20) + b"needle"
    Path(index.root, "long.txt").write_bytes(line)
    index.refresh()
    assert reasons(index) == {"long.txt": "too_large"}
    with Index(index.root, Settings(max_exact_bytes=64 << 20), index_dir=index.location) as larger:
        report = larger.refresh()
        assert report.rebuild_reason, "limits decide what the index holds"
        assert reasons(larger) == {"long.txt": "too_large_to_rank"}
        (hit,) = larger.search("needle", mode="exact", all_matches=True, globs=["long.txt"]).hits
        assert hit.matches[0].column == len(line) - len("needle") + 1
        assert found(larger, mode="words") == ["sound.py"]


def test_a_root_that_is_none(tmp_path: Path) -> None:
    write_tree(tmp_path, {"file.py": "needle\n"})
    env = environment(tmp_path)
    for root, message in ((tmp_path / "missing", "does not exist"), (tmp_path / "file.py", "not a folder")):
        with pytest.raises(RootError, match=message):
            Index(root, index_dir=str(tmp_path / "index")).refresh()
        with pytest.raises(IndexNotFoundError):
            Index(root, index_dir=str(tmp_path / "index")).search("needle")
        done = run("index", str(root), env=env)
        assert done.returncode == 2
        assert root.name in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "index").exists()


def test_an_empty_root(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {})
    with Index(root, index_dir=str(tmp_path / "index")) as index:
        report = index.refresh()
        assert (report.files, report.segments) == (0, 0)
        for mode in ("exact", "regex", "words", "auto"):
            assert index.search("needle", mode=mode).hits == ()
        assert index.verify() == []
        assert index.refresh().generation == report.generation
        write_tree(root, {"a.py": "needle\n"})
        index.refresh()
        assert found(index) == ["a.py"]
        (root / "a.py").unlink()
        report = index.refresh()
        assert (report.files, report.segments, report.deleted) == (0, 0, 1)
        assert found(index) == []


def test_a_root_that_goes_away(index: Index) -> None:
    index.refresh()
    root = Path(index.root)
    root.rename(root.with_name("elsewhere"))
    with pytest.raises(RootError, match="does not exist"):
        index.refresh()
    result = index.search("needle", mode="exact")
    assert (result.hits, result.stats.stale) == ((), 1)
    assert not index.status().root_exists


def test_a_time_in_the_future_is_read_once(index: Index) -> None:
    future = time.time_ns() + 10**18
    os.utime(Path(index.root, "sound.py"), ns=(future, future))
    settle(Path(index.root))
    assert index.refresh().read_bytes == len("needle = 1\n")
    assert index.refresh().read_bytes == 0


def test_the_suite_runs_as_somebody() -> None:
    """Root ignores permissions: the tests of permissions have to become somebody else first."""
    with without_privileges():
        assert os.name != "posix" or os.geteuid() != 0
    assert not IS_ROOT or os.geteuid() == 0
