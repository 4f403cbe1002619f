"""Cutting texts into chunks."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from codelode.text import chunks
from codelode.text.chunks import MINIFIED_BYTES, MINIFIED_LINE, TARGET_BYTES

lines = st.lists(st.integers(0, 900).map(lambda n: b"x" * n + b"\n"), min_size=1, max_size=40)


def naive(text: bytes) -> list[tuple[int, int]]:
    """(first byte, first line) of each chunk: a line opens one when it begins in another bucket."""
    found, at, bucket = [], 0, -1
    for number, line in enumerate(text.split(b"\n"), 1):
        if at < len(text) and at // TARGET_BYTES != bucket:
            bucket = at // TARGET_BYTES
            found.append((at, number))
        at += len(line) + 1
    return found


@given(st.lists(lines.map(b"".join), min_size=1, max_size=6), st.booleans())
def test_chunks_of_several_texts_are_those_of_each(texts: list[bytes], ended: bool) -> None:
    if not ended:
        texts[-1] = texts[-1][:-1] + b"end"
    starts = np.cumsum([0, *[len(text) for text in texts[:-1]]])
    cut = chunks.cut(b"".join(texts), starts)
    expected = [
        (index, int(starts[index]) + at, line) for index, text in enumerate(texts) for at, line in naive(text)
    ]
    assert list(zip(cut.texts.tolist(), cut.starts.tolist(), cut.lines.tolist(), strict=True)) == expected


@given(lines.map(b"".join))
def test_chunks_are_whole_lines_and_not_long(text: bytes) -> None:
    cut = chunks.cut(text, np.zeros(1, np.int64))
    assert cut.starts[0] == 0
    for start in cut.starts.tolist():
        assert start == 0 or text[start - 1 : start] == b"\n"
    sizes = np.diff([*cut.starts.tolist(), len(text)])
    assert (sizes > 0).all()
    assert sizes.max() < 2 * TARGET_BYTES + 900


def test_nothing_has_no_chunks() -> None:
    cut = chunks.cut(b"", np.zeros(0, np.int64))
    assert (cut.starts.size, cut.lines.size, cut.texts.size) == (0, 0, 0)


def test_minified() -> None:
    assert chunks.is_minified(b"x" * MINIFIED_BYTES)
    assert not chunks.is_minified(b"x" * (MINIFIED_BYTES - 1))
    assert not chunks.is_minified((b"x" * (MINIFIED_LINE - 1) + b"\n") * 20)
    assert chunks.is_minified((b"x" * (2 * MINIFIED_LINE) + b"\n") * 20)
