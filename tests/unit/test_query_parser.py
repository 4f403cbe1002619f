"""The query language: what a text means, and what is said of one that means nothing."""

from __future__ import annotations

import pytest

from codelode.errors import QueryError, QuerySyntaxError
from codelode.query.ast import (
    EVERYTHING,
    And,
    Boost,
    CaseRule,
    Content,
    Extension,
    Fuzzy,
    Is,
    Language,
    Meaning,
    Modified,
    Near,
    Node,
    Not,
    Or,
    Path,
    Pattern,
    Phrase,
    Repository,
    Results,
    Size,
    Structure,
    Style,
    Symbol,
    Wildcard,
    Word,
)
from codelode.query.parser import MAX_DEPTH, parse_query
from codelode.query.printing import print_query
from codelode.search.vocabulary import parse

A, B, C = Word("a"), Word("b"), Word("c")
GO = Language("go")


@pytest.mark.parametrize(
    ("text", "root"),
    [
        # operators
        ("a b c", And((A, B, C))),
        ("a AND b and c", And((A, B, C))),
        ("a b OR c", Or((And((A, B)), C))),
        ("a or b and c", Or((A, And((B, C))))),
        ("(a OR b) c", And((Or((A, B)), C))),
        ("a (b c)", And((A, And((B, C))))),
        ("-a", Not(A)),
        ("NOT a b", And((Not(A), B))),
        ("NOT(a b)", Not(And((A, B)))),
        ("-(a OR b)", Not(Or((A, B)))),
        ("NOT -a", Not(Not(A))),
        ("a NEAR/5 b", Near(A, B, 5)),
        ("a near/5 b NEAR c", Near(Near(A, B, 5), C, 10)),
        ("a NEAR/2 (b NEAR/3 c)", Near(A, Near(B, C, 3), 2)),
        ("a NEAR/2 (b OR c)^2 a", And((Near(A, Boost(Or((B, C)), 2), 2), A))),
        ("a^2 (b c)^0.5", And((Boost(A, 2), Boost(And((B, C)), 0.5)))),
        ("-a^2", Not(Boost(A, 2))),
        # words that could be operators
        ("or a or", And((Word("or"), A, Word("or")))),
        ("a or or", Or((A, Word("or")))),
        ("and", Word("and")),
        ("a and", And((A, Word("and")))),
        ("not a", And((Word("not"), A))),
        ("near/5", Word("near/5")),
        ("a near b", And((A, Word("near"), B))),
        ("\\OR a", And((Word("OR"), A))),
        ("a or AND b", And((A, Word("or"), B))),
        # words
        (
            "std::vector http://x a:b TODO:",
            And((Word("std::vector"), Word("http://x"), Word("a:b"), Word("TODO:"))),
        ),
        ('foo(bar) f("x") main()^2', And((Word("foo(bar)"), Word('f("x")'), Boost(Word("main()"), 2)))),
        ("(retry foo(bar))", And((Word("retry"), Word("foo(bar)")))),
        ("/usr/include", Word("/usr/include")),
        ("/usr /etc/hosts", And((Word("/usr"), Word("/etc/hosts")))),
        ("--flag ->next -=", And((Word("--flag"), Word("->next"), Word("-=")))),
        ("\\-x \\(a\\) lang\\:go", And((Word("-x"), Word("(a)"), Word("lang:go")))),
        ("C:\\temp \\n", And((Word("C:\\temp"), Word("\\n")))),
        ("why? /* a\\*b x\\^2", And((Word("why?"), Word("/*"), Word("a*b"), Word("x^2")))),
        ("*", EVERYTHING),
        # other atoms
        ('"a  (b" "\\"\\\\n"', And((Phrase("a  (b"), Phrase('"\\n')))),
        ('"a b"~5', Phrase("a b", 5)),
        ('"a b"~5^2', Boost(Phrase("a b", 5), 2)),
        ("/a b/ /a\\/b/ /x/^2", And((Pattern("a b"), Pattern("a/b"), Boost(Pattern("x"), 2)))),
        ("(/a|b/)", Pattern("a|b")),
        (r"/\d+\/\\/", Pattern(r"\d+/\\")),
        (
            "retr* w?rd *x g*\\*",
            And((Wildcard("retr*"), Wildcard("w?rd"), Wildcard("*x"), Wildcard("g*\\*"))),
        ),
        ("retry~ retry~2^3", And((Fuzzy("retry", 1), Boost(Fuzzy("retry", 2), 3)))),
        ('~"growing delays"', Meaning("growing delays")),
        ("content:a content:(a OR b)", And((Content(A), Content(Or((A, B)))))),
        ("c:-x content:file:y", And((Content(Word("-x")), Content(Word("file:y"))))),
        ('c:"a b" c:a* c:/a/', And((Content(Phrase("a b")), Content(Wildcard("a*")), Content(Pattern("a"))))),
        ("ast:'f($$$, \\'x\\')'", Structure("f($$$, 'x')")),
        ("ast:f($A)", Structure("f($A)")),
        # fields
        ("file:x path:x f:x", And((Path("x", Style.TEXT),) * 3)),
        ("file:src/*.go", Path("src/*.go", Style.GLOB)),
        ("file:[ab].go", Path("[ab].go", Style.GLOB)),
        (r"file:\.go$", Path(r"\.go$", Style.REGEX)),
        ("file:(a|b)/x", Path("(a|b)/x", Style.REGEX)),
        ("file:src.*go", Path("src.*go", Style.REGEX)),
        ("file:/a.c/", Path("a.c", Style.REGEX)),
        ("file:/usr/include", Path("/usr/include", Style.TEXT)),
        ('file:"a*"', Path("a*", Style.TEXT)),
        ("file:(a OR -b*)", Or((Path("a", Style.TEXT), Not(Path("b*", Style.GLOB))))),
        ("-file:test", Not(Path("test", Style.TEXT))),
        ("repo:x r:/y$/", And((Repository("x", Style.TEXT), Repository("y$", Style.REGEX)))),
        ("lang:go,Python l:js", And((Or((GO, Language("python"))), Language("javascript")))),
        ("language:(go OR c++)", Or((GO, Language("cpp")))),
        ("ext:.PY,pyi", Or((Extension("py"), Extension("pyi")))),
        (
            "sym:Foo symbol:get* sym:/x$/",
            And((Symbol("Foo"), Symbol("get*", Style.GLOB), Symbol("x$", Style.REGEX))),
        ),
        ("sym:^get sym:a|b", And((Symbol("^get", Style.REGEX), Symbol("a|b", Style.REGEX)))),
        ("sym:$scope sym:operator|", And((Symbol("$scope"), Symbol("operator|")))),
        ("sym:operator+ sym:a::b", And((Symbol("operator+"), Symbol("a::b")))),
        ('sym:"get*"^2', Boost(Symbol("get*"), 2)),
        ("kind:class,structs", Symbol("", kinds=frozenset({"class", "struct"}))),
        ("kind:func", Symbol("", kinds=frozenset({"function", "method"}))),
        ("sym:X kind:class a", And((Symbol("X", kinds=frozenset({"class"})), A))),
        ("kind:(class OR struct) sym:X", Symbol("X", kinds=frozenset({"class", "struct"}))),
        ("sym:X (kind:class)", And((Symbol("X"), Symbol("", kinds=frozenset({"class"}))))),
        ("-sym:X kind:class", And((Not(Symbol("X")), Symbol("", kinds=frozenset({"class"}))))),
        ("size:<10k size:>=1.5M size:100", And((Size("<", 10240), Size(">=", 3 << 19), Size("=", 100)))),
        ("size:10kb..1MiB", And((Size(">=", 10240), Size("<=", 1 << 20)))),
        ("modified:<7d modified:>=2026-01-31", And((Modified("<", "7d"), Modified(">=", "2026-01-31")))),
        ("modified:2026-01-01..2026-01-31", And((Modified(">=", "2026-01-01"), Modified("<", "2026-02-01")))),
        ("is:test -is:vendored is:generated", And((Is("test"), Not(Is("vendored")), Is("generated")))),
    ],
)
def test_what_a_query_means(text: str, root: Node) -> None:
    query = parse(text)
    assert (query.root, query.case, query.results) == (root, CaseRule.AUTO, Results.LINES)
    assert parse_query(print_query(query)) == query


