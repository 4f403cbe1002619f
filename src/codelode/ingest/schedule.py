"""Who builds what: decisions of the worker pool without any I/O, so that every order of events can be tested.

A worker's death loses the batches it had put into its unfinished segment and the one it was reading.  The
latter is a suspect: it is tried again alone in a segment, and if it kills again it is cut in halves until one
file remains.  That one is tried once more without parsing, because a parser is the likeliest thing to die on a
text, and then given up.  The former go back to the queue; lost twice, they are suspects too, because a
file can be the death of the segment it is in long after it was read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from codelode.ingest.build import WorkItem

LOSSES = 2
"""A batch that was in so many segments lost with their workers is a suspect."""

IN_FLIGHT = 2
"""Batches a worker has at a time: the one it reads and the next, so that it never waits for the main process."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Files handed out together."""

    number: int
    items: tuple[WorkItem, ...]
    losses: int = 0
    """how many workers died with it, or while they read it (which counts as `LOSSES` at once)"""
    unparsed: bool = False
    """its files are indexed without looking for definitions"""

    @property
    def suspect(self) -> bool:
        """Whether it goes alone."""
        return self.losses >= LOSSES


@dataclass(slots=True)
class _Worker:
    given: deque[Batch] = field(default_factory=deque)
    """sent, not yet read, oldest first"""
    held: list[Batch] = field(default_factory=list)
    """read, in the segment that the worker has not finished yet"""
    flushing: bool = False


class Schedule:
    """State of a build: events in, instructions out."""

    def __init__(self, batches: Iterable[Sequence[WorkItem]]) -> None:
        self._next_number = 0
        self._queue: deque[Batch] = deque(self._batch(items) for items in batches)
        self._workers: dict[int, _Worker] = {}
        self.given_up: list[WorkItem] = []
        """files that killed a worker on their own"""

    def _batch(self, items: Sequence[WorkItem], losses: int = 0, unparsed: bool = False) -> Batch:
        self._next_number += 1
        return Batch(self._next_number, tuple(items), losses, unparsed)

    @property
    def finished(self) -> bool:
        """Whether every batch is in a finished segment or given up."""
        return not self._queue and all(not w.given and not w.held for w in self._workers.values())

    def join(self, worker: int) -> None:
        """A new worker is ready."""
        self._workers[worker] = _Worker()

    def next_for(self, worker: int) -> Batch | None:
        """The batch to send to `worker` now, if any."""
        state = self._workers[worker]
        if state.flushing or len(state.given) >= IN_FLIGHT or not self._queue:
            return None
        alone = self._queue[0].suspect or any(batch.suspect for batch in (*state.given, *state.held))
        if alone and (state.given or state.held):
            return None
        batch = self._queue.popleft()
        state.given.append(batch)
        return batch

    def should_flush(self, worker: int) -> bool:
        """Whether `worker` must finish its segment now: nothing left to give it, or a suspect comes or went."""
        state = self._workers[worker]
        if state.flushing or state.given or not state.held:
            return False
        return not self._queue or self._queue[0].suspect or state.held[-1].suspect

    def flush_sent(self, worker: int) -> None:
        """The worker was told to finish its segment."""
        self._workers[worker].flushing = True

    def was_read(self, worker: int, number: int) -> None:
        """The worker has batch `number` in its segment."""
        state = self._workers[worker]
        batch = state.given.popleft()
        if batch.number != number:
            raise AssertionError(f"worker {worker} read batch {number} before {batch.number}")
        state.held.append(batch)

    def was_finished(self, worker: int) -> None:
        """The worker finished the segment with all it had read."""
        state = self._workers[worker]
        state.held.clear()
        state.flushing = False

    def died(self, worker: int) -> None:
        """The worker is gone with its unfinished segment."""
        state = self._workers.pop(worker)
        back: list[Batch] = []
        for batch in state.held:
            back += self._blame(batch) if batch.suspect else [self._batch(batch.items, batch.losses + 1)]
        if state.given:
            first, *rest = state.given
            back += [*self._blame(first), *rest]
        # Innocent batches first: a suspect at the head of the queue makes every worker flush.
        self._queue.extendleft(reversed([batch for batch in back if not batch.suspect]))
        self._queue.extend(batch for batch in back if batch.suspect)

    def _blame(self, batch: Batch) -> list[Batch]:
        """What is tried instead of `batch`, alone or read last when a worker died."""
        if not batch.suspect:
            return [self._batch(batch.items, LOSSES)]
        if len(batch.items) == 1 and not batch.unparsed:
            return [self._batch(batch.items, LOSSES, unparsed=True)]
        if len(batch.items) == 1:
            self.given_up.append(batch.items[0])
            return []
        middle = len(batch.items) // 2
        return [self._batch(batch.items[:middle], LOSSES), self._batch(batch.items[middle:], LOSSES)]
