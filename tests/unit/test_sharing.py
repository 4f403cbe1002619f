"""Work that several threads want at the same time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from codelode.sharing import Shared, lazy, once


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as pool:
        yield pool


class Clock:
    """Tells a time that a test sets; a look at it lasts until the test lets it end."""

    def __init__(self) -> None:
        self.time, self.looks = 0, 0
        self.looking, self.open = threading.Semaphore(0), threading.Semaphore(0)
        self.inside = threading.Lock()

    def __call__(self) -> int:
        assert self.inside.acquire(blocking=False), "two looks at once"
        seen = self.time
        self.looks += 1
        self.looking.release()
        assert self.open.acquire(timeout=30)
        self.inside.release()
        if seen < 0:
            raise KeyboardInterrupt if seen == -1 else ValueError("no time")
        return seen + 1


def test_nobody_is_told_what_was_seen_before_the_question(threads: ThreadPoolExecutor) -> None:
    clock = Clock()
    shared = Shared(clock)
    first = threads.submit(shared)
    assert clock.looking.acquire(timeout=30)
    clock.time = 7
    later = [threads.submit(shared) for _ in range(10)]
    clock.open.release()
    assert first.result(timeout=30) == 1
    for _ in range(10):
        clock.open.release()
    assert [future.result(timeout=30) for future in later] == [8] * 10
    assert 2 <= clock.looks <= 11


def test_those_that_wait_share_one_look(threads: ThreadPoolExecutor) -> None:
    clock, asked = Clock(), threading.Semaphore(0)
    shared = Shared(clock)

    def ask() -> int:
        asked.release()
        return shared()

    first = threads.submit(ask)
    assert clock.looking.acquire(timeout=30)
    later = [threads.submit(ask) for _ in range(15)]
    for _ in range(16):
        assert asked.acquire(timeout=30)
    time.sleep(0.1)  # the last to have asked may still be on its way in
    clock.open.release(20)
    assert [future.result(timeout=30) for future in (first, *later)] == [1] * 16
    assert clock.looks < 8


def test_an_error_is_everybodys_once(threads: ThreadPoolExecutor) -> None:
    clock = Clock()
    shared = Shared(clock)
    clock.time = -2
    clock.open.release(20)
    for future in [threads.submit(shared) for _ in range(5)]:
        assert isinstance(future.exception(timeout=30), ValueError)
    clock.time = 3
    assert shared() == 4


def test_an_interrupted_look_is_taken_again(threads: ThreadPoolExecutor) -> None:
    clock = Clock()
    shared = Shared(clock)
    clock.time = -1
    first = threads.submit(shared)
    assert clock.looking.acquire(timeout=30)
    clock.time = 5
    others = [threads.submit(shared) for _ in range(5)]
    clock.open.release(20)
    assert isinstance(first.exception(timeout=30), KeyboardInterrupt)
    assert [future.result(timeout=30) for future in others] == [6] * 5


class Book:
    """Two properties, of which one needs the other."""

    def __init__(self, gate: threading.Event) -> None:
        self._gate = gate
        self.computed: list[str] = []

    @once
    def pages(self) -> list[int]:
        """Numbers."""
        assert self._gate.wait(30)
        self.computed.append("pages")
        return [1, 2, 3]

    @once
    def length(self) -> int:
        self.computed.append("length")
        return len(self.pages)


def test_a_property_is_computed_once(threads: ThreadPoolExecutor) -> None:
    gate, opened = threading.Event(), threading.Event()
    opened.set()
    slow, quick = Book(gate), Book(opened)
    asking = [threads.submit(lambda: (slow.length, slow.pages)) for _ in range(15)]
    assert quick.length == 3, "nobody waits for another object"
    gate.set()
    found = [future.result(timeout=30) for future in asking]
    assert slow.computed == ["length", "pages"]
    assert len({id(pages) for _, pages in found}) == 1
    assert slow.__dict__["length"] == 3, "an attribute like any other from now on"


def test_a_property_that_cannot_be_computed_is_tried_again() -> None:
    class Door:
        locked = True

        @once
        def room(self) -> str:
            """What is behind it."""
            if self.locked:
                raise PermissionError
            return "a room"

    door = Door()
    for _ in range(2):
        with pytest.raises(PermissionError):
            _ = door.room
    door.locked = False
    assert door.room == "a room"
    assert Door.room.__doc__ == "What is behind it."


def test_a_lazy_property_keeps_no_other_object_waiting(threads: ThreadPoolExecutor) -> None:
    class Text:
        def __init__(self, gate: threading.Event) -> None:
            self._gate = gate
            self.times = 0

        @lazy
        def words(self) -> list[str]:
            """All of them."""
            assert self._gate.wait(30)
            self.times += 1
            return ["a", "b"]

    gate, opened = threading.Event(), threading.Event()
    opened.set()
    slow, quick = Text(gate), Text(opened)
    asking = threads.submit(lambda: slow.words)
    assert quick.words is quick.words
    gate.set()
    assert asking.result(timeout=30) == ["a", "b"]
    assert (quick.times, slow.times, Text.words.__doc__) == (1, 1, "All of them.")
