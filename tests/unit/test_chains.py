"""Expressions taken apart into what is asked of what."""

from __future__ import annotations

import pytest

from codelode.structure.chains import read_chain


@pytest.mark.parametrize(
    ("expression", "links"),
    [
        ("self.client.get(url).json", "self client get() json"),
        ("Foo(1)", "Foo()"),
        ("&T{a: 1}", "T()"),
        ("new Foo<Bar>()", "Foo()"),
        ("await a?.b!.c()", "a b c()"),
        ("x.y(f(')'), \"(\")", "x y()"),
        ("T::<u8>::new(1)", "T new()"),
        ("(a.b)", "a b"),
        ("pkg.New(a,\n b).\n  Do()", "pkg New() Do()"),
        ("this->x.y", "this x y"),
        ("Foo(\n    1,\n)\nother = 3", "Foo()"),
        ("$this->log", "$this log"),
    ],
)
def test_chain(expression: str, links: str) -> None:
    assert " ".join(link.name + "()" * link.called for link in read_chain(expression)) == links


@pytest.mark.parametrize(
    "expression", ["a[1].b", "a + b", "f()()", '"a".join', "x if y else z", "Foo(1", "", "a.", "(x as Foo)"]
)
def test_what_is_no_chain(expression: str) -> None:
    assert read_chain(expression) == []
