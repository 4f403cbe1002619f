"""References on real trees: roles, order, paging, files that changed, names at the borders of words."""

from __future__ import annotations

from pathlib import Path

import pytest

from codelode.app import Index
from codelode.model import Reference, Role, SearchOptions, SearchStats
from codelode.search.mentions import NameMatcher
from codelode.search.references import estimate_total, find_references
from codelode.search.source import Sources
from codelode.settings import Settings


def refs(root: Path, name: str, stats: SearchStats | None = None, **more: object) -> list[Reference]:
    stats = stats or SearchStats()
    options = more.pop("options", SearchOptions(all_matches=True))
    assert isinstance(options, SearchOptions)
    with Index(root, Settings(jobs=1), index_dir=".codelode") as index:
        if not (root / ".codelode").exists():
            index.refresh()
        sources = Sources(stats, 1 << 30)
        return list(find_references(index._current(), name, options, sources, stats, **more))  # type: ignore[arg-type]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "a.py").write_text(
        "def foo():\n    return foo\n\nclass A:\n    def bar(self):\n        é = foo(); foo()\n"
    )
    (tmp_path / "b.c").write_text(
        "/* foo */\n#define B(x) foo(x)\nstatic int foo(int a)\n{\n\treturn foo(a);\n}\n"
    )
    (tmp_path / "c.txt").write_text("foo, food and a.foo\n")
    return tmp_path


def test_roles_places_and_the_definitions_around(tree: Path) -> None:
    found = refs(tree, "foo")
    assert [(one.path, one.line, one.column, one.role.value, one.symbol) for one in found] == [
        ("a.py", 1, 5, "definition", ""),
        ("a.py", 2, 12, "read", "foo"),
        ("a.py", 6, 13, "call", "A.bar"),
        ("a.py", 6, 20, "call", "A.bar"),
        ("b.c", 1, 4, "comment", ""),
        ("b.c", 2, 14, "call", "B"),
        ("b.c", 3, 12, "definition", ""),
        ("b.c", 5, 9, "call", "foo"),
        ("c.txt", 1, 1, "text", ""),
        ("c.txt", 1, 17, "text", ""),
    ]
    assert found[2].text == "        é = foo(); foo()"
    assert found[2].language == "python"


def test_only_the_roles_that_are_asked_for(tree: Path) -> None:
    found = refs(tree, "foo", roles={Role.CALL})
    assert [(one.path, one.line) for one in found] == [("a.py", 6), ("a.py", 6), ("b.c", 2), ("b.c", 5)]


def test_pages_follow_each_other(tree: Path) -> None:
    whole = refs(tree, "foo")
    pages = [refs(tree, "foo", offset=at, options=SearchOptions(limit=3)) for at in range(0, 12, 3)]
    assert [one for page in pages for one in page] == whole


def test_a_popular_name_is_read_as_far_as_it_is_shown(tmp_path: Path) -> None:
    padding = "padding = that + fills - a * batch\n" * 2000
    for number in range(40):
        (tmp_path / f"{number:02}.py").write_text(f"popular()\n{padding}popular()\n")
    stats = SearchStats()
    found = refs(tmp_path, "popular", stats, options=SearchOptions(limit=5))
    assert len(found) == 5
    assert stats.candidates == 40
    assert stats.files_read < 40
    assert estimate_total(stats) == 80
    assert estimate_total(SearchStats()) == 0


def test_the_last_part_of_a_qualified_name_is_looked_for(tree: Path) -> None:
    assert refs(tree, "A.bar") == refs(tree, "bar")
    assert len(refs(tree, "x::foo")) == 10


def test_a_file_that_changed_since_is_read_as_it_is_now(tree: Path) -> None:
    refs(tree, "foo")
    text = "int x;\nint q(void)\n{\n\treturn foo(1);\n}\n/* foo */\n#define B(x) foo(x)\nstatic int foo(int a)\n{\n}\n"
    (tree / "b.c").write_text(text)
    found = [(one.line, one.role.value, one.symbol) for one in refs(tree, "foo") if one.path == "b.c"]
    assert found == [(4, "call", "q"), (6, "comment", ""), (7, "call", "B"), (8, "definition", "")]


def test_a_file_too_large_to_parse_has_text_only(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("foo()\n" * 100)
    with Index(tmp_path, Settings(jobs=1, max_parsed_bytes=100), index_dir=".codelode") as index:
        index.refresh()
    assert {one.role for one in refs(tmp_path, "foo")} == {Role.TEXT}


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("foo", "foo food a_foo foo1 (foo) foo", [(0, 3), (21, 24), (26, 29)]),
        ("foo", "éfoo fooé —foo→", [(15, 18)]),
        ("$foo", "$foo a$foo", [(0, 4), (6, 10)]),
        ("é", "é éa aé", [(0, 2)]),
    ],
)
def test_words(name: str, text: str, expected: list[tuple[int, int]]) -> None:
    matcher = NameMatcher.of(name.encode())
    assert matcher.find_all(text.encode()) == expected
    assert matcher.matches(text.encode())
    assert not matcher.matches(b"nothing")
