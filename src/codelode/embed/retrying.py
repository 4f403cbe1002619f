"""When to ask a server again, and how fast to ask: decisions without I/O."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

FIRST_SECONDS = 0.5
MOST_SECONDS = 30.0
"""Longest wait of our own accord."""

MOST_ASKED_SECONDS = 300.0
"""Longest wait that a server may ask for."""

TRANSIENT = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""Answers after which the same question can do better."""


class Retries(NamedTuple):
    """How patient a caller is."""

    tries: int
    """requests in all"""
    most_seconds: float
    """a wait longer than this is not worth it: the error is told instead"""

    def delay(
        self, failed: int, retry_after: str, chance: float, now: datetime | None = None
    ) -> float | None:
        """Seconds to wait after `failed` requests; None to give up.

        `retry_after` is the server's header, "" for none: it is obeyed.  Else the wait doubles, and `chance` (0 to 1)
        picks a point of it, so that many clients do not come back together ("full jitter", M. Brooker, "Exponential
        Backoff And Jitter", 2015; never less than half here)."""
        if failed >= self.tries:
            return None
        wished = _seconds(retry_after, now)
        if wished is None:
            wished = min(FIRST_SECONDS * 2 ** (failed - 1), MOST_SECONDS) * (0.5 + chance / 2)
        return wished if wished <= self.most_seconds else None


def _seconds(retry_after: str, now: datetime | None) -> float | None:
    """What a Retry-After header asks for (RFC 9110, section 10.2.3: seconds, or a date); None when nothing."""
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max((until - (now or datetime.now(UTC))).total_seconds(), 0.0)


class RateLimit:
    """Spaces requests evenly: at most so many a minute."""

    def __init__(
        self,
        a_minute: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`a_minute` 0 is no limit."""
        self._gap = 60 / a_minute if a_minute else 0.0
        self._clock, self._sleep = clock, sleep
        self._next = clock()

    def wait(self) -> None:
        """Returns when the next request may go."""
        now = self._clock()
        if self._next > now:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + self._gap
