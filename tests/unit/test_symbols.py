"""Mode symbol: tiers, filters, order, and what is shown of a definition."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from trees import fresh, settle, write_tree

from codelode.app import Index
from codelode.errors import QueryError
from codelode.model import Case, Mode, SearchOptions, SearchStats, Symbol
from codelode.search.source import Sources
from codelode.search.symbols import definitions_named, find_symbols

FILES = {
    "app/users.py": '''\
class User:
    """A person.

    With a name.
    """

    LIMIT = 3

    def getUserName(self, first,
                    last):
        'Both names.'
        return first

    def _hidden(self):
        return 1


# Reads one user
# from the file.
def get_user_name(path):
    return User()
''',
    "app/probe.py": "def probe():\n    return 1\n\n\ndef probe_all():\n    return 2\n\n\nPROBE = 3\n",
    "app/deep/er/probe.py": "def probe():\n    return 1\n",
    "tests/test_probe.py": "def probe():\n    return 1\n",
    "vendor/probe.py": "class probe:\n    pass\n",
    "lib/ns.cpp": """\
namespace ns {
class Bar {
 public:
  int size() const { return 1; }
};
}
/* How many
 * there are. */
int ns::Bar::count(int from)
{
  return from;
}
""",
    "lib/table.c": "/** first */\nstruct entry {\n  int key;\n};\n\n#define ENTRY_MAX(a, b) \\\n  ((a) > (b))\n",
    "notes.txt": "probe\n",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    place = tmp_path_factory.mktemp("symbols")
    with fresh(write_tree(place / "tree", FILES), place / "index") as index:
        yield index


def ask(index: Index, query: str, **options: object) -> tuple[list[Symbol], SearchStats]:
    stats = SearchStats()
    wanted = SearchOptions(mode=Mode.SYMBOL, explain=True, **options)  # type: ignore[arg-type]
    sources = Sources(stats, 1 << 20)
    return find_symbols(index._current(), query, wanted, sources, stats), stats


def names(index: Index, query: str, **options: object) -> list[str]:
    return [symbol.qualified for symbol in ask(index, query, **options)[0]]


def places(index: Index, query: str, **options: object) -> list[str]:
    return [f"{symbol.path}:{symbol.line}" for symbol in ask(index, query, **options)[0]]


def test_own_code_comes_before_tests_and_what_is_vendored(index: Index) -> None:
    assert places(index, "probe") == [
        "app/probe.py:1",
        "app/deep/er/probe.py:1",
        "tests/test_probe.py:1",
        "vendor/probe.py:1",
        "app/probe.py:9",
        "app/probe.py:5",
    ]


def test_the_limit_holds_and_tiers_that_are_not_needed_do_not_run(index: Index) -> None:
    found, stats = ask(index, "probe", limit=2)
    assert [symbol.path for symbol in found] == ["app/probe.py", "app/deep/er/probe.py"]
    assert stats.explain == {"tiers": {"exact": 4}}
    assert stats.matches == 4
    assert stats.matched_files == 4
    assert stats.files_read == 2


@pytest.mark.parametrize(
    ("query", "expected", "tier"),
    [
        ("getUserName", ["User.getUserName"], "exact"),
        ("GETUSERNAME", ["User.getUserName"], "any case"),
        ("get_user", ["get_user_name", "User.getUserName"], "prefix, same case"),
        ("getu", ["User.getUserName"], "prefix"),
        ("gUN", ["User.getUserName", "get_user_name"], "humps"),
        ("g_n", ["User.getUserName", "get_user_name"], "humps"),
        ("geUsNa", ["User.getUserName", "get_user_name"], "humps"),
        ("GUN", ["User.getUserName", "get_user_name"], "humps"),
        ("username", ["User.getUserName"], "substring"),
        ("getUserNmae", ["User.getUserName"], "typos"),
        ("gteusernam", ["User.getUserName"], "typos"),
        ("Usr", ["User"], "typos"),
        ("zzz", [], ""),
    ],
)
def test_tiers(index: Index, query: str, expected: list[str], tier: str) -> None:
    found, stats = ask(index, query)
    assert [symbol.qualified for symbol in found] == expected
    assert stats.explain is not None
    assert next((label for label, count in stats.explain["tiers"].items() if count), "") == tier


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("User.getUserName", ["User.getUserName"]),
        ("User#getUserName", ["User.getUserName"]),
        ("user.LIMIT", ["User.LIMIT"]),
        ("users.User.LIMIT", ["User.LIMIT"]),
        ("app.users.User.LIMIT", ["User.LIMIT"]),
        ("app.users.get_user_name", ["get_user_name"]),
        ("app.getUserName", ["get_user_name"]),
        ("ns::Bar", ["ns::Bar"]),
        ("Bar::size", ["ns::Bar::size"]),
        ("ns::Bar::count", ["ns::Bar::count"]),
        ("Bar.cuont", ["ns::Bar::count"]),
        ("Bar.gUN", []),
        ("User.gUN", ["User.getUserName"]),
        ("User.get", ["User.getUserName"]),
        ("er.probe", ["probe"]),
    ],
)
def test_qualified_names(index: Index, query: str, expected: list[str]) -> None:
    assert names(index, query) == expected


def test_filters(index: Index) -> None:
    assert places(index, "probe", kinds=frozenset({"class"})) == ["vendor/probe.py:1"]
    assert places(index, "probe", kinds=frozenset({"const"})) == ["app/probe.py:9"]
    assert places(index, "probe", under=(b"app/deep",)) == ["app/deep/er/probe.py:1"]
    assert places(index, "probe", globs=("vendor/**",)) == ["vendor/probe.py:1"]
    assert names(index, "gUN", kinds=frozenset({"Functions"})) == ["get_user_name"]
    assert names(index, "size", languages=frozenset({"python"})) == []
    assert names(index, "size", languages=frozenset({"cpp"})) == ["ns::Bar::size"]
    assert places(index, "PROBE", case=Case.SENSITIVE) == ["app/probe.py:9"]
    assert names(index, "robe", case=Case.SENSITIVE, limit=2) == ["probe", "probe"]


@pytest.mark.parametrize("kind", ["def", "fn", "func", "defs"])
def test_kinds_have_other_names(index: Index, kind: str) -> None:
    assert names(index, "gUN", kinds=frozenset({kind})) == ["User.getUserName", "get_user_name"]


def test_an_unknown_kind_is_refused(index: Index) -> None:
    with pytest.raises(QueryError, match="'gizmo'; known are function, method, class"):
        ask(index, "probe", kinds=frozenset({"gizmo"}))


def test_all_matches_in_path_order(index: Index) -> None:
    found, stats = ask(index, "probe", all_matches=True, limit=1)
    assert [f"{symbol.path}:{symbol.line}" for symbol in found] == [
        "app/deep/er/probe.py:1",
        "app/probe.py:1",
        "app/probe.py:5",
        "app/probe.py:9",
        "tests/test_probe.py:1",
        "vendor/probe.py:1",
    ]
    assert stats.matches == 6


def test_what_is_shown(index: Index) -> None:
    (method,) = ask(index, "getUserName")[0]
    assert method == Symbol(
        name="getUserName",
        kind="method",
        path="app/users.py",
        line=9,
        column=9,
        start_line=9,
        end_line=12,
        language="python",
        qualified="User.getUserName",
        parent="User",
        visibility="public",
        signature="def getUserName(self, first, last)",
        doc="Both names.",
        depth=1,
    )
    shown = {
        symbol.name: symbol
        for name in ("User", "get_user_name", "count", "entry")
        for symbol in ask(index, name)[0]
    }
    assert shown["User"].doc == "A person.\n\nWith a name."
    assert shown["get_user_name"].doc == "Reads one user\nfrom the file."
    assert (shown["count"].doc, shown["count"].signature) == (
        "How many\nthere are.",
        "int ns::Bar::count(int from)",
    )
    assert (shown["count"].line, shown["count"].column, shown["count"].parent) == (9, 14, "ns::Bar")
    assert (shown["entry"].doc, shown["entry"].signature) == ("first", "struct entry")


def test_hits(index: Index) -> None:
    result = index.search("gUN", mode="symbol")
    assert [(hit.path, hit.start_line, hit.end_line, hit.symbol) for hit in result.hits] == [
        ("app/users.py", 9, 10, "User.getUserName"),
        ("app/users.py", 20, 20, "get_user_name"),
    ]
    method = result.hits[0]
    assert method.text == "    def getUserName(self, first,\n                    last):"
    assert method.matches == ((9, 9, 11),)
    assert method.score > result.hits[1].score > 0
    assert [hit.path for hit in index.stream("getUserName", mode="symbol")] == ["app/users.py"] * 2


def test_definitions_named(index: Index) -> None:
    def found(name: str) -> list[str]:
        rows = definitions_named(index._current(), name)
        return [
            f"{os.fsdecode(part.files.path(int(part.symbols.files[row])))}:{part.symbols.lines[row]}"
            for part, row in rows
        ]

    assert found("probe") == [
        "app/deep/er/probe.py:1",
        "app/probe.py:1",
        "tests/test_probe.py:1",
        "vendor/probe.py:1",
    ]
    assert found("Bar::count") == ["lib/ns.cpp:9"]
    assert found("vendor.probe") == ["vendor/probe.py:1"]
    assert found("PROBES") == []


def test_files_that_changed_are_read_as_they_are(tmp_path: Path) -> None:
    root = write_tree(
        tmp_path / "tree", {"a.py": "def moved():\n    pass\n", "b.py": "def moved():\n    pass\n"}
    )
    with fresh(root, tmp_path / "index") as index:
        settle(root)
        (root / "a.py").write_text("# more\n\n\ndef other():\n    pass\n\n\ndef moved(now):\n    'Said.'\n")
        (root / "b.py").unlink()
        found, stats = ask(index, "moved")
        assert [(symbol.path, symbol.line, symbol.signature, symbol.doc) for symbol in found] == [
            ("a.py", 8, "def moved(now)", "Said.")
        ]
        assert stats.stale == 2
        (root / "a.py").write_text("nothing = 1\n")
        assert ask(index, "moved")[0] == []
        assert index.search("moved", mode="symbol").hits == ()


def test_dead_files_have_no_symbols(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {f"{name}.py": f"def {name}():\n    pass\n" for name in "abcdefgh"})
    with fresh(root, tmp_path / "index") as index:
        (root / "c.py").write_text("def changed():\n    pass\n")
        (root / "d.py").unlink()
        index.refresh()
        assert names(index, "c", limit=1) == ["changed"]
        assert names(index, "e") == ["e"]
        assert [definitions_named(index._current(), name) for name in "cd"] == [[], []]


def test_the_order_does_not_depend_on_segments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codelode.ingest.plan.MERGE_FACTOR", 99)  # small segments would be merged at once
    texts = {
        f"{folder}/{name}_{number}.py": f"class {name.title()}{number % 3}:\n    def run_{name}(self):\n        pass\n"
        for number, folder in enumerate(["a", "a/b", "tests", "c", "vendor/x", "a-b"])
        for name in ["probe", "runner", "task"]
    }
    root = tmp_path / "tree"
    root.mkdir()
    with Index(root, index_dir=str(tmp_path / "many")) as many:
        for name in random.Random(1).sample(sorted(texts), len(texts)):
            write_tree(root, {name: texts[name]})
            many.refresh(thorough=False)
        settle(root)
        many.refresh(thorough=False)
        assert many.status().segments > 5
        with fresh(root, tmp_path / "one") as one:
            for query in (
                "run_probe",
                "run",
                "task",
                "Probe1.run_probe",
                "rP",
                "runn",
                "rnu_task",
                "a.probe_0.Probe0.run_probe",
            ):
                for every in (False, True):
                    expected = ask(one, query, limit=7, all_matches=every)[0]
                    assert ask(many, query, limit=7, all_matches=every)[0] == expected
                    assert expected
