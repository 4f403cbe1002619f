"""The worker pool: real processes around the pure decisions of `schedule`."""

from __future__ import annotations

import pickle
import queue
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import IO

from codelode import cpu, processes
from codelode.errors import CodelodeError, StorageError
from codelode.ingest.build import BuildOptions, SegmentResult, WorkItem
from codelode.ingest.schedule import Schedule
from codelode.model import SkipReason

MAX_STILLBORN = 3
"""Workers that die before they are ready; more, and the machine cannot run any."""

_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_TRIM_THRESHOLD_": str(1 << 30),
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "GLIBC_TUNABLES": "glibc.malloc.tcache_count=4096",
}
"""No BLAS threads, which nothing here needs.  glibc: keep freed memory for the next batch (giving it back and faulting
it in again took a tenth of a build), and more of it in each thread: documents are made by one thread and freed by
Tantivy's, and meeting at the arena's lock took another twentieth.  Other systems do not read these."""

_COMMAND = processes.command("codelode.ingest.worker")


class WorkerPool:
    """`size` processes, started at once so that their imports overlap the scan."""

    def __init__(self, size: int, options: BuildOptions) -> None:
        self._options = options
        self._events: queue.SimpleQueue[tuple[int, object]] = queue.SimpleQueue()
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self._next = 0
        self._stillborn = 0
        for _ in range(size):
            self._start()

    def stop(self) -> None:
        """Stop the workers at once; unfinished segments stay behind as leftovers for the next run to collect."""
        for process in self._processes.values():
            process.kill()
        for process in self._processes.values():
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    _close(pipe)

    @property
    def pids(self) -> list[int]:
        """Process ids of the living workers."""
        return [process.pid for process in self._processes.values()]

    def build(
        self,
        batches: Sequence[Sequence[WorkItem]],
        read: Callable[[int, int], None],
    ) -> Iterator[SegmentResult]:
        """Yield each segment as it is finished; every file of `batches` is in exactly one result.

        `read` is called with the number of files and bytes of each batch read.  Raises StorageError when a
        worker cannot write.
        """
        schedule = Schedule(batches)
        sizes: dict[int, tuple[int, int]] = {}
        ready: set[int] = set()
        while not schedule.finished:
            worker, event = self._events.get()
            if isinstance(event, CodelodeError):
                raise event
            if event == "ready":
                schedule.join(worker)
                ready.add(worker)
            elif event is None:
                self._replace(worker, schedule if worker in ready else None)
                ready.discard(worker)
            elif isinstance(event, SegmentResult):
                schedule.was_finished(worker)
                yield event
            elif isinstance(event, int):
                schedule.was_read(worker, event)
                read(*sizes.pop(event))
            for idle in ready:
                self._feed(idle, schedule, sizes)
        if schedule.given_up:
            yield SegmentResult(
                None,
                [(*item, b"", "", "", -1, SkipReason.WORKER_DIED.value, "", 0) for item in schedule.given_up],
            )

    def _feed(self, worker: int, schedule: Schedule, sizes: dict[int, tuple[int, int]]) -> None:
        while (batch := schedule.next_for(worker)) is not None:
            sizes[batch.number] = (len(batch.items), sum(item[1] for item in batch.items))
            self._send(worker, (batch.number, batch.items, batch.unparsed))
        if schedule.should_flush(worker):
            schedule.flush_sent(worker)
            self._send(worker, None)

    def _send(self, worker: int, message: object) -> None:
        inbox = self._processes[worker].stdin
        if inbox is None:
            raise AssertionError("workers are started with pipes")
        try:
            pickle.dump(message, inbox, pickle.HIGHEST_PROTOCOL)
            inbox.flush()
        except OSError:
            return  # it died: its reader thread reports that, and the schedule takes everything back

    def _start(self) -> None:
        self._next += 1
        number = self._next
        environment = {**_ENVIRONMENT, **cpu.environment(), **processes.environment()}
        try:
            process = subprocess.Popen(
                _COMMAND,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=environment,
            )
        except OSError as exc:
            raise StorageError(f"cannot start a worker process ({exc}); use --jobs 1") from exc
        self._processes[number] = process
        threading.Thread(target=self._listen, args=(number, process), daemon=True).start()
        self._send(number, self._options)

    def _listen(self, number: int, process: subprocess.Popen[bytes]) -> None:
        if process.stdout is None:
            raise AssertionError("workers are started with pipes")
        while True:
            try:
                event = pickle.load(process.stdout)  # noqa: S301  our own child's pipe
            except (EOFError, pickle.UnpicklingError, OSError, ValueError):
                self._events.put((number, None))  # the end of its output is its death, however it came
                return
            self._events.put((number, event))

    def _replace(self, worker: int, schedule: Schedule | None) -> None:
        process = self._processes.pop(worker)
        process.kill()
        process.wait()
        if schedule is not None:
            schedule.died(worker)
        else:
            self._stillborn += 1
            if self._stillborn > MAX_STILLBORN:
                raise StorageError(
                    f"worker processes end before they start (exit status {process.returncode}); "
                    "use --jobs 1 to build in one process"
                )
        for pipe in (process.stdin, process.stdout):
            if pipe:
                _close(pipe)
        self._start()


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except OSError:
        return  # unsent bytes for a dead worker
