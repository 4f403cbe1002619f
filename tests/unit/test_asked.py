"""Options beside a query of the language."""

from __future__ import annotations

from dataclasses import replace

import pytest
from trees import write_tree

from codelode.app import Index
from codelode.model import Case, SearchOptions
from codelode.query.ast import NOTHING, And, Boost, CaseRule, Not, Or, Symbol, Word
from codelode.query.parser import parse_query
from codelode.search.boolean.asked import with_options

FILES = {
    "a.py": "class Retry:\n    def retry(self):\n        return RETRY\n",
    "b.py": "retry = 1\n",
    "c.c": "int Retry;\n",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    with Index(write_tree(tmp_path_factory.mktemp("tree"), FILES), index_dir=".codelode") as made:
        made.refresh()
        yield made


def found(index: Index, query: str, **options) -> set[tuple[str, int]]:
    result = index.search(query, mode="query", all_matches=True, **options)
    return {(hit.path, hit.start_line) for hit in result.hits}


def test_case_holds_where_the_query_says_nothing():
    asked = with_options(parse_query("retry"), SearchOptions(case=Case.SENSITIVE))
    assert asked.case is CaseRule.YES
    assert with_options(parse_query("retry case:no"), SearchOptions(case=Case.SENSITIVE)).case is CaseRule.NO
    assert with_options(parse_query("retry"), SearchOptions()) == parse_query("retry")


def test_kinds_are_those_of_every_definition():
    options = SearchOptions(kinds=frozenset({"class", "enum"}))

    def root(text):
        return with_options(parse_query(text), options).root

    assert root("a OR b") == And((parse_query("a OR b").root, Symbol("", kinds=options.kinds)))
    foo = Symbol("Foo", kinds=options.kinds)
    assert root("sym:Foo retry") == And((foo, Word("retry")))
    assert root("x OR -sym:Foo^2") == Or((Word("x"), Not(Boost(foo, 2.0))))
    named = replace(parse_query("x"), root=Symbol("Foo", kinds=frozenset({"class", "method"})))
    assert with_options(named, options).root == Symbol("Foo", kinds=frozenset({"class"}))
    named = replace(named, root=Symbol("Foo", kinds=frozenset({"method"})))
    assert with_options(named, options).root == NOTHING


def test_case(index):
    assert found(index, "retry") == {("a.py", 1), ("a.py", 2), ("a.py", 3), ("b.py", 1), ("c.c", 1)}
    assert found(index, "retry", case="sensitive") == {("a.py", 2), ("b.py", 1)}
    assert found(index, "Retry") == {("a.py", 1), ("c.c", 1)}
    assert found(index, "Retry", case="ignore") == found(index, "retry")
    assert found(index, "Retry case:yes", case="ignore") == found(index, "Retry")


def test_filters_and_kinds(index):
    assert found(index, "retry", languages=["c"]) == {("c.c", 1)}
    assert found(index, "retry", globs=["!a.py"]) == {("b.py", 1), ("c.c", 1)}
    assert found(index, "retry", under=[b"b.py"]) == {("b.py", 1)}
    assert found(index, "sym:retry", kinds=["class"]) == {("a.py", 1)}
    assert found(index, "sym:retry", kinds=["method"]) == {("a.py", 2)}
    assert found(index, "lang:python", kinds=["class"]) == {("a.py", 1)}
