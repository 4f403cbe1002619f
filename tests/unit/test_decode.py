"""What is text, and what it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode.model import SkipReason
from codelode.text.decode import BINARY_PREFIX, decode

UMLAUT = "Größe ümlaut\n"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", b""),
        (b"plain\r\n", b"plain\r\n"),
        (UMLAUT.encode(), UMLAUT.encode()),
        (b"\xef\xbb\xbf" + UMLAUT.encode(), UMLAUT.encode()),
        (b"\xef\xbb\xbf", b""),
        (UMLAUT.encode("utf-16"), UMLAUT.encode()),
        (b"\xfe\xff" + UMLAUT.encode("utf-16-be"), UMLAUT.encode()),
        (b"\xff\xfe", b""),
        (UMLAUT.encode("latin-1"), UMLAUT.encode()),
        (b"euro \x80 and \x81\n", "euro \u20ac and \x81\n".encode()),
        # One stray byte does not garble the other lines.
        (UMLAUT.encode() + b"stray \xe9\n" + UMLAUT.encode(), (UMLAUT + "stray é\n" + UMLAUT).encode()),
        (b"\xef\xbb\xbfmark and \xe9", "mark and é".encode()),
    ],
)
def test_texts(data: bytes, text: bytes) -> None:
    assert decode(data) == text


def test_binary_is_a_nul_in_the_first_8000_bytes() -> None:
    assert decode(b"a" * (BINARY_PREFIX - 1) + b"\0") is SkipReason.BINARY
    late = b"a" * BINARY_PREFIX + b"\0"
    assert decode(late) == late
    assert decode("nul \0 here".encode("utf-16")) is SkipReason.BINARY


def test_utf16_that_is_none() -> None:
    assert decode(b"\xff\xfea") is SkipReason.UNDECODABLE
    assert decode(b"\xff\xfe\x00\xd8a\0") is SkipReason.UNDECODABLE


@given(st.binary(max_size=200))
def test_the_result_is_utf8_whatever_comes(data: bytes) -> None:
    text = decode(data)
    if isinstance(text, bytes):
        text.decode("utf-8")
        if not data.startswith((b"\xff\xfe", b"\xfe\xff")):
            assert text.count(b"\n") == data.count(b"\n")


@given(
    st.text(
        alphabet=st.characters(exclude_characters="\0\ufeff\ufffe", exclude_categories=["Cs"]), max_size=50
    )
)
def test_every_encoding_says_the_same(text: str) -> None:
    expected = text.encode()
    assert decode(expected) == expected
    assert decode(b"\xef\xbb\xbf" + expected) == expected
    assert decode(b"\xff\xfe" + text.encode("utf-16-le")) == expected
