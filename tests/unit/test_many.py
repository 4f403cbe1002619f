"""Several indexes answer as one over all their files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from codelode import Index, Indexes
from codelode.errors import CodelodeError, UsageError
from codelode.settings import Settings
from tests.support.trees import comparable, write_tree

FILES = {
    "api/server.py": "def start_server(port):\n    return listen(port)\n\n\ndef listen(port):\n    return port\n",
    "api/retry.py": "import time\n\n\ndef retry(call, times):\n    # wait longer after each failure\n    for n in range(times):\n        time.sleep(n)\n        call()\n",
    "web/server.js": "function startServer(port) {\n  return listen(port);\n}\n",
    "web/lib/retry.js": "// retry with a backoff\nexport function retry(call) {\n  return call();\n}\n",
    "web/notes.md": "# Notes\n\nThe server listens on a port. Retry when the port is taken.\n",
    "tools/deep/server.c": "int listen(int port);\n\nint start_server(int port)\n{\n\treturn listen(port);\n}\n",
    "tools/words.txt": "port\nport\nserver\nretry port\n",
}
ROOTS = ("api", "web", "tools")

QUESTIONS = [
    ("exact", "port"),
    ("exact", "listen(port)"),
    ("regex", r"(start_?[sS]erver|retry)\("),
    ("words", "listen port"),
    ("words", "retry"),
    ("symbol", "start"),
    ("auto", "start_server"),
]

BY_MEANING = [
    ("hybrid", "wait before the next try"),
    ("hybrid", "start the server"),
    ("semantic", "open a network port"),
]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "tree", FILES)


def opened(tree: Path, *roots: str) -> Indexes:
    indexes = Indexes([tree / root for root in roots or ROOTS])
    indexes.refresh()
    return indexes


@pytest.mark.parametrize(("mode", "query"), QUESTIONS)
def test_the_same_as_of_one_index(tree: Path, mode: str, query: str) -> None:
    with Index(tree) as one, opened(tree) as many:
        one.refresh()
        expected = one.search(query, mode=mode, limit=50)
        found = many.search(query, mode=mode, limit=50)
        assert many.root == str(tree)
        assert expected.hits
        assert comparable(found.hits) == comparable(expected.hits)
        assert found.mode is expected.mode
        assert found.stats.files == expected.stats.files == len(FILES)


@pytest.mark.parametrize(("mode", "query"), BY_MEANING)
def test_the_same_by_meaning_but_for_the_folder_that_a_vector_knows(
    tree: Path, mode: str, query: str
) -> None:
    """A chunk's vector is of its path too, as it is from the root: scores differ a little."""
    with Index(tree) as one, opened(tree) as many:
        one.refresh()
        expected = one.search(query, mode=mode, limit=50).hits
        found = many.search(query, mode=mode, limit=50).hits
        assert [hit[:3] for hit in found] == [hit[:3] for hit in expected]
        assert [hit.score for hit in found] == pytest.approx([hit.score for hit in expected], abs=0.05)


def test_all_matches_come_in_path_order(tree: Path) -> None:
    with Index(tree) as one, opened(tree) as many:
        one.refresh()
        expected = comparable(tuple(one.stream("port", mode="exact")))
        assert comparable(tuple(many.stream("port", mode="exact"))) == expected
        assert comparable(many.search("port", mode="exact", all_matches=True).hits) == expected
