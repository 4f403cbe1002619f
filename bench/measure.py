"""Runs whole processes and calls, and says how long they took and how much memory their process tree held.

Timed runs of codelode are not watched: a sample costs up to 6 ms a process, so memory gets a run of its own.
"""

from __future__ import annotations

import contextlib
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

RSS_INTERVAL_S = 0.01
PSS_EVERY = 10
"""PSS is read every tenth time only: smaps_rollup walks all page tables, 6 ms for 500 MB."""
MIB = 1 << 20


class BenchError(Exception):
    """A measurement that could not be taken, or whose result is wrong; the row shows its message."""


@dataclass(frozen=True, slots=True)
class ProcessRun:
    """One finished process."""

    wall_s: float
    cpu_s: float | None
    """user + system time of it and all its children; None where the system does not tell"""
    status: int
    lines: int
    """newlines on its standard output"""
    out: bytes
    """its standard output; empty unless asked for"""
    err: str
    """the end of its standard error"""
    rss_mb: float | None = None
    """peak of the sum of RSS over the process tree, MiB; None when not watched"""
    pss_mb: float | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """Several measurements of one thing."""

    median: float
    low: float
    high: float
    runs: int


def spread(values: Sequence[float]) -> Spread:
    """Median, minimum and maximum; `values` must not be empty."""
    return Spread(statistics.median(values), min(values), max(values), len(values))


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which `percent` (0 to 100) of `values` lie, linear between neighbours."""
    if not values:
        raise ValueError("no values")
    if not 0 <= percent <= 100:
        raise ValueError(f"percent is {percent}; it must be between 0 and 100")
    ordered = sorted(values)
    position = (len(ordered) - 1) * percent / 100
    below = int(position)
    if below + 1 == len(ordered):
        return ordered[below]
    return ordered[below] + (ordered[below + 1] - ordered[below]) * (position - below)


def timed(call: Callable[[], object]) -> float:
    """Seconds `call` took."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def interleave(contenders: Mapping[str, Callable[[], float]], runs: int) -> dict[str, list[float]]:
    """Each contender `runs` times in turn (A B A B), after one round that does not count.

    What else the machine does then hits all of them alike, so ratios hold where single times do not.
    """
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(runs + 1):
        for name, contender in contenders.items():
            seconds = contender()
            if turn:
                taken[name].append(seconds)
    return taken


def run(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    keep: bool = False,
    watch_memory: bool = False,
    timeout_s: float = 3600,
    accept: Sequence[int] = (0,),
) -> ProcessRun:
    """Runs `command` to its end, its output read through a pipe as a user's pager or tool would.

    `env` is added to this process's environment; `keep` keeps the output.  Raises BenchError when the exit
    status is not in `accept`, or after `timeout_s`.
    """
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
        deadline = threading.Timer(timeout_s, kill_group, (process,))
        deadline.daemon = True
        deadline.start()
        memory = _Watcher(process.pid) if watch_memory else None
        try:
            lines, out = _drain(process, keep)
            status, cpu_s = _wait(process)
            wall_s = time.perf_counter() - start
        finally:
            timed_out = not deadline.is_alive()
            deadline.cancel()
            peaks = memory.stop() if memory else (None, None)
            kill_group(process)
        err = _tail(errors)
    if timed_out:
        raise BenchError(f"{command[0]} was stopped after {timeout_s:.0f} s")
    if status not in accept:
        raise BenchError(f"{' '.join(command)}: exit status {status}: {err[-1500:].strip()}")
    return ProcessRun(wall_s, cpu_s, status, lines, out, err, *peaks)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to `process` and everything it started; harmless when they are gone."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        process.kill()


def _drain(process: subprocess.Popen[bytes], keep: bool) -> tuple[int, bytes]:
    assert process.stdout is not None  # noqa: S101  (a pipe was asked for)
    lines, kept = 0, []
    with process.stdout as pipe:
        while block := pipe.read1(MIB):
            lines += block.count(b"\n")
            if keep:
                kept.append(block)
    return lines, b"".join(kept)


def _wait(process: subprocess.Popen[bytes]) -> tuple[int, float | None]:
    if not hasattr(os, "wait4"):
        return process.wait(), None
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_utime + usage.ru_stime


def _tail(stream: tempfile._TemporaryFileWrapper[bytes], size: int = 64 << 10) -> str:
    end = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, end - size))
    return stream.read().decode("utf-8", "replace")


class _Watcher:
    """Samples the memory of a process tree in a thread until stopped."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._done = threading.Event()
        self._rss = 0
        self._pss = 0
        self._thread = threading.Thread(target=self._sample, daemon=True)
        if can_watch_memory():
            self._thread.start()

    def stop(self) -> tuple[float | None, float | None]:
        """(peak RSS, peak PSS) of the tree in MiB; None where /proc does not tell."""
        self._done.set()
        if not self._thread.is_alive() and not self._rss:
            return None, None
        self._thread.join()
        return self._rss / MIB, (self._pss / MIB if self._pss else None)

    def _sample(self) -> None:
        turn = 0
        while not self._done.is_set():
            tree = process_tree(self._root)
            self._rss = max(self._rss, sum(map(_rss_bytes, tree)))
            if turn % PSS_EVERY == 0:
                self._pss = max(self._pss, sum(map(_pss_bytes, tree)))
            turn += 1
            self._done.wait(RSS_INTERVAL_S)


def can_watch_memory() -> bool:
    """Whether the kernel lists the children of a process (Linux with CONFIG_PROC_CHILDREN)."""
    return sys.platform == "linux" and Path(f"/proc/self/task/{os.getpid()}/children").exists()


def process_tree(root: int) -> list[int]:
    """`root` and all its living descendants (process ids), each once."""
    found, queue = [], [root]
    while queue:
        pid = queue.pop()
        found.append(pid)
        # Processes end while they are looked at: no longer there is no error.
        with contextlib.suppress(OSError):
            for thread in os.scandir(f"/proc/{pid}/task"):
                with contextlib.suppress(OSError):
                    queue.extend(map(int, Path(thread.path, "children").read_bytes().split()))
    return found


def _rss_bytes(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def _pss_bytes(pid: int) -> int:
    """Proportional set size: pages shared by n processes count 1/n.  RSS where the kernel does not tell."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_bytes().splitlines():
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) << 10
    except (OSError, IndexError):
        pass
    return _rss_bytes(pid)
