"""Sorting on this processor is not slowed down by the instructions that numpy chooses."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from codelode import cpu

VARIABLE = "NPY_DISABLE_CPU_FEATURES"
SHOW = "from codelode import cpu; cpu.prepare(); import numpy, os; print(os.environ.get('NPY_DISABLE_CPU_FEATURES'))"


def clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != VARIABLE}


def test_numpy_takes_what_is_asked_of_it_without_a_word() -> None:
    wanted = {**clean(), VARIABLE: cpu._AVX512}
    done = subprocess.run(
        [sys.executable, "-c", "import numpy; print(numpy.sort(numpy.array([2, 1], 'u4')))"],
        env=wanted, capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("[1 2]\n", "")


def test_it_is_asked_on_amd_only() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SHOW], env=clean(), capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout.strip() == (cpu._AVX512 if cpu._is_amd() else "None")


def test_the_users_word_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "AVX2")
    assert cpu.environment() == {}
