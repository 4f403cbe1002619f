"""When a server is asked again."""

from __future__ import annotations

from datetime import UTC, datetime

from codelode.embed.retrying import FIRST_SECONDS, MOST_SECONDS, RateLimit, Retries


def test_waits_double_up_to_a_bound_and_chance_takes_up_to_half_off():
    retries = Retries(20, 100)
    assert [retries.delay(failed, "", 1.0) for failed in (1, 2, 3)] == [0.5, 1.0, 2.0]
    assert retries.delay(1, "", 0.0) == FIRST_SECONDS / 2
    assert retries.delay(15, "", 1.0) == MOST_SECONDS


def test_the_server_s_wish_counts_as_seconds_or_as_a_date():
    retries = Retries(5, 100)
    now = datetime(2026, 11, 21, 10, 0, 0, tzinfo=UTC)
    assert retries.delay(1, "7", 0.0) == 7
    assert retries.delay(1, "Sat, 21 Nov 2026 10:00:09 GMT", 0.0, now) == 9
    assert retries.delay(1, "Sat, 21 Nov 2026 09:00:00 GMT", 0.0, now) == 0
    assert retries.delay(1, "soon", 1.0) == FIRST_SECONDS


def test_giving_up():
    assert Retries(3, 100).delay(3, "", 0.5) is None
    assert Retries(3, 5).delay(1, "6", 0.5) is None


class Clock:
    def __init__(self):
        self.now, self.slept = 100.0, []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(round(seconds, 6))
        self.now += seconds


def test_requests_are_spaced_evenly():
    clock = Clock()
    limit = RateLimit(60, clock, clock.sleep)
    limit.wait()
    limit.wait()
    clock.now += 0.25
    limit.wait()
    clock.now += 10
    limit.wait()
    limit.wait()
    assert clock.slept == [1.0, 0.75, 1.0]


def test_no_limit_never_waits():
    clock = Clock()
    limit = RateLimit(0, clock, clock.sleep)
    for _ in range(3):
        limit.wait()
    assert clock.slept == []
