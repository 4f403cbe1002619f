"""Cutting texts into chunks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from codelode.text import chunks
from codelode.text.chunks import MINIFIED_BYTES, MINIFIED_LINE, OWN_BYTES, TARGET_BYTES, cut

lines = st.lists(st.integers(0, 900).map(lambda n: b"x" * n + b"\n"), min_size=1, max_size=40).map(b"".join)


def spans_of(draw_from: list[int], size: int) -> list[tuple[int, int]]:
    """Spans between neighbours of a sorted list of offsets."""
    offsets = sorted(min(offset, size) for offset in draw_from)
    return [(a, b) for a, b in zip(offsets, offsets[1:], strict=False) if b > a]


@given(lines, st.lists(st.integers(0, 20_000), max_size=12), st.booleans())
def test_chunks_are_whole_lines_and_none_is_too_long(text: bytes, offsets: list[int], ended: bool) -> None:
    if not ended:
        text = text[:-1] + b"end"
    starts = cut(text, spans_of(offsets, len(text)))
    assert starts[0] == 0
    assert all(a < b for a, b in zip(starts, starts[1:], strict=False))
    assert starts[-1] < len(text)
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        assert start == 0 or text[start - 1 : start] == b"\n"
        inside = text[start : end - 1].count(b"\n")
        assert end - start <= TARGET_BYTES or inside <= 1, "a chunk above the target is a long line"


def test_nothing_has_no_chunks() -> None:
    assert cut(b"") == []


def function(name: str, size: int) -> bytes:
    head = f"int {name}(void)\n{{\n".encode()
    return head + b"\twork();\n" * ((size - len(head) - 2) // 9) + b"}\n"


def laid_out(*parts: bytes | tuple[bytes]) -> tuple[bytes, list[tuple[int, int]]]:
    """A text of `parts` and the spans of those that stand in a tuple."""
    text, spans = b"", []
    for part in parts:
        if isinstance(part, tuple):
            spans.append((len(text), len(text) + len(part[0]) - 1))
            text += part[0]
        else:
            text += part
    return text, spans


def pieces(text: bytes, spans: list[tuple[int, int]]) -> list[bytes]:
    starts = cut(text, spans)
    return [text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]


def test_a_definition_that_fits_is_a_chunk() -> None:
    header = b"#include <stdio.h>\n" * 20
    one, two = function("one", 900), function("two", 1500)
    assert pieces(*laid_out(header, (one,), (two,))) == [header, one, two]


def test_a_short_rest_before_a_definition_belongs_to_it() -> None:
    one = function("one", 900)
    assert pieces(*laid_out(b"static int x;\n", (one,), b"\n")) == [b"static int x;\n" + one, b"\n"]


def test_small_neighbours_share_a_chunk_and_are_not_cut() -> None:
    small = [function(f"f{i}", 400) for i in range(8)]
    assert all(len(part) < OWN_BYTES for part in small)
    found = pieces(*laid_out(*((part,) for part in small)))
    assert found == [b"".join(small[:4]), b"".join(small[4:])]


def test_a_large_definition_is_cut_at_what_is_inside() -> None:
    methods = [function(f"m{i}", 1200) for i in range(3)]
    head, tail = b"class C {\n" + b"  int field;\n" * 30, b"};\n"
    text = head + b"".join(methods) + tail
    spans = [(0, len(text) - 1)]
    at = len(head)
    for method in methods:
        spans.append((at, at + len(method) - 1))
        at += len(method)
    assert pieces(text, spans) == [head, *methods, tail]


def test_a_large_body_is_cut_at_blank_lines() -> None:
    paragraph = b"\tdo_something(with, this);\n" * 30 + b"\n"
    found = pieces(paragraph * 5, [(0, len(paragraph) * 5)])
    assert found == [paragraph, paragraph * 2, paragraph * 2]


def test_definitions_in_one_line_do_not_cut_it() -> None:
    text = b"int f(void) { return 1; } int g(void) { return 2; }\n" * 40
    spans = [(at, at + 26) for at in range(0, len(text), 52)]
    assert all(part.endswith(b"\n") for part in pieces(text, spans))


def test_minified() -> None:
    assert chunks.is_minified(b"x" * MINIFIED_BYTES)
    assert not chunks.is_minified(b"x" * (MINIFIED_BYTES - 1))
    assert not chunks.is_minified((b"x" * (MINIFIED_LINE - 1) + b"\n") * 20)
    assert chunks.is_minified((b"x" * (2 * MINIFIED_LINE) + b"\n") * 20)
