"""Standard output as the command line uses it: bytes in UTF-8 on every system, escapes on terminals only.

Python's text layer would refuse file names that are no UTF-8 and use the code page of a Windows console; so
text goes through `encode` into the binary layer below it.
"""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import IO

CHUNK = 1 << 16
"""Characters collected before they are encoded and written: a write a line takes longer than the search."""

_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\ud800-\udfff]")
_NOT_A_BYTE = re.compile("[\ud800-\udc7f\udd00-\udfff]")


class OutputClosedError(Exception):
    """Whoever read our output went away, as ``head`` does when it has enough."""


class OutputFailedError(Exception):
    """The output cannot be written, a full disk for instance."""


@dataclass(frozen=True, slots=True)
class Look:
    """How results are dressed."""

    terminal: bool = False
    """Headings, snippets, control characters escaped; else one line a match, bytes as they are."""
    colour: bool = False

    def paint(self, codes: str, text: str) -> str:
        """`text` in the colour of the ANSI `codes`, when colours are wanted."""
        return f"\x1b[{codes}m{text}\x1b[0m" if self.colour and text else text

    def clean(self, text: str) -> str:
        """`text` as it may be shown: on a terminal, a file must not be able to send commands to it."""
        return _CONTROL.sub(_escape, text) if self.terminal else text


def look(when: str, environ: Mapping[str, str]) -> Look:
    """The look for the standard output, with colours `when` "auto", "always" or "never"."""
    terminal = sys.stdout is not None and sys.stdout.isatty()
    if when == "auto":
        wanted = terminal and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
    else:
        wanted = when == "always"
    return Look(terminal, wanted and (not terminal or _understands_colours()))


class Output:
    """The standard output.  `write` collects, unless `eager`; `flush` sends what was collected on its way."""

    def __init__(self, stream: IO[bytes] | None = None, *, eager: bool = False) -> None:
        if stream is None:
            if sys.stdout is None:
                raise OutputFailedError("the standard output is closed")
            stream = sys.stdout.buffer
        self._stream = stream
        self._eager = eager
        self._parts: list[str] = []
        self._size = 0

    def write(self, text: str) -> None:
        """Writes `text`, now or later; raises OutputClosedError or OutputFailedError."""
        self._parts.append(text)
        self._size += len(text)
        if self._eager:
            self.flush()
        elif self._size >= CHUNK:
            self._send()

    def lines(self, lines: Iterable[str]) -> None:
        """Writes all `lines`, each with its end."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Writes what was collected; raises OutputClosedError or OutputFailedError."""
        self._send()
        try:
            self._stream.flush()
        except OSError as exc:
            raise _mapped(exc) from exc

    def _send(self) -> None:
        text = "".join(self._parts)
        self._parts.clear()
        self._size = 0
        try:
            self._stream.write(encode(text))
        except OSError as exc:
            raise _mapped(exc) from exc


def encode(text: str) -> bytes:
    """`text` in UTF-8, bytes that came in as lone surrogates as those bytes again."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # surrogates that stand for no byte: names on Windows
        return _NOT_A_BYTE.sub("\ufffd", text).encode("utf-8", "surrogateescape")


def discard_output() -> None:
    """Sends what is still buffered nowhere, so that the interpreter's last flush does not complain."""
    if sys.stdout is None:
        return
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _mapped(exc: OSError) -> Exception:
    # Windows reports a closed pipe as EINVAL.
    if isinstance(exc, BrokenPipeError) or (sys.platform == "win32" and exc.errno == errno.EINVAL):
        return OutputClosedError()
    return OutputFailedError(f"cannot write the output: {exc.strerror}")


def _understands_colours() -> bool:
    """Whether the terminal takes ANSI codes; a Windows console does when it is told to."""
    if sys.platform == "win32":
        import ctypes

        kernel, mode = ctypes.windll.kernel32, ctypes.c_uint32()
        handle = kernel.GetStdHandle(-11)  # STD_OUTPUT_HANDLE
        if not kernel.GetConsoleMode(handle, ctypes.byref(mode)):
            return False
        return bool(kernel.SetConsoleMode(handle, mode.value | 4))  # ENABLE_VIRTUAL_TERMINAL_PROCESSING
    return True
