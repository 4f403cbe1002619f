"""Jobs that wait for disks and other processes, side by side in threads that nobody has to wait for."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from time import monotonic

POLL_SECONDS = 0.1
"""How often whoever waits hears how far it is"""


def run_all(
    jobs: Iterable[Callable[[], None]],
    *,
    most: int,
    until: float | None = None,
    tell: Callable[[int], None] | None = None,
) -> bool:
    """Run `jobs`, at most `most` at a time, and wait for them, but no longer than `until` (of `time.monotonic`);
    whether all are done.

    Those that are not done then go on, as long as the process lives; none that has not begun begins any more.  Jobs
    report by side effects; what one raises is shown as that of any thread is.  `tell` is called now and then, and at
    the end, by the thread that waits, with the number of those that are done.
    """
    waiting = list(jobs)[::-1]
    total, done, given_up = len(waiting), 0, False
    changed = threading.Condition()

    def work() -> None:
        nonlocal done
        while True:
            with changed:
                if given_up or not waiting:
                    return
                job = waiting.pop()
            try:
                job()
            except Exception:  # as of any thread; the others are still to be done
                threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread())))
            with changed:
                done += 1
                changed.notify()

    for _ in range(min(most, total)):
        # Daemons: the process may end while a disk that does not answer holds one of them.
        threading.Thread(target=work, daemon=True).start()
    with changed:
        while done < total:
            left = None if until is None else until - monotonic()
            if left is not None and left <= 0:
                given_up = True
                return False
            changed.wait(min(POLL_SECONDS, left) if left is not None else POLL_SECONDS)
            if tell is not None:
                tell(done)
    if tell is not None:
        tell(total)
    return True
