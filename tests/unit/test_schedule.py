"""Every order of events: each file ends in exactly one finished segment, or is given up if it is guilty."""

from __future__ import annotations

import random
from collections import Counter, deque
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from codelode.ingest.build import WorkItem
from codelode.ingest.schedule import IN_FLIGHT, Schedule


def items(names: range | list[int]) -> list[WorkItem]:
    return [(b"%d" % name, 1, 0, 0) for name in names]


@dataclass
class Worker:
    """What a worker process would do: it reads in order, and finishes when told, or when it is full."""

    inbox: deque[tuple[int, tuple[WorkItem, ...], bool] | None] = field(default_factory=deque)
    segment: list[WorkItem] = field(default_factory=list)


class World:
    """Workers around a schedule; `kill_read` and `kill_finish` are the files that kill in either phase,
    `kill_parse` those that kill while they are read unless they are left unparsed."""

    def __init__(
        self,
        batches: list[list[WorkItem]],
        kill_read: set[bytes],
        kill_finish: set[bytes],
        kill_parse: set[bytes],
    ) -> None:
        self.schedule = Schedule(batches)
        self.kill_parse = kill_parse
        self.kill_read, self.kill_finish = kill_read, kill_finish
        self.workers: dict[int, Worker] = {}
        self.started = 0
        self.finished: list[WorkItem] = []
        self.deaths = 0

    def join(self) -> None:
        self.started += 1
        self.workers[self.started] = Worker()
        self.schedule.join(self.started)
        self.feed()

    def feed(self) -> None:
        for number, worker in self.workers.items():
            while (batch := self.schedule.next_for(number)) is not None:
                worker.inbox.append((batch.number, batch.items, batch.unparsed))
            if self.schedule.should_flush(number):
                self.schedule.flush_sent(number)
                worker.inbox.append(None)
            assert sum(message is not None for message in worker.inbox) <= IN_FLIGHT

    def step(self, number: int, full: bool) -> None:
        """Let one worker take its next message; `full`: its segment is full after it."""
        worker = self.workers[number]
        message = worker.inbox.popleft()
        if message is not None:
            batch, files, unparsed = message
            deadly = self.kill_read if unparsed else self.kill_read | self.kill_parse
            if any(item[0] in deadly for item in files):
                self.die(number)
                return
            worker.segment += files
            self.schedule.was_read(number, batch)
            self.feed()
        if message is None or full:
            if any(item[0] in self.kill_finish for item in worker.segment):
                self.die(number)
                return
            self.finished += worker.segment
            worker.segment = []
            self.schedule.was_finished(number)
            self.feed()

    def die(self, number: int) -> None:
        self.deaths += 1
        del self.workers[number]
        self.schedule.died(number)
        self.join()

    def run(self, seed: int, accidents: int) -> None:
        dice = random.Random(
            seed
        )  # draws of hypothesis are limited in number: endless runs would not be seen
        for _ in range(10_000):
            if self.schedule.finished:
                return
            busy = [number for number, worker in self.workers.items() if worker.inbox]
            assert busy, "nobody has anything to do, but files are left"
            number = dice.choice(busy)
            if accidents and dice.random() < 0.1:
                accidents -= 1
                self.die(number)
            else:
                self.step(number, full=dice.random() < 0.2)
        raise AssertionError("it never ends")


def world(
    sizes: list[int],
    workers: int,
    kill_read: set[bytes],
    kill_finish: set[bytes],
    kill_parse: set[bytes],
) -> World:
    batches, name = [], 0
    for size in sizes:
        batches.append(items(range(name, name + size)))
        name += size
    result = World(batches, kill_read, kill_finish, kill_parse)
    for _ in range(workers):
        result.join()
    return result


SEEDS = st.integers(0, 2**32)
SIZES = st.lists(st.integers(1, 9), max_size=8)


@settings(max_examples=300, deadline=None)
@given(
    SIZES,
    st.integers(1, 3),
    st.sets(st.integers(0, 30)),
    st.sets(st.integers(0, 30)),
    st.sets(st.integers(0, 30)),
    SEEDS,
)
def test_guilty_files_and_only_they_are_given_up(
    sizes: list[int], workers: int, reading: set[int], finishing: set[int], parsing: set[int], seed: int
) -> None:
    every = {item[0] for item in items(range(sum(sizes)))}
    kill_read = {b"%d" % name for name in reading} & every
    kill_finish = {b"%d" % name for name in finishing} & every
    kill_parse = {b"%d" % name for name in parsing} & every  # these end in a segment, unparsed
    built = world(sizes, workers, kill_read, kill_finish, kill_parse)
    built.run(seed, accidents=0)
    assert Counter(item[0] for item in built.finished) == Counter(every - kill_read - kill_finish)
    assert Counter(item[0] for item in built.schedule.given_up) == Counter(kill_read | kill_finish)


@settings(max_examples=200, deadline=None)
@given(SIZES, st.integers(1, 3), st.integers(1, 6), SEEDS)
def test_no_file_is_lost_or_doubled_by_accidents(
    sizes: list[int], workers: int, accidents: int, seed: int
) -> None:
    built = world(sizes, workers, set(), set(), set())
    built.run(seed, accidents)
    every = Counter(item[0] for item in items(range(sum(sizes))))
    assert Counter(item[0] for item in (*built.finished, *built.schedule.given_up)) == every


@settings(max_examples=100, deadline=None)
@given(SIZES, st.integers(1, 3), SEEDS)
def test_one_accident_gives_up_nothing(sizes: list[int], workers: int, seed: int) -> None:
    built = world(sizes, workers, set(), set(), set())
    built.run(seed, accidents=1)
    assert built.schedule.given_up == []
    assert len(built.finished) == sum(sizes)


def test_nothing_to_do_is_finished_at_once() -> None:
    assert Schedule([]).finished


def test_a_suspect_goes_alone() -> None:
    built = world([2, 2, 2, 2], 1, {b"0"}, set(), set())
    built.step(1, full=False)  # it dies of the first batch
    assert built.deaths == 1
    (number,) = built.workers
    while not built.schedule.finished:
        (number,) = built.workers
        sent = [message for message in built.workers[number].inbox if message is not None]
        if any(item[0] == b"0" for _, files, _ in sent for item in files):
            assert len(sent) == 1
            assert built.workers[number].segment == []
        built.step(number, full=False)
    assert [item[0] for item in built.schedule.given_up] == [b"0"]
    assert len(built.finished) == 7
