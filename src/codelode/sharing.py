"""Work that several threads want done at the same time, done once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

T = TypeVar("T")


class Flight(Generic[T]):
    """Something that one thread computes and others wait for."""

    __slots__ = ("_done", "_error", "_result")

    def __init__(self) -> None:
        self._done = threading.Event()
        self._result: T | None = None
        self._error: Exception | None = None

    def run(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises, here and in those that wait."""
        try:
            self._result = work()
        except Exception as exc:
            self._error = exc
            raise
        else:
            return self._result
        finally:
            self._done.set()

    def end(self) -> None:
        """Nobody waits any more, whether it ran or not."""
        self._done.set()

    def wait(self) -> T | None:
        """What was computed; None when the thread that was to compute it has been interrupted."""
        self._done.wait()
        if self._error is not None:
            raise self._error
        return self._result


class Shared(Generic[T]):
    """A look at something that changes: called by many threads at once it is taken once for all that wait, and never
    before the call.

    Without it they queue for a lock, and each that gets it lets go of the interpreter in every system call and has to
    queue for that too: of 64 threads that searched, 44 stood there.
    """

    def __init__(self, look: Callable[[], T]) -> None:
        """`look` never runs twice at once, and returns something other than None."""
        self._look = look
        self._lock, self._looking = threading.Lock(), threading.Lock()
        self._next: Flight[T] | None = None

    def __call__(self) -> T:
        """What a look that begins now, or will, finds; raises what that raises."""
        while True:
            own: Flight[T] = Flight()
            try:
                with self._lock:
                    flight = self._next = self._next or own
                if flight is own:
                    with self._looking:
                        with self._lock:
                            self._next = None  # who comes from now on may know of something newer
                        return own.run(self._look)
            finally:  # whatever interrupts this thread, and wherever
                with self._lock:
                    if self._next is own:
                        self._next = None
                own.end()
            found = flight.wait()
            if found is not None:
                return found


class lazy(Generic[T]):  # noqa: N801  used like functools.cached_property
    """A property that is computed when it is first asked for, of objects that one thread uses.

    `functools.cached_property` of Python 3.11 keeps all other objects of the class waiting meanwhile: of 64 threads
    that searched, 16 waited for each other to list the words of texts that they did not share.  Afterwards it is an
    attribute like any other.
    """

    def __init__(self, compute: Callable[[Any], T]) -> None:
        """`compute` may ask for other such properties of its object."""
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: object | None, owner: type) -> Self | T:
        return self if instance is None else self._found(instance)

    def _found(self, instance: object) -> T:
        found = instance.__dict__[self._name] = self._compute(instance)
        return found


class once(lazy[T]):  # noqa: N801
    """The same, of objects that threads share: computed by one, while those wait who ask the same object.

    From Python 3.12 on `functools.cached_property` computes in every thread that asks early: 64 of them would list the
    files of a large index 64 times.
    """

    def _found(self, instance: object) -> T:
        known = instance.__dict__
        with known.setdefault(_LOCK, threading.RLock()):  # one lock, whoever came first: setdefault is atomic
            if self._name not in known:
                known[self._name] = self._compute(instance)
            found: T = known[self._name]
            return found


_LOCK = "_once_lock"
