"""Reading one file whole, or saying why not."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import xxhash
from trees import without_privileges

from codelode.ingest.read import COARSE_SLACK_NS, RACY_SLACK_NS, Content, is_racy, read_file
from codelode.model import FileStat, SkipReason

LIMIT = 1 << 20
posix = pytest.mark.skipif(os.name != "posix", reason="POSIX files")


def read(path: Path, limit: int = LIMIT) -> Content | tuple[SkipReason, str]:
    return read_file(os.fsencode(path), limit)


def content(path: Path) -> Content:
    found = read(path)
    assert isinstance(found, Content)
    return found


@pytest.mark.parametrize("data", [b"", b"x", b"\r\n\x1a\0", b"y" * 70_000])
def test_a_file(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    found = content(path)
    stat = path.stat()
    assert found.data == data
    assert found.stat == FileStat(len(data), stat.st_mtime_ns, stat.st_ctime_ns)
    assert found.hash == xxhash.xxh3_128_digest(data)


def test_no_file(tmp_path: Path) -> None:
    assert read(tmp_path / "missing") == (SkipReason.VANISHED, "")


@posix
def test_things_that_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to(tmp_path / "fifo")
    for name in ("fifo", "."):
        found = read(tmp_path / name)
        assert not isinstance(found, Content)
        assert found[0] is SkipReason.NOT_A_FILE
    found = read(tmp_path / "link")
    assert not isinstance(found, Content)
    assert found[0] is SkipReason.UNREADABLE  # links are not followed
    assert read(Path("/dev/null")) == (SkipReason.NOT_A_FILE, "was a file when it was listed")


@posix
def test_no_permission(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x")
    path.chmod(0)
    with without_privileges():
        found = read(path)
    assert not isinstance(found, Content)
    assert found == (SkipReason.UNREADABLE, "Permission denied")


def test_too_large(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 11)
    assert read(path, 10) == (SkipReason.TOO_LARGE, "11 bytes")
    assert isinstance(read(path, 11), Content)


WRITER = """
import sys
block = b"x" * 9_000
with open(sys.argv[1], "r+b", buffering=0) as out:
    print("ready", flush=True)
    while True:
        out.seek(0)
        out.truncate()
        for _ in range(60):
            out.write(block)
"""


def test_a_file_that_is_written_all_the_time(tmp_path: Path) -> None:
    """What is read is what the file was at some moment, or nothing."""
    path = tmp_path / "log"
    path.write_bytes(b"")
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout
        assert writer.stdout.readline() == "ready\n"
        try:
            unstable = whole = 0
            for _ in range(50_000):
                found = read(path)
                if isinstance(found, Content):
                    assert len(found.data) == found.stat.size
                    whole += 1
                else:
                    assert found[0] is SkipReason.UNSTABLE
                    unstable += 1
                if unstable and whole + unstable > 300:
                    break
        finally:
            writer.kill()
    assert unstable
    assert isinstance(read(path), Content)


SECOND = 1_000_000_000
NOW = 1_700_000_000 * SECOND


@pytest.mark.parametrize(
    ("mtime", "ctime", "racy"),
    [
        (NOW - SECOND + 5, NOW - SECOND, False),
        (NOW - RACY_SLACK_NS + 1, NOW - SECOND, True),
        (NOW - SECOND + 5, NOW - RACY_SLACK_NS + 1, True),
        (NOW - SECOND, NOW - SECOND, True),  # whole seconds: perhaps a clock that knows no others
        (NOW - COARSE_SLACK_NS, NOW - COARSE_SLACK_NS, False),
        (NOW + 5, NOW - SECOND, True),
        (NOW + 9 * SECOND + 5, NOW + 9 * SECOND, True),  # a clock that is ahead of ours
    ],
)
def test_racy(mtime: int, ctime: int, racy: bool) -> None:
    assert is_racy(FileStat(1, mtime, ctime), NOW) == racy


@posix
def test_a_time_in_the_future_is_trusted_once_the_change_time_is_old() -> None:
    assert not is_racy(FileStat(1, NOW + 10**17, NOW - SECOND), NOW)
    assert is_racy(FileStat(1, NOW + 10**17, NOW), NOW)


def test_a_file_just_written_is_racy_and_later_it_is_not(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x")
    assert content(path).racy
    while is_racy(content(path).stat, time.time_ns()):
        time.sleep(0.01)
    assert not content(path).racy
