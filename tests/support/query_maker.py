"""Random trees of the query language, and random texts that they say something of."""

from __future__ import annotations

from hypothesis import strategies as st

from codelode.query import ast
from codelode.query.ast import And, Boost, Content, Near, Node, Not, Or, Style
from codelode.query.lexer import Kind, lex

NEEDLES = (
    "retry",
    "backoff",
    "getUser",
    "user",
    "get_user",
    "x2",
    "std::vector",
    "HTTPServer",
    "a",
    "-EINVAL",
    "foo(",
)
"""Words that occur in `LINES`, whole, in parts, and in another case"""

LINES = (
    "retry with backoff, then retry",
    "int get_user(User *user, int x2);",
    "class HTTPServer: getUser()",
    "retries = 3  # RETRY",
    "std::vector<User> users;",
    "return -EINVAL;",
    "foo(a, b) // a backoff",
    "get  user",
    "sha256sum x2Name retyr",
    "ça héritage Ünï",
    "",
)

_marks = "()\"\\*?~^-/:>=' .,_"
_texts = st.text(st.sampled_from("abORnot1é" + _marks), min_size=1, max_size=6)
_bare = _texts.map(lambda text: "".join(text.split())).filter(bool)
_plain = st.sampled_from(NEEDLES)
_visible = _texts.filter(str.strip)


def _is_wildcard(text: str) -> bool:
    token = lex(text)[0]
    return (token.kind, token.text) == (Kind.WILDCARD, text)


def words(odd: bool) -> st.SearchStrategy[Node]:
    """Words; `odd`: with the characters that have a meaning."""
    return st.builds(ast.Word, _bare | _plain if odd else _plain)


_wildcards = st.builds(
    ast.Wildcard, st.sampled_from(["retr*", "w?th", "get*User", "*user", "a*", r"x\*y*", "u?e?", "foo(*"])
)
_fuzzy = st.builds(ast.Fuzzy, st.sampled_from(["retry", "user", "vector"]), st.sampled_from([1, 2]))
_phrases = ["retry with", "then  retry", "get user", " a", "EINVAL;", "foo(a, b)"]
_slops = ["retry backoff", "user x2", "a b"]
_patterns = ["retr(y|ies)", r"get\w+", "a/b", r"x\d", "^int", "User"]


def near_operands(odd: bool) -> st.SearchStrategy[Node]:
    """What may stand beside NEAR."""
    phrases = st.sampled_from(_phrases) | _visible if odd else st.sampled_from(_phrases)
    leaves = st.one_of(
        words(odd),
        st.builds(ast.Phrase, phrases),
        st.builds(ast.Phrase, st.sampled_from(_slops), st.integers(1, 6)),
        st.builds(ast.Pattern, st.sampled_from(_patterns)),
        _wildcards,
        _fuzzy,
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(Near, inner, inner, st.integers(1, 12)),
            st.builds(lambda parts: Or(tuple(parts)), st.lists(inner, min_size=2, max_size=3)),
            st.builds(Boost, inner, st.sampled_from([0.5, 2.0, 3.25])),
        ),
        max_leaves=3,
    )


_symbols = st.one_of(
    st.builds(ast.Symbol, st.sampled_from(["user", "HTTP", "Client.get", "a b"])),
    st.builds(ast.Symbol, st.sampled_from(["get*", "?etry"]), st.just(Style.GLOB)),
    st.builds(ast.Symbol, st.sampled_from(["User$", "a/b"]), st.just(Style.REGEX)),
    st.builds(ast.Symbol, st.just("user"), kinds=st.just(frozenset({"class"}))),
    st.builds(
        ast.Symbol,
        st.just(""),
        kinds=st.sampled_from([frozenset({"class"}), frozenset({"function", "method"})]),
    ),
)
_filters: st.SearchStrategy[Node] = st.one_of(
    st.builds(ast.Path, st.sampled_from(["src", "user.c", "a b", "/x/", "x*"]), st.just(Style.TEXT)),
    st.builds(ast.Path, st.sampled_from(["*.c", "src/**/*.py", "[st]*"]), st.just(Style.GLOB)),
    st.builds(ast.Path, st.sampled_from([r"\.c$", "src/.*"]), st.just(Style.REGEX)),
    st.builds(ast.Language, st.sampled_from(["c", "python"])),
    st.builds(ast.Repository, st.just("root"), st.just(Style.TEXT)),
    st.builds(ast.Extension, st.sampled_from(["c", "py"])),
    st.builds(
        ast.Size, st.sampled_from(["<", "<=", ">", ">=", "="]), st.sampled_from([0, 100, 1024, 3 << 20])
    ),
    st.builds(
        ast.Modified, st.sampled_from(["<", "<=", ">", ">="]), st.sampled_from(["7d", "1y", "2026-01-31"])
    ),
    st.builds(ast.Is, st.sampled_from(["test", "vendored", "generated"])),
)


def trees(*, odd: bool, everything: bool = True) -> st.SearchStrategy[Node]:
    """Trees as the parser gives them; `odd`: with texts that need escapes."""
    leaves = st.one_of(near_operands(odd), _symbols, _filters)
    if everything:
        leaves |= st.just(ast.EVERYTHING)
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(lambda parts: And(tuple(parts)), st.lists(inner, min_size=2, max_size=4)),
            st.builds(lambda parts: Or(tuple(parts)), st.lists(inner, min_size=2, max_size=3)),
            st.builds(Not, inner),
            st.builds(Content, inner),
            st.builds(Boost, inner, st.sampled_from([0.5, 2.0, 12.25])),
        ),
        max_leaves=8,
    )
