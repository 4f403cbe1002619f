"""Jobs side by side, and not waiting for those that take too long."""

from __future__ import annotations

import threading
from time import monotonic

import pytest

from codelode.threads import run_all


def test_all_run_and_no_more_than_wanted_at_a_time() -> None:
    here, most, done = 0, 0, []
    lock = threading.Lock()
    both = threading.Barrier(2)

    def job(number: int) -> None:
        nonlocal here, most
        with lock:
            here += 1
            most = max(most, here)
        both.wait(10)  # only goes on when two are here
        with lock:
            here -= 1
            done.append(number)

    run_all([lambda n=n: job(n) for n in range(6)], most=2)
    assert (sorted(done), most) == (list(range(6)), 2)


def test_nothing_to_do() -> None:
    run_all([], most=3, until=monotonic())


def test_who_waits_hears_how_far_it_is() -> None:
    told: list[int] = []
    run_all([lambda: None] * 3, most=1, tell=told.append)
    assert told[-1] == 3
    assert told == sorted(told)


def test_the_deadline_leaves_the_rest_undone() -> None:
    go, begun, ended = threading.Event(), [], threading.Event()

    def slow(number: int) -> None:
        begun.append(number)
        go.wait(10)
        ended.set()

    run_all([lambda n=n: slow(n) for n in range(5)], most=1, until=monotonic() + 0.05)
    assert begun == [0]
    go.set()
    assert ended.wait(10), "what had begun goes on"
    run_all([lambda: begun.append(99)], most=1)
    assert begun == [0, 99], "what had not begun never does"


def test_a_job_that_fails_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    done, shown = [], []
    monkeypatch.setattr(threading, "excepthook", lambda args: shown.append(str(args.exc_value)))

    def fail() -> None:
        raise ValueError("unforeseen")

    run_all([fail, lambda: done.append(1)], most=1)
    assert (done, shown) == ([1], ["unforeseen"])
