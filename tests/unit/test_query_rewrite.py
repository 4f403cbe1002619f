"""What a query is made of before it runs, as text; that it means the same is in tests/property."""

from __future__ import annotations

import pytest

from codelode.query.ast import EVERYTHING, NOTHING, And, Boost, Near, Not, Or, Query, Word
from codelode.query.parser import parse_query
from codelode.query.printing import print_node, print_query
from codelode.query.rewrite import simplify


@pytest.mark.parametrize(
    ("query", "simple"),
    [
        # flat, each part once
        ("a (b (c d)) a", "a b c d"),
        ("a OR (b OR (c OR a))", "a OR b OR c"),
        ("(a b) OR (a b)", "a b"),
        ("(a OR b) NEAR/3 (c OR (d OR c))", "(a OR b) NEAR/3 (c OR d)"),
        # cheap parts first, else in their order
        ("/x/ b a lang:go sym:f -file:t", "lang:go -file:t sym:f b a /x/"),
        (
            "~\"m\" ast:'f($A)' (a NEAR /x/) (lang:c OR is:test)",
            "(lang:c OR is:test) a NEAR/10 /x/ ast:'f($A)' ~\"m\"",
        ),
        ("a (file:x OR b) lang:go", "lang:go a (file:x OR b)"),
        # constants
        ("* a", "a"),
        ("* lang:go *", "lang:go"),
        ("-* a", "-*"),
        ("-* OR a", "a"),
        ("* OR lang:go", "*"),
        ("* OR a", "* OR a"),
        ("a -a", "-*"),
        ("lang:go OR -lang:go", "*"),
        ("a OR -a", "* OR a"),
        ("-(*)", "-*"),
        ("-(-*)", "*"),
        # what is absorbed names no lines
        ("lang:go OR (lang:go file:x)", "lang:go"),
        ("a OR (a lang:go)", "a"),
        ("a OR (a b)", "a OR a b"),
        ("a (a OR lang:go)", "a"),
        ("a (a OR b)", "a (a OR b)"),
        ("-(a OR (a b))", "-a"),
        ("-(a^2 (a OR b)^3)", "-a"),
        # negated twice
        ("-(-lang:go)", "lang:go"),
        ("-(-(-a))", "-a"),
        ("-(-a)", "-(-a)"),
        # content: and ^
        ('content:(a "b" /c/ d*)', 'content:a "b" content:d* /c/'),
        ("content:(lang:go)", "lang:go"),
        ("content:(-(a OR sym:b))", "-(content:a OR sym:b)"),
        ("(a^2)^3 b^1 lang:go", "lang:go a^6 b"),
        ("(*)^2 a", "a"),
    ],
)
def test_simpler(query: str, simple: str) -> None:
    found = simplify(parse_query(query))
    assert print_query(found) == simple
    assert simplify(found) == found


def test_the_whole_query_stays() -> None:
    query = parse_query("a (b a) case:yes type:file")
    assert simplify(query) == Query(And((Word("a"), Word("b"))), query.case, query.results)
    assert print_query(query) == "a (b a) case:yes type:file"
    assert print_query(parse_query("case:no a OR b")) == "(a OR b) case:no"


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("a and b or NOT c", "a b OR -c"),
        ("a NEAR (b NEAR/2 c)", "a NEAR/10 (b NEAR/2 c)"),
        ("lang:go,python", "lang:go OR lang:python"),
        ("ext:.PY", "ext:py"),
        ('path:a+b f:"a+b" r:x', 'file:/a+b/ file:"a+b" repo:x'),
        ("size:10240b..3m", "size:>=10k size:<=3m"),
        ("kind:struct,class sym:X", "sym:X kind:class,struct"),
        ("\\or a or", "\\or a \\or"),
        ("--flag \\-x lang\\:go \\(a", "\\--flag \\-x lang\\:go \\(a"),
        ("a^2.50 (b c)^.5", "a^2.5 (b c)^0.5"),
        ("ast:f($A)", "ast:'f($A)'"),
        ("/a/b/", "/a\\/b/"),
        ("file:/x* /y y\\/", "file:\\/x* \\/y y/"),
    ],
)
def test_printed(text: str, printed: str) -> None:
    assert print_query(parse_query(text)) == printed
    assert print_query(parse_query(printed)) == printed


def test_trees_that_no_text_has() -> None:
    assert print_node(NOTHING) == "-*"
    assert print_node(Not(EVERYTHING)) == "-*"
    assert print_node(And((Word("a"),))) == "a"
    assert print_node(Near(Word("a"), Boost(Or((Word("b"), Word("c"))), 2), 3)) == "a NEAR/3 (b OR c)^2"
