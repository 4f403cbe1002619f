import pytest

from codelode.errors import PatternError, QueryError
from codelode.query.regex import parse, parse_literal
from codelode.query.syntax import (
    Alternate,
    Anchor,
    AnyChar,
    Assertion,
    CharClass,
    Concat,
    Literal,
    Perl,
    Property,
    Range,
    Repeat,
    can_be_empty,
    has_word_border,
)


def lit(text: str, *, fold: bool = False) -> Literal:
    return Literal(text, fold)


@pytest.mark.parametrize(
    ("source", "tree"),
    [
        ("", Concat(())),
        ("abc", lit("abc")),
        ("(a)(?:b)(?P<n>c)(?<m>d)", lit("abcd")),
        ("a|b|", Alternate((lit("a"), lit("b"), Concat(())))),
        ("ab*", Concat((lit("a"), Repeat(lit("b"), 0, None, True)))),
        ("(ab)+?", Repeat(lit("ab"), 1, None, False)),
        ("a{3}", Repeat(lit("a"), 3, 3, True)),
        ("a{3,}", Repeat(lit("a"), 3, None, True)),
        ("a{3,5}?", Repeat(lit("a"), 3, 5, False)),
        ("a{,3}", lit("a{,3}")),
        ("f() {", lit("f {")),
        ("(?U)a+b+?", Concat((Repeat(lit("a"), 1, None, False), Repeat(lit("b"), 1, None, True)))),
        ("(?i)a(?-i)b", Concat((lit("a", fold=True), lit("b")))),
        ("(?i:a)b", Concat((lit("a", fold=True), lit("b")))),
        ("(?i)(?-i:a|b)c", Concat((Alternate((lit("a"), lit("b"))), lit("c", fold=True)))),
        ("((?i)a|b)c", Concat((Alternate((lit("a", fold=True), lit("b", fold=True))), lit("c")))),
        ("(?ms-i)a", lit("a")),
        (r"\x41\x{10FFFF}\u{e9}\u00e9\U000000e9\101\0\a\f\t\v\r", lit("A\U0010ffffééé" + "A\0\a\f\t\v\r")),
        (r"\.\-\_\/", lit(".-_/")),
        (r"\Qa.b*\Ec", lit("a.b*c")),
        (r"\Qa.b", lit("a.b")),
        ("^.$", Concat((Assertion(Anchor.LINE_START), AnyChar(), Assertion(Anchor.LINE_END)))),
        (r"\A\z", Concat((Assertion(Anchor.LINE_START), Assertion(Anchor.LINE_END)))),
        (r"\b\B", Concat((Assertion(Anchor.WORD_BORDER), Assertion(Anchor.NO_WORD_BORDER)))),
        (
            r"\w\D",
            Concat(
                (CharClass((Perl("w", False),), False, False), CharClass((Perl("d", True),), False, False))
            ),
        ),
        ("[a-c]", CharClass((Range(97, 99),), False, False)),
        ("[]a]", CharClass((Range(93, 93), Range(97, 97)), False, False)),
        ("[^]a-]", CharClass((Range(93, 93), Range(97, 97), Range(45, 45)), True, False)),
        (r"(?i)[\]\x41]", CharClass((Range(93, 93), Range(65, 65)), False, True)),
        (
            r"[\w\S\pL\PN]",
            CharClass(
                (Perl("w", False), Perl("s", True), Property("L", False), Property("N", True)), False, False
            ),
        ),
        ("[[:digit:]_]", CharClass((Range(48, 57), Range(95, 95)), False, False)),
        ("[[:^ascii:]]", CharClass((Range(128, 0x10FFFF),), False, False)),
        (r"\p{^Greek}", CharClass((Property("Greek", True),), False, False)),
        (r"\P{^Lu}", CharClass((Property("Lu", False),), False, False)),
        (r"\p{lowercase letter}", CharClass((Property("Ll", False),), False, False)),
        (r"\p{sc=old-italic}", CharClass((Property("Old_Italic", False),), False, False)),
        (
            r"[^\n]|[\na]",
            Alternate(
                (
                    CharClass((Range(10, 10),), True, False),
                    CharClass((Range(10, 10), Range(97, 97)), False, False),
                )
            ),
        ),
    ],
)
def test_trees(source: str, tree: object) -> None:
    assert parse(source).root == tree


