"""Looking at living processes, by Linux's /proc."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

HAS_PROC = Path("/proc/self/stat").exists()


def workers_of(parent: int) -> list[int]:
    """Process ids of the living build workers that `parent` started."""
    return [
        pid
        for pid, (state, owner, command) in _processes().items()
        if owner == parent and state != "Z" and b"codelode.ingest.worker" in command
    ]


def living(pids: list[int]) -> list[int]:
    """Those of `pids` that still run: a zombie does not."""
    now = _processes()
    return [pid for pid in pids if pid in now and now[pid][0] != "Z"]


def wait_until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for `condition`; fails the test when it does not come."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def _processes() -> dict[int, tuple[str, int, bytes]]:
    """State, parent and command line by process id."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                found[int(folder.name)] = (fields[0], int(fields[1]), (folder / "cmdline").read_bytes())
            except OSError:
                continue  # it ended meanwhile
    return found