@pytest.mark.parametrize(
    ("text", "root", "case", "results"),
    [
        ("case:yes a", A, CaseRule.YES, Results.LINES),
        ("a AND case:no", A, CaseRule.NO, Results.LINES),
        ("(a case:no) OR b case:no t:file", Or((A, B)), CaseRule.NO, Results.FILES),
        ("a type:repo", A, CaseRule.AUTO, Results.REPOSITORIES),
        ("type:symbol a b", And((A, B)), CaseRule.AUTO, Results.SYMBOLS),
    ],
)
def test_what_is_said_of_the_whole_query(text: str, root: Node, case: CaseRule, results: Results) -> None:
    query = parse(text)
    assert (query.root, query.case, query.results) == (root, case, results)
    assert parse_query(print_query(query)) == query


@pytest.mark.parametrize(
    ("text", "at", "words"),
    [
        ("", 1, "empty"),
        ("a b\udcff", 4, "Unicode"),
        ('a "b', 3, "not closed"),
        ('a ""', 3, "nothing is in the quotes"),
        ("(a b", 1, "not closed"),
        ("a)", 2, "closes nothing"),
        ("a ()", 3, "group is empty"),
        ("a AND", 3, "nothing behind it"),
        ("a OR", 3, "nothing behind it"),
        ("a OR OR b", 6, "nothing before it"),
        ("OR a", 1, "nothing before it"),
        ("AND a", 1, "nothing before it"),
        ("(AND a)", 2, "nothing before it"),
        ("a NOT", 3, "nothing behind it"),
        ("a NEAR/x b", 3, "no distance"),
        ("a NEAR/0 b", 3, "no distance"),
        ("a NEAR/5", 3, "nothing behind it"),
        ("NEAR/5 a", 1, "nothing before it"),
        ("a NEAR/5 (b c)", 10, "NEAR cannot have this operand"),
        ("lang:go NEAR/5 b", 1, "NEAR cannot have this operand"),
        ("a NEAR/5 -b", 10, "NEAR cannot have this operand"),
        ("a NEAR/5 case:yes", 10, "for the whole query"),
        ("a lang:", 3, "no value"),
        ("land:go x", 1, '"lang:"'),
        ("author:me lang:go", 1, "one of ast, case, content"),
        ("author:me OR a", 1, "one of ast, case, content"),
        ("x lang:pyton", 8, '"python"'),
        ("lang:go,", 6, "empty name"),
        ("kind:klass", 6, '"class"'),
        ("is:tests", 4, '"test"'),
        ("type:repos a", 6, '"repo"'),
        ("case:maybe a", 6, "yes, no or auto"),
        ("case:yes case:no a", 10, "given twice"),
        ("-case:yes a", 1, "cannot be negated"),
        ("case:yes", 1, "nothing is looked for"),
        ("a OR case:yes", 3, "nothing behind it"),
        ('a -~"b"', 3, "meaning cannot be negated"),
        ('-(a OR ~"b")', 1, "meaning cannot be negated"),
        ("ab~1", 1, "at least 3 letters"),
        ("getUser~1", 1, "not several"),
        ("1abc~", 1, "at least 3 letters"),
        ("retry~3", 1, "out of range"),
        ('"a b"~', 6, "no number"),
        ('"a b"~0', 6, "no number"),
        ('", ;"~5', 1, "no word"),
        ('"a b"^x', 6, "no weight"),
        ("(a)^0", 4, "no weight"),
        ("size:10x", 6, "no size"),
        ("size:1k..", 6, "no size"),
        ("modified:7d", 10, "no time"),
        ("modified:<2026-02-30", 10, "no time"),
        ("file:c++", 6, "possessive"),
        ("file:a|(?=b)", 6, "looks around"),
        ("repo:a(b", 6, "quotes"),
        ("sym:/(/", 5, "quotes"),
        ("(" * (MAX_DEPTH + 1) + "a", MAX_DEPTH + 1, "inside each other"),
        ("NOT " * (MAX_DEPTH + 1) + "a", MAX_DEPTH * 4 + 1, "inside each other"),
        ("a" + " NEAR a" * (MAX_DEPTH + 1), MAX_DEPTH * 7 + 3, "inside each other"),
    ],
)
def test_what_is_wrong(text: str, at: int, words: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        parse(text)
    message = str(caught.value)
    assert f"(character {at} of the query)" in message
    assert words in message
    assert "\n" not in message
    assert isinstance(caught.value, QueryError)
    parse(message.rpartition("; for example: ")[2])


def test_unknown_fields_without_a_near_one_are_words() -> None:
    assert parse("foo:bar") == parse("foo\\:bar")
    assert parse("TODO:x OR own:^2").root == Or((Word("TODO:x"), Boost(Word("own:"), 2)))
    assert parse("text:x lines:3").root == And((Word("text:x"), Word("lines:3")))


def test_depth_is_of_what_is_open() -> None:
    parse("(a) " * (MAX_DEPTH + 1))
    parse("(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH)
