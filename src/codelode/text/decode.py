"""Bytes of a file to UTF-8 text: what is binary, and what the others are encoded in.

Everything after this works on valid UTF-8 without a byte order mark, the form that trigrams, words, patterns and
lines share.  Almost every source file already is that, and is passed through without a copy.
"""

from __future__ import annotations

import codecs

from codelode.model import SkipReason

BINARY_PREFIX = 8000
"""git's rule: a NUL in the first 8,000 bytes makes a file binary (buffer_is_binary in xdiff-interface.c)."""


def _latin1_table() -> tuple[bytes, ...]:
    # As browsers and ripgrep's `-E latin1` have it: windows-1252, its five holes as C1 controls.
    return tuple(
        bytes([byte]).decode("cp1252", "ignore").encode() or chr(byte).encode() for byte in range(256)
    )


_LATIN1 = _latin1_table()


def decode(data: bytes) -> bytes | SkipReason:
    """`data` as UTF-8 without a byte order mark, or the reason why it is no text.

    UTF-16 needs its byte order mark.  A line that is no valid UTF-8 is read as Latin-1 (windows-1252), line by
    line, so that one stray byte does not garble the accents of a whole UTF-8 file.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _from_utf16(data)
    if data.find(b"\0", 0, BINARY_PREFIX) >= 0:
        return SkipReason.BINARY
    if data.isascii():
        return data
    if data.startswith(codecs.BOM_UTF8):
        data = data[3:]
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return b"\n".join(map(_line_to_utf8, data.split(b"\n")))
    return data


def _from_utf16(data: bytes) -> bytes | SkipReason:
    try:
        text = data.decode("utf-16").encode("utf-8")
    except UnicodeDecodeError:
        return SkipReason.UNDECODABLE
    return SkipReason.BINARY if text.find(b"\0", 0, BINARY_PREFIX) >= 0 else text


def _line_to_utf8(line: bytes) -> bytes:
    if line.isascii():
        return line
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return b"".join(_LATIN1[byte] for byte in line)
    return line
