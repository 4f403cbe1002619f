"""Numbers as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode.surfaces import figures


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (9_949, "9.9 kB"),
        (9_950, "10 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (947_000_000, "947 MB"),
        (999_999_999, "1.0 GB"),
        (1_300_000_000, "1.3 GB"),
        (1_300_000_000_000, "1300 GB"),
    ],
)
def test_size(number, text):
    assert figures.size(number) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0031, "3.1 ms"),
        (0.0994, "99.4 ms"),
        (0.0996, "0.10 s"),
        (0.62, "0.62 s"),
        (0.996, "1.0 s"),
        (12.94, "12.9 s"),
        (119.9, "119.9 s"),
        (250.2, "4 min 10 s"),
        (7199.6, "2 h 0 min"),
        (10_920, "3 h 2 min"),
        (172_800, "2 days"),
    ],
)
def test_duration(seconds, text):
    assert figures.duration(seconds) == text


def test_count_and_rate():
    assert figures.count(75012, "file") == "75,012 files"
    assert figures.count(1, "file") == "1 file"
    assert figures.count(0, "hit") == "0 hits"
    assert figures.count(1234) == "1,234"
    assert figures.rate(947_000_000, 12.9) == "73 MB/s"
    assert figures.rate(0, 1.0) == figures.rate(5, 0.0) == ""


@given(st.integers(0, 10**13))
def test_size_is_right_to_five_percent(number):
    value, unit = figures.size(number).split()
    factor = {"byte": 1, "bytes": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9}[unit]
    assert abs(float(value) * factor - number) <= 0.05 * number
