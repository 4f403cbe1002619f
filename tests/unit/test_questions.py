"""What an index answers about structure, beside the example in the docstring."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from trees import write_tree

from codelode.app import Index
from codelode.errors import QueryError
from codelode.model import Role

FILES: dict[str, str | bytes] = {
    ".gitignore": "ignored.py\n",
    "a.py": "def twice(n):\n    return n + n\n\n\ndef main():\n    twice(1); twice(2)\n    # twice\n",
    "ignored.py": "def unseen():\n    pass\n",
    "data.toml": "[tool]\nname = 1\n",
    "latin.c": "int caf\xe9(void) { return 0; }\n".encode("latin-1"),
    "notes.rst": "twice\n",
    "other.nosuch": "twice\n",
    "sub/b.py": "from a import twice\n\n\nclass B:\n    def twice(self):\n        return 2\n",
    "tests/test_a.py": "def twice():\n    pass\n",
}


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index(write_tree(tmp_path / "tree", FILES), index_dir=str(tmp_path / "index")) as index:
        index.refresh()
        yield index


def names(index: Index, path: str = "", **more: object) -> list[str]:
    return [f"{one.path}:{one.qualified}" for one in index.outline(path, **more)]  # type: ignore[arg-type]


def test_outlines_of_folders_and_files(index: Index) -> None:
    assert names(index) == [
        "a.py:twice", "a.py:main", "latin.c:café", "sub/b.py:B", "sub/b.py:B.twice", "tests/test_a.py:twice",
    ]  # fmt: skip
    assert names(index, "sub") == names(index, Path(index.root, "sub")) == ["sub/b.py:B", "sub/b.py:B.twice"]
    assert names(index, "", kinds=["class"], globs=["sub/"]) == ["sub/b.py:B"]
    assert names(index, "", languages=["c"]) == ["latin.c:café"]
    assert names(index, "ignored.py") == ["ignored.py:unseen"]
    assert names(index, "data.toml") == ["data.toml:tool", "data.toml:tool.name"]
    assert names(index, "notes.rst") == []


def test_outlines_are_of_the_files_as_they_are_now(index: Index) -> None:
    Path(index.root, "a.py").write_text("X = 1\n\n\ndef added():\n    pass\n")
    assert names(index, "a.py") == ["a.py:X", "a.py:added"]
    assert names(index, "", globs=["a.py"]) == ["a.py:X", "a.py:added"]
    Path(index.root, "sub", "b.py").unlink()
    assert names(index, "sub") == []


@pytest.mark.parametrize(
    ("path", "message"),
    [("../x.py", "is not inside"), ("/", "is not inside"), ("gone.py", "gone.py: No such file")],
)
def test_outlines_that_cannot_be(index: Index, path: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        list(index.outline(path))


def test_unknown_kinds_are_refused(index: Index) -> None:
    for ask in (
        lambda: index.outline(kinds=["klass"]),
        lambda: index.definitions("twice", kinds=["klass"]),
        lambda: index.symbols("twice", kinds=["klass"]),
    ):
        with pytest.raises(QueryError, match="no kind of definition is called 'klass'"):
            ask()


def test_definitions_own_code_first(index: Index) -> None:
    found = index.definitions("twice")
    assert [(one.path, one.qualified) for one in found] == [
        ("a.py", "twice"), ("sub/b.py", "B.twice"), ("tests/test_a.py", "twice"),
    ]  # fmt: skip
    assert [one.path for one in index.definitions("twice", kinds=["method"])] == ["sub/b.py"]
    assert [one.path for one in index.definitions("twice", under=[b"tests"])] == ["tests/test_a.py"]
    assert [one.path for one in index.definitions("B.twice")] == ["sub/b.py"]
    assert index.definitions("twic") == []
    assert index.source(found[1]) == "    def twice(self):\n        return 2"


def test_references_by_role_and_page(index: Index) -> None:
    every = list(index.references("twice"))
    assert [(one.path, one.line, one.role) for one in every] == [
        ("a.py", 1, Role.DEFINITION),
        ("a.py", 6, Role.CALL),
        ("a.py", 6, Role.CALL),
        ("a.py", 7, Role.COMMENT),
        ("notes.rst", 1, Role.TEXT),
        ("other.nosuch", 1, Role.TEXT),
        ("sub/b.py", 1, Role.IMPORT),
        ("sub/b.py", 5, Role.DEFINITION),
        ("tests/test_a.py", 1, Role.DEFINITION),
    ]
    pages = [list(index.references("twice", limit=2, offset=offset)) for offset in range(0, 10, 2)]
    assert [one for page in pages for one in page] == every
    calls = index.references("twice", roles=["call"], prose=False)
    assert [one.column for one in calls] == [5, 15]
    assert not calls.more
    assert (calls.total, calls.roles[Role.COMMENT], calls.in_prose) == (9, 1, 2)
    first = index.references("twice", limit=1)
    assert len(list(first)) == 1
    assert first.more
    assert first.total >= 2
    assert first.stats.elapsed_ms > 0


def test_calls_are_counted_and_cut(index: Index) -> None:
    found = index.callers("twice", under=[b"a.py"])
    assert [(edge.line, edge.column) for edge in found] == [(6, 5), (6, 15)]
    assert (len(found.definitions), found.stats.partial) == (3, False)
    cut = index.callers("twice", limit=1)
    assert (len(cut), cut.stats.partial) == (1, True)
    assert not index.callers("twice", languages=["c"]).edges
    assert [edge.callee_name for edge in index.callees("main")] == ["twice", "twice"]
    assert index.callees("nothing").definitions == ()
    assert [one.qualified for one in index.impact("sub/b.py").definitions] == ["B", "B.twice"]


def test_states_are_counted(index: Index) -> None:
    assert index.structure_states() == {"none": 4, "parsed": 4}
