"""Languages by file name."""

from __future__ import annotations

import pytest

from codelode.text import languages


@pytest.mark.parametrize(
    ("path", "language"),
    [
        (b"a.py", "python"),
        (b"deep/er/a.PY", "python"),
        (b"drivers/net/a.c", "c"),
        (b"a.h", "c"),
        (b"Makefile", "make"),
        (b"Makefile.am", "make"),
        (b"sub/Dockerfile", "dockerfile"),
        (b"Kconfig", "kconfig"),
        (b"Kconfig.debug", "kconfig"),
        (b"CMakeLists.txt", "cmake"),
        (b"go.mod", "gomod"),
        (b".bashrc", "bash"),
        (b"README.md", "markdown"),
        (b"a.tar.gz", ""),
        (b"noextension", ""),
        (b".hidden", ""),
        (b".py", ""),
        (b"a.c/b", ""),
        (b"a.", ""),
        (b"", ""),
        (b"\xff\xfe.rs", "rust"),
    ],
)
def test_of_path(path: bytes, language: str) -> None:
    assert languages.of_path(path) == language


def test_known_are_all_that_can_come() -> None:
    assert {"python", "c", "dockerfile", "kconfig"} <= languages.known()
    assert "" not in languages.known()
    assert len(languages.known()) < 255  # a column of uint8
