"""The query language as a whole: printing and parsing are each other's inverse, and a simpler tree is true of the same
files and names the same lines."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import OracleFile, OracleSymbol, evaluate
from query_maker import LINES, trees

from codelode.errors import QuerySyntaxError
from codelode.query.ast import And, CaseRule, Or, Query, Results
from codelode.query.parser import parse_query
from codelode.query.printing import print_query
from codelode.query.rewrite import simplify

NOW = 1_790_000_000.0

_queries = st.builds(Query, trees(odd=True), st.sampled_from(CaseRule), st.sampled_from(Results))
_files = st.lists(
    st.builds(
        OracleFile,
        path=st.sampled_from(["src/user.c", "src/deep/retry.py", "tests/test_a.py", "vendor/x2/get_user.c"]),
        text=st.lists(st.sampled_from(LINES), max_size=6).map("\n".join),
        language=st.sampled_from(["c", "python"]),
        size=st.sampled_from([0, 99, 1024, 5000]),
        mtime=st.sampled_from([NOW - 3600, NOW - 30 * 86400, 1_700_000_000.0]),
        symbols=st.sampled_from(
            [
                (),
                (
                    OracleSymbol("getUser", "Client.getUser", "method", 1),
                    OracleSymbol("User", "User", "class", 2),
                ),
                (OracleSymbol("user", "user", "function", 3),),
            ]
        ),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda file: file.path,
)


@settings(max_examples=400, deadline=None)
@given(_queries)
def test_what_is_printed_is_parsed_again(query: Query) -> None:
    assert parse_query(print_query(query)) == query


_MARKS = list("ab1 ()\"\\*?~^-/:.,>=|'é\n")
_PIECES = [
    "OR ",
    "AND ",
    "or ",
    "NEAR/2 ",
    "content:",
    "file:",
    "sym:",
    "kind:x ",
    "ast:",
    "retry",
    '"a b"',
    "^2 ",
    "/x/ ",
]


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.sampled_from(_MARKS * 2 + _PIECES), max_size=12).map("".join))
def test_what_is_parsed_is_printed_and_parsed_again(text: str) -> None:
    try:
        query = parse_query(text)
    except QuerySyntaxError as exc:
        assert "\n" not in str(exc)
        return
    assert parse_query(print_query(query)) == query


@settings(max_examples=600, deadline=None)
@given(st.builds(Query, trees(odd=False), st.sampled_from(CaseRule)), _files)
def test_a_simpler_tree_says_the_same(query: Query, files: list[OracleFile]) -> None:
    simple = simplify(query)
    assert evaluate(simple, files, NOW) == evaluate(query, files, NOW)
    assert evaluate(parse_query(print_query(simple)), files, NOW) == evaluate(query, files, NOW)
    assert simplify(simple) == simple


@given(st.builds(Query, trees(odd=False)))
def test_a_simpler_tree_is_flat(query: Query) -> None:
    def look(node: object) -> None:
        if isinstance(node, And | Or):
            assert len(node.parts) != 1
            assert len(set(node.parts)) == len(node.parts)
            assert not any(isinstance(part, type(node)) and part.parts for part in node.parts)
        for name in getattr(node, "__slots__", ()):
            value = getattr(node, name)
            for part in value if isinstance(value, tuple) else (value,):
                look(part)

    look(simplify(query).root)
