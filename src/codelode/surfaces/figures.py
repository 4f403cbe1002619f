"""Numbers as people read them."""

from __future__ import annotations

_STEPS = (("GB", 10**9), ("MB", 10**6), ("kB", 10**3))


def count(number: int, noun: str = "") -> str:
    """``75,012``; with a noun ``75,012 files``, ``1 file``."""
    text = f"{number:,}"
    return f"{text} {noun}{'' if number == 1 else 's'}" if noun else text


def size(number: int) -> str:
    """Bytes in powers of ten, as disks are sold: ``947 MB``, ``1.3 GB``, ``12 bytes``."""
    for index, (unit, step) in enumerate(_STEPS):
        if number >= step:
            if round(number / step) == 1000 and index:
                unit, step = _STEPS[index - 1]
            value = number / step
            return f"{value:.1f} {unit}" if value < 9.95 else f"{value:.0f} {unit}"
    return count(number, "byte")


def duration(seconds: float) -> str:
    """``3.1 ms``, ``0.62 s``, ``12.9 s``, ``4 min 10 s``, ``3 h 2 min``, ``5 days``."""
    if seconds < 0.0995:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 0.995:
        return f"{seconds:.2f} s"
    if seconds < 119.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 7200:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 172_800:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return count(whole // 86_400, "day")


def rate(number: int, seconds: float) -> str:
    """Bytes a second: ``73 MB/s``; empty when there is nothing to divide."""
    return f"{size(round(number / seconds))}/s" if number and seconds > 0 else ""
