"""Logs of many processes that stay small."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from codelode.store.journal import Journal
from codelode.store.lock import BuildLock

WRITER = """
import sys
from pathlib import Path
from codelode.store.journal import Journal

path, name, lines, most = sys.argv[1:]
log = Journal(Path(path), int(most), 8)
for number in range(int(lines)):
    log.append(f"{name} {number:05}\\n".encode())
"""


def test_the_last_lines_are_kept(tmp_path: Path) -> None:
    log = Journal(tmp_path / "a.log", 10, 4)
    assert log.lines() == []
    for number in range(57):
        log.append(b"%03d\n" % number)
        assert log.lines() == [b"%03d" % n for n in range(max(0, number - 9), number + 1)]
    size = sum(path.stat().st_size for path in tmp_path.glob("a.log*"))
    assert size <= 2 * 10 * 4


def test_lines_of_any_length(tmp_path: Path) -> None:
    log = Journal(tmp_path / "a.log", 3, 2)
    lines = [b"x" * length for length in (1, 300, 2, 7, 100, 1, 1)]
    for line in lines:
        log.append(line + b"\n")
    assert log.lines() == lines[-3:]


def test_many_at_once(tmp_path: Path) -> None:
    log = Journal(tmp_path / "a.log", 10, 4)
    log.append(b"".join(b"%03d\n" % n for n in range(25)))
    log.append(b"new\n")
    assert log.lines() == [*(b"%03d" % n for n in range(16, 25)), b"new"]


def test_a_folder_that_is_gone_does_not_come_back(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Journal(tmp_path / "gone" / "a.log", 10, 4).append(b"line\n")
    assert not (tmp_path / "gone").exists()


def test_while_another_process_turns_the_log_it_grows(tmp_path: Path) -> None:
    log = Journal(tmp_path / "a.log", 5, 4)
    with BuildLock(tmp_path / "lock", wait=True):
        for number in range(20):
            log.append(b"%03d\n" % number)
        assert log.lines() == [b"%03d" % n for n in range(15, 20)]
    log.append(b"020\n")
    assert log.lines()[-2:] == [b"019", b"020"]
    assert (tmp_path / "a.log.old").exists()


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    """200 lines of each of 4 writers: of 1,000 kept, while the log is turned at every 1,000th, nothing is missing."""
    path = tmp_path / "a.log"
    most = 450  # so that it is turned once while they write
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), name, "200", str(most)]) for name in "abcd"
    ]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0, 0, 0]
    found = b"".join(
        file.read_bytes() for file in (path.with_name("a.log.old"), path) if file.exists()
    ).splitlines()
    assert sorted(found) == sorted(f"{name} {number:05}".encode() for name in "abcd" for number in range(200))
    assert len(Journal(path, most, 8).lines()) == most
