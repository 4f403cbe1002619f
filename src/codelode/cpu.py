"""What the processor wants of libraries that choose their code by it.  Read before they are imported."""

from __future__ import annotations

import os
import sys

_NUMPY_SETTING = "NPY_DISABLE_CPU_FEATURES"
_AVX512 = "X86_V4 AVX512F AVX512_SKX AVX512_ICL"
"""numpy's names for AVX-512: the first since 2.4, the others before; it passes over those it does not know."""


def environment() -> dict[str, str]:
    """Environment variables for a process that will import numpy.

    Its AVX-512 sort stores with masks, which AMD's processors do in microcode: 50 M integers a second on a Zen 4,
    300 M with AVX2.  A build sorts every trigram, and takes a fifth less time without.
    """
    return {_NUMPY_SETTING: _AVX512} if _is_amd() and _NUMPY_SETTING not in os.environ else {}


def prepare() -> None:
    """Set those variables in this process, unless numpy is there already."""
    if "numpy" not in sys.modules:
        os.environ.update(environment())


def _is_amd() -> bool:
    if sys.platform == "win32":
        return "AuthenticAMD" in os.environ.get("PROCESSOR_IDENTIFIER", "")
    try:
        with open("/proc/cpuinfo", "rb") as file:  # noqa: PTH123  start-up does not pay for pathlib
            return b"AuthenticAMD" in file.read(400)
    except OSError:  # macOS: no AMD there
        return False