@pytest.mark.parametrize(
    ("source", "construct", "position"),
    [
        ("foo(?=bar)", "lookahead (?=...)", 4),
        ("(?!a)", "negative lookahead (?!...)", 1),
        ("a(?<=b)", "lookbehind (?<=...)", 2),
        ("(?<!b)", "negative lookbehind (?<!...)", 1),
        (r"(a)\1", r"backreference \1", 4),
        (r"\8", r"backreference \8", 1),
        ("(?P<n>a)(?P=n)", "backreference (?P=...)", 9),
        (r"\k<n>", r"backreference \k", 1),
        (r"\g1", r"backreference \g", 1),
        ("(?>a)", "atomic group", 1),
        ("a++", "possessive quantifier", 3),
        ("(?(1)a)", "conditional", 1),
        ("(?#x)", "comment", 1),
        ("(?|a)", "branch reset", 1),
        ("(?R)", "recursion", 1),
        ("(?1)", "recursion", 1),
        ("(?&n)", "recursion", 1),
        ("(?P>n)", "recursion", 1),
        ("(*UTF8)", "verb", 1),
        ("(?x)a", "flag x", 1),
        (r"a\Z", r"\Z", 2),
        (r"\Ga", r"\G", 1),
        (r"\bfoo\>", r"word end \>", 6),
        (r"\b{start}", r"\b{...}", 1),
        (r"\C", r"\C", 1),
        (r"\h", r"\h", 1),
        (r"\q", r"escape \q", 1),
        (r"\é", r"escape \é", 1),
        ("a\\", "backslash at the end", 2),
        (r"\x4", r"\x", 1),
        (r"\x{110000}", r"\x", 1),
        (r"\x{d800}", r"\x", 1),
        ("(a", "group ( that is never closed", 1),
        ("a)", "parenthesis ) that closes no group", 2),
        ("(?", "unknown group (?", 1),
        ("(?)", "unknown group (?", 1),
        ("(?<1 a>b)", "group without a valid name", 1),
        ("(?P<n>a)(?P<n>b)", "second group named n", 9),
        ("[a", "class [ that is never closed", 1),
        ("x[", "class [ that is never closed", 2),
        ("[z-a]", "range z-a", 2),
        (r"[a-\d]", r"escape \d", 4),
        ("[[:foo:]]", "class [:foo:]", 2),
        ("[a&&b]", "class operator &&", 3),
        (r"\p1", r"\p", 1),
        ("*a", "* with nothing to repeat", 1),
        ("a|+", "+ with nothing to repeat", 3),
        ("(?i)*", "* with nothing to repeat", 5),
        ("a**", "* right after a repetition", 3),
        ("a{2}{3}", "{ right after a repetition", 5),
        ("a{1001}", "repetition {1001}", 2),
        ("a{3,2}", "repetition {3,2}", 2),
        ("a{99999999999999999999}", "repetition", 2),
        ("a\nb", "newline", 2),
        (r"a\nb", "newline", 2),
        (r"[\n]", "newline", 1),
        ("(" * 101 + ")" * 101, "group more than 100 groups deep", 101),
    ],
)
def test_refusals_name_the_construct_and_its_position(source: str, construct: str, position: int) -> None:
    with pytest.raises(PatternError) as caught:
        parse(source)
    assert construct in str(caught.value)
    assert f"at position {position}: " in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("source", "has_literal", "has_upper"),
    [
        ("", False, False),
        (r"\w\S\pL.^$\b", False, False),
        (r"\PLu\W", True, False),
        ("foo", True, False),
        ("fOo", True, True),
        ("[a-z]", True, False),
        ("[A-Z]", True, True),
        ("[[:upper:]]", False, False),
        (r"\x41", True, True),
        (r"\.", True, False),
        ("Σ", True, True),
        ("ǅ", True, False),
        ("Ⓐ", True, True),
        (r"\QA\E", True, True),
    ],
)
def test_what_smart_case_looks_at(source: str, has_literal: bool, has_upper: bool) -> None:
    parsed = parse(source)
    assert (parsed.has_literal, parsed.has_upper) == (has_literal, has_upper)


def test_literals() -> None:
    assert parse_literal("a.b*").root == lit("a.b*")
    assert parse_literal("").root == Concat(())
    assert parse_literal("aÉ").has_upper
    with pytest.raises(QueryError, match="within a line"):
        parse_literal("a\nb")


@pytest.mark.parametrize(
    ("source", "empty"),
    [
        ("", True),
        ("a", False),
        ("a*", True),
        ("a+", False),
        ("(a*)+", True),
        ("a|", True),
        (r"\b", True),
        ("ab?", False),
    ],
)
def test_can_be_empty(source: str, empty: bool) -> None:
    assert can_be_empty(parse(source).root) is empty


def test_has_word_border() -> None:
    assert has_word_border(parse(r"a(b|(?:c\B)*)").root)
    assert not has_word_border(parse(r"^a(b|c)*$").root)
