"""The call graph on real trees: who calls whom, and which of several definitions of one name is meant."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

from codelode.app import Index
from codelode.model import Edge, SearchOptions, SearchStats
from codelode.search.callgraph import callees, callers, chain_of, impact
from codelode.search.source import Sources
from codelode.settings import Settings


class Tree:
    def __init__(self, root: Path, files: Mapping[str, str]) -> None:
        self.root = root
        for path, text in files.items():
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(textwrap.dedent(text).lstrip("\n"))
        with self._index() as index:
            index.refresh()

    def _index(self) -> Index:
        return Index(self.root, Settings(jobs=1), index_dir=".codelode")

    def ask(self, question: Callable[..., Iterable[Edge]], name: str, **more: int) -> list[Edge]:
        stats = SearchStats()
        with self._index() as index:
            options = SearchOptions(all_matches=True)
            return list(question(index._current(), name, options, Sources(stats, 1 << 30), stats, **more))

    def callers(self, name: str, **more: int) -> list[tuple[str, int, str]]:
        return [
            (edge.path, edge.line, edge.caller.qualified if edge.caller else "")
            for edge in self.ask(callers, name, **more)
        ]

    def callees(self, name: str) -> list[tuple[str, str]]:
        return [
            (edge.callee_name, f"{edge.callee.path}:{edge.callee.line}" if edge.callee else "external")
            for edge in self.ask(callees, name)
        ]


@pytest.fixture
def python(tmp_path: Path) -> Tree:
    return Tree(
        tmp_path,
        {
            "pkg/__init__.py": "from .util import helper\n",
            "pkg/util.py": """
                def helper(x):
                    return x

                class Store:
                    def save(self, item):
                        self.check(item)
                        return helper(item)

                    def check(self, item):
                        "helper() is called elsewhere"  # helper(1)

                class Cached(Store):
                    def save(self, item):
                        return super().save(item)
                """,
            "pkg/app.py": """
                from pkg import helper
                from pkg.util import Store, helper as aid
                from . import util

                store = Store()

                def run(other, cached: "util.Cached"):
                    helper(1)
                    aid(2)
                    util.helper(3)
                    store.save(4)
                    cached.save(5)
                    cached.check(6)
                    text = "".join([])
                    other.check(7)

                def shadowed(helper):
                    helper(8)

                def local():
                    def helper(x): ...
                    helper(9)

                run(None, None)
                """,
            "else/where.py": """
                def helper(x):
                    helper(x)

                class Other:
                    def save(self): ...
                """,
            "else/foreign.py": "from somewhere import helper, Store\nhelper(1)\nStore().save(2)\n",
        },
    )


def test_a_function_and_its_namesakes(python: Tree) -> None:
    assert python.callers("util.helper") == [
        ("pkg/app.py", 8, "run"),
        ("pkg/app.py", 9, "run"),
        ("pkg/app.py", 10, "run"),
        ("pkg/util.py", 7, "Store.save"),
    ]
    assert python.callers("where.helper") == [("else/where.py", 2, "helper")]


def test_a_method_by_the_class_of_its_receiver(python: Tree) -> None:
    assert python.callers("Store.save") == [("pkg/app.py", 11, "run"), ("pkg/util.py", 14, "Cached.save")]
    assert python.callers("Cached.save") == [("pkg/app.py", 12, "run")]
    assert python.callers("Other.save") == []


def test_an_inherited_method_and_an_unknown_receiver(python: Tree) -> None:
    edges = python.ask(callers, "Store.check")
    assert [(edge.path, edge.line, edge.confidence == 1.0) for edge in edges] == [
        ("pkg/app.py", 13, True),
        ("pkg/app.py", 15, False),
        ("pkg/util.py", 6, True),
    ]
    assert [edge.why for edge in edges] == ["receiver", "only class with it", "scope"]
    assert edges[0].text == "    cached.check(6)"
    assert edges[0].column == 12


def test_calls_at_the_top_of_a_file_have_no_caller(python: Tree) -> None:
    (edge,) = python.ask(callers, "run")
    assert (edge.path, edge.line, edge.caller) == ("pkg/app.py", 24, None)


def test_callees_are_resolved_or_external(python: Tree) -> None:
    assert python.callees("run") == [
        ("helper", "pkg/util.py:1"),
        ("aid", "pkg/util.py:1"),
        ("helper", "pkg/util.py:1"),
        ("save", "pkg/util.py:5"),
        ("save", "pkg/util.py:13"),
        ("check", "pkg/util.py:9"),
        ("join", "external"),
        ("check", "pkg/util.py:9"),
    ]


def test_callers_of_callers_and_what_a_change_affects(tmp_path: Path) -> None:
    tree = Tree(
        tmp_path,
        {
            "a.py": "def low():\n    low()\n\ndef mid():\n    low(); low()\n\ndef high():\n    mid()\n    low()\n",
            "b.py": "from a import high\n\ndef top():\n    high()\n\ntop()\n",
        },
    )
    assert tree.callers("low", depth=2) == [
        ("a.py", 2, "low"), ("a.py", 5, "mid"), ("a.py", 5, "mid"), ("a.py", 9, "high"), ("a.py", 8, "high"),
        ("b.py", 4, "top"),
    ]  # fmt: skip
    edges = tree.ask(impact, "low")
    assert [(edge.caller.name if edge.caller else edge.path, edge.depth) for edge in edges] == [
        ("mid", 1), ("high", 1), ("top", 2), ("b.py", 3),
    ]  # fmt: skip
    assert [edge.callee_name for edge in chain_of(edges, edges[-1])] == ["top", "high", "low"]
    assert [edge.path for edge in tree.ask(impact, "a.py")] == ["b.py", "b.py"]
    assert len(tree.ask(impact, "low", depth=1)) == 2
    assert len(tree.ask(impact, "low", most=1)) == 1


def test_c_statics_stay_in_their_file(tmp_path: Path) -> None:
    tree = Tree(
        tmp_path,
        {
            "a.c": """
                #include "h.h"
                static int probe(int x)
                {
                \treturn x;
                }
                int init(struct ops *o, int (*param)(int))
                {
                \tprobe(1); o->probe(2); param(3); shared(4);
                \treturn LOCK(5);
                }
                """,
            "b.c": "int use(void)\n{\n\treturn probe(1) + shared(2);\n}\nint shared(int x)\n{\n\treturn x;\n}\n",
            "c.c": "static int shared(int x)\n{\n\treturn x;\n}\nint g(int shared(int))\n{\n\treturn shared(1);\n}\n",
            "h.h": "#define LOCK(x) shared(x)\nint shared(int x);\n",
        },
    )
    assert tree.callers("probe") == [("a.c", 8, "init")]
    edges = tree.ask(callers, "shared")
    assert [(edge.path, edge.line, edge.callee.path if edge.callee else "") for edge in edges] == [
        ("a.c", 8, "b.c"), ("b.c", 3, "b.c"), ("h.h", 1, "b.c"),
    ]  # fmt: skip
    assert edges[2].caller is not None
    assert edges[2].caller.kind == "macro"
    assert tree.callers("LOCK") == [("a.c", 9, "init")]


def test_go_packages_receivers_and_interfaces(tmp_path: Path) -> None:
    tree = Tree(
        tmp_path,
        {
            "go.mod": "module example.org/app\n",
            "main.go": """
                package main

                import (
                \t"strings"
                \tst "example.org/app/store"
                )

                func Join() {}

                func main() {
                \tdb := st.New()
                \tdb.Save(1)
                \tstrings.Join(nil, "")
                \tJoin()
                \tvar s *st.Store
                \ts.Close()
                }
                """,
            "store/store.go": """
                package store

                type Store struct {
                \tlog *Log
                }

                type Log struct{}

                func New() *Store { return &Store{} }

                func (s *Store) Save(x int) { s.log.Close(); s.Close() }

                func (s *Store) Close() {}

                func (l *Log) Close() {}
                """,
        },
    )
    assert tree.callers("New") == [("main.go", 11, "main")]
    assert tree.callers("Save") == [("main.go", 12, "main")]
    assert tree.callers("Join") == [("main.go", 14, "main")]
    assert tree.callers("Store.Close") == [("main.go", 16, "main"), ("store/store.go", 11, "Store.Save")]
    assert tree.callers("Log.Close") == [("store/store.go", 11, "Store.Save")]


def test_typescript_modules_and_classes(tmp_path: Path) -> None:
    tree = Tree(
        tmp_path,
        {
            "src/lib/index.ts": "export * from './impl'\n",
            "src/lib/impl.ts": """
                export function make(): Thing { return new Thing() }
                export class Thing {
                    private inner: Inner = new Inner()
                    run() { this.step(); this.inner.step(); }
                    step() {}
                }
                class Inner { step() {} }
                """,
            "src/app.ts": """
                import { make as create, Thing } from "./lib"
                const thing = create()
                thing.step()
                function go(t: Thing) { t.step(); [1].map(x => x); }
                class Sub extends Thing { step() { super.step() } }
                """,
            "src/other.ts": "function make() {}\nmake()\n",
        },
    )
    assert tree.callers("impl.make") == [("src/app.ts", 2, "")]
    assert [row[:2] for row in tree.callers("Thing.step")] == [
        ("src/app.ts", 3), ("src/app.ts", 4), ("src/app.ts", 5), ("src/lib/impl.ts", 4),
    ]  # fmt: skip
    assert [row[:2] for row in tree.callers("Inner.step")] == [("src/lib/impl.ts", 4)]


def test_java_overloads_packages_and_static_imports(tmp_path: Path) -> None:
    tree = Tree(
        tmp_path,
        {
            "src/a/Base.java": """
                package a;
                public class Base {
                    protected void hook() {}
                    static int twice(int x) { return x; }
                    static int twice(long x) { return 0; }
                }
                """,
            "src/a/Sub.java": """
                package a;
                public class Sub extends Base {
                    Base other;
                    void go(Base b) { hook(); this.hook(); b.hook(); other.hook(); Base.twice(1); }
                }
                """,
            "src/b/Far.java": """
                package b;
                import static a.Base.twice;
                class Far {
                    void hook() {}
                    void go() { hook(); twice(3); new Thread().hook(); }
                }
                """,
        },
    )
    assert [row[:2] for row in tree.callers("Base.hook")] == [("src/a/Sub.java", 4)] * 4
    assert [row[:2] for row in tree.callers("Far.hook")] == [("src/b/Far.java", 5)]
    edges = tree.ask(callers, "Base.twice")
    assert [(edge.path, len(edge.candidates)) for edge in edges] == [
        ("src/a/Sub.java", 2),
        ("src/b/Far.java", 2),
    ]


def test_a_file_that_changed_since_is_read_as_it_is_now(python: Tree) -> None:
    (python.root / "else/where.py").write_text(
        "\n\ndef added():\n    helper(1)\n\ndef helper(x):\n    helper(x)\n"
    )
    found = python.callers("where.helper")
    assert found == [("else/where.py", 4, "added"), ("else/where.py", 7, "helper")]
