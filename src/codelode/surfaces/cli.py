"""The entry of the command line: which command, its exit status, and what goes wrong, in one line each."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

from codelode import cpu
from codelode.errors import BuildInterrupted, CodelodeError, UsageError
from codelode.surfaces.output import (
    Look,
    Output,
    OutputClosedError,
    OutputFailedError,
    discard_output,
)

ERROR = 2
OUTPUT_CLOSED = 128 + 13
"""What a shell reports for a program that SIGPIPE ended: codelode ends as those do, without a word."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command in `argv` (default: of this process) and returns its exit status.

    0 found or done, 1 nothing found, 2 error; 130 after SIGINT, 143 after SIGTERM, 141 when the reader of
    the output went away.
    """
    cpu.prepare()
    with _Signals() as signals:
        try:
            return _run(sys.argv[1:] if argv is None else list(argv))
        except (KeyboardInterrupt, BuildInterrupted) as exc:
            if isinstance(exc, BuildInterrupted):
                _complain(exc)
            return 128 + signals.caught
        except OutputClosedError:
            discard_output()
            return OUTPUT_CLOSED
        except OutputFailedError as exc:
            discard_output()
            _complain(exc)
        except (CodelodeError, OSError) as exc:
            _complain(exc)
        except Exception as exc:
            _complain(exc, "internal error: ")
        return ERROR


def _run(arguments: list[str]) -> int:
    name = arguments[0] if arguments else ""
    if name == "--version":
        output = Output()
        output.write(_version())
        output.flush()
        return 0
    if name in ("--help", "-h", "help"):
        from codelode.surfaces import helping

        helping.give(arguments[1:] if name == "help" else ())
        return 0
    from codelode.surfaces import arguments as grammar

    if name not in grammar.COMMANDS:
        raise UsageError(_unknown(name, list(grammar.COMMANDS)))
    try:
        options = grammar.parse(name, arguments[1:])
    except SystemExit:  # --help was asked for, and given
        return 0
    return _function(name)(options)


def _function(name: str) -> Callable[[Any], int]:
    # Importing numpy starts a BLAS thread a core; nothing here multiplies matrices, and starting them takes 45 ms.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if name in ("search", "batch"):
        from codelode.surfaces import searching

        return {"search": searching.search, "batch": searching.batch}[name]
    if name == "similar":
        from codelode.surfaces.similar import similar

        return similar
    if name in ("outline", "def", "refs", "callers", "callees", "impact"):
        from codelode.surfaces import structure

        return {
            "outline": structure.outline,
            "def": structure.definitions,
            "refs": structure.references,
            "callers": structure.callers,
            "callees": structure.callees,
            "impact": structure.impact,
        }[name]
    if name == "doctor":
        from codelode.surfaces import doctor

        return doctor.doctor
    from codelode.surfaces import commands

    return {
        "index": commands.index,
        "embed": commands.embed,
        "status": commands.status,
        "list": commands.list_,
        "drop": commands.drop,
        "verify": commands.verify,
    }[name]


def _version() -> str:
    from codelode import __version__

    return f"codelode {__version__}\n"


def _unknown(name: str, commands: list[str]) -> str:
    if not name:
        return "a command is missing; see: codelode --help"
    import difflib

    close = difflib.get_close_matches(name, commands, n=1)
    hint = f"did you mean {close[0]!r}?" if close else "see: codelode --help"
    return f"unknown command {name!r}; {hint}"


def _complain(exc: BaseException, kind: str = "") -> None:
    """Says in one line on the standard error what went wrong; with CODELODE_DEBUG=1 also where."""
    if sys.stderr is None:
        return
    if os.environ.get("CODELODE_DEBUG") == "1":
        import traceback

        traceback.print_exception(exc)
    what = f"{type(exc).__name__}: {exc}; CODELODE_DEBUG=1 shows where" if kind else str(exc)
    print(f"codelode: {kind}{Look(terminal=True).clean(what)}", file=sys.stderr)


class _Signals:
    """While it lasts, SIGINT and SIGTERM both raise KeyboardInterrupt: the engine cleans up after either."""

    def __init__(self) -> None:
        self.caught = int(signal.SIGINT)
        self._before: dict[int, Any] = {}

    def __enter__(self) -> _Signals:
        if threading.current_thread() is threading.main_thread():  # others may not touch signals
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) is not signal.SIG_IGN:  # nohup and `&` in scripts stay in force
                    self._before[number] = signal.signal(number, self._raise)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _raise(self, number: int, _: FrameType | None) -> None:
        self.caught = number
        raise KeyboardInterrupt
