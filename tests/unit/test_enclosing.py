"""Ranked hits name the definition in which they lie."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from trees import fresh, settle, write_tree

from codelode.app import Index

READER = """\
# Reads things.
LIMIT = 10


class Reader:
    \"\"\"Reads one thing.\"\"\"

    # walrus: the comment before a method
    def load(self, source):
        rows = parse(source)
        return rows[:LIMIT]


def parse(text):
    return text.split()
"""


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    root = write_tree(tmp_path / "tree", {"reader.py": READER, "notes.txt": "nothing but walrus rows\n"})
    settle(root)
    with fresh(root, tmp_path / "index") as made:
        yield made


def found(index: Index, query: str, mode: str) -> list[tuple[str, int, str]]:
    hits = index.search(query, mode=mode).hits
    return sorted(
        (hit.path, hit.matches[0].line if hit.matches else hit.start_line, hit.symbol) for hit in hits
    )


@pytest.mark.parametrize("mode", ["exact", "regex"])
def test_lines(index: Index, mode: str) -> None:
    assert found(index, "rows", mode) == [
        ("notes.txt", 1, ""),
        ("reader.py", 10, "Reader.load"),
        ("reader.py", 11, "Reader.load"),
    ]
    assert found(index, "LIMIT = 10", mode) == [("reader.py", 2, "LIMIT")]
    assert found(index, "Reads things", mode) == [("reader.py", 1, "")]
    assert found(index, "Reads one", mode) == [("reader.py", 6, "Reader")]


def test_chunks(index: Index) -> None:
    assert [row[2] for row in found(index, "split", "words")] == ["parse"]
    assert [row[2] for row in found(index, "rows source", "words")] == ["", "Reader.load"]
    # The comment lies between the class's lines: its match is the class's.
    assert ("reader.py", 8, "Reader") in found(index, "walrus", "words")


def test_a_match_in_the_comment_before_a_definition(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {"a.c": "/* the walrus */\nint f(void)\n{\n\treturn 1;\n}\n"})
    with fresh(root, tmp_path / "index") as index:
        assert found(index, "walrus", "words") == [("a.c", 1, "f")]


def test_a_file_that_changed_since_has_none(index: Index, tmp_path: Path) -> None:
    write_tree(tmp_path / "tree", {"reader.py": "# one more line\n" + READER})
    assert [row for row in found(index, "rows", "exact") if row[2]] == []
    assert [row for row in found(index, "split", "words") if row[2]] == []
    index.refresh()
    assert ("reader.py", 11, "Reader.load") in found(index, "rows", "exact")
