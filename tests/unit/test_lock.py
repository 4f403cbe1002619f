"""The build lock, between real processes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from codelode.errors import IndexLockedError, StorageError
from codelode.store.lock import BuildLock, holder_of

HOLDER = """
import sys
from pathlib import Path
from codelode.store.lock import BuildLock
with BuildLock(Path(sys.argv[1]), wait=True):
    print("held", flush=True)
    sys.stdin.read()
"""


def hold(path: Path) -> subprocess.Popen[str]:
    """Another process with the lock, until its input ends."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    return holder


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "build.lock"
    with hold(path) as holder:
        assert holder.stdin
        with pytest.raises(IndexLockedError, match=f"process {holder.pid} is building this index"):
            BuildLock(path, wait=False).__enter__()
        told: list[str] = []
        threading.Timer(0.3, holder.stdin.close).start()
        with BuildLock(path, wait=True, waiting=told.append):
            assert told == [str(holder.pid)]
            assert path.read_text() == str(os.getpid())
    told.clear()
    with BuildLock(path, wait=True, waiting=told.append):
        assert told == []


def test_who_holds_it_can_be_asked_without_taking_it(tmp_path: Path) -> None:
    path = tmp_path / "embed.lock"
    assert holder_of(path) == ""
    assert not path.exists()
    with hold(path) as holder:
        assert holder_of(path) == str(holder.pid)
        with (
            pytest.raises(IndexLockedError, match="is embedding this index"),
            BuildLock(path, wait=False, what="embedding"),
        ):
            pass
    assert holder_of(path) == ""
    with BuildLock(path, wait=False):
        pass


def test_a_dead_holder_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "build.lock"
    with hold(path) as holder:
        holder.kill()
        holder.wait()
        with BuildLock(path, wait=False):
            assert path.read_text() == str(os.getpid())


def test_it_is_free_after_an_error(tmp_path: Path) -> None:
    path = tmp_path / "build.lock"
    with pytest.raises(KeyError), BuildLock(path, wait=False):
        raise KeyError
    with BuildLock(path, wait=False):
        pass


@pytest.mark.skipif(os.name != "posix", reason="Windows removes no open file")
def test_who_waited_for_an_index_that_was_dropped_locks_the_new_file(tmp_path: Path) -> None:
    """The last holder removed the lock's file: the lock on it keeps nobody out any more."""
    path = tmp_path / "index" / "build.lock"
    got = threading.Event()

    def wait() -> None:
        with BuildLock(path, wait=True):
            got.set()
            release.wait()

    release = threading.Event()
    path.parent.mkdir()
    with hold(path) as holder:
        assert holder.stdin
        thread = threading.Thread(target=wait)
        thread.start()
        assert not got.wait(0.2)
        path.unlink()
        path.parent.rmdir()
        holder.stdin.close()
        assert got.wait(10)
    assert path.exists()
    with pytest.raises(IndexLockedError):
        BuildLock(path, wait=False).__enter__()
    release.set()
    thread.join()


@pytest.mark.skipif(os.name != "posix", reason="a file where a folder should be")
def test_a_place_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        BuildLock(tmp_path / "file" / "build.lock", wait=False).__enter__()
