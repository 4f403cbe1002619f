import pytest

from codelode.errors import PatternError
from codelode.query.charclass import horizontal_space
from codelode.query.parsed import parse_literal
from codelode.query.regex import parse
from codelode.query.syntax import (
    Alternate,
    Anchor,
    AnyChar,
    Assertion,
    Atomic,
    Backreference,
    BranchReset,
    Capture,
    CharClass,
    Concat,
    Conditional,
    Literal,
    Look,
    Perl,
    Property,
    Range,
    Recursion,
    Repeat,
    Special,
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
        (r"(a)\2", "backreference to group 2", 4),
        (r"\8", "backreference to group 8", 1),
        ("(?P=n)(?P<m>a)", "backreference to group n", 1),
        (r"\k<n>", "backreference to group n", 1),
        (r"(a)\g{-2}", "backreference to group -2", 4),
        (r"\k", r"\k", 1),
        (r"(a)\g<1>", r"\g", 4),
        ("(?(1)a)", "conditional to group 1", 1),
        ("(a)(?(1)b|c|d)", "conditional with more than two branches", 4),
        ("(?(a b)c)", "conditional (?(...)...)", 1),
        ("(?#x", "comment (?#...) that is never closed", 1),
        ("(?1)", "recursion to group 1", 1),
        ("(?&n)", "recursion to group n", 1),
        ("(?P>n)", "recursion to group n", 1),
        ("(*UTF8)", "verb", 1),
        ("(?r)a", "flag r", 1),
        (r"\Ga", r"\G", 1),
        (r"\C", r"\C", 1),
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
    assert not parse_literal("a").multiline
    assert parse_literal("a\nb").multiline


A, B = lit("a"), lit("b")


@pytest.mark.parametrize(
    ("source", "tree"),
    [
        ("a(?=b)", Concat((A, Look(B, False, False)))),
        ("a(?!b)", Concat((A, Look(B, False, True)))),
        ("(?<=b)a", Concat((Look(B, True, False), A))),
        ("(?<!b)a", Concat((Look(B, True, True), A))),
        (r"(a)\1", Concat((Capture(A), Backreference(1, False)))),
        (r"(?i)(a)\1", Concat((Capture(lit("a", fold=True)), Backreference(1, True)))),
        ("(?P<n>a)(?P=n)", Concat((Capture(A), Backreference(1, False)))),
        (r"(?<n>a)\k<n>", Concat((Capture(A), Backreference(1, False)))),
        (r"(?'n'a)\k{n}", Concat((Capture(A), Backreference(1, False)))),
        (r"(a)\g1\g{-1}", Concat((Capture(A), Backreference(1, False), Backreference(1, False)))),
        (r"(\2|(a))", Capture(Alternate((Backreference(2, False), Capture(A))))),
        (r"(a)\1\x31", Concat((Capture(A), Backreference(1, False), lit("1")))),
        ("(?>a)", Atomic(A)),
        ("a++b", Concat((Atomic(Repeat(A, 1, None, True)), B))),
        ("a{2}+", Atomic(Repeat(A, 2, 2, True))),
        ("(a)(?(1)b)", Concat((Capture(A), Conditional(1, B, Concat(()))))),
        ("(?<n>a)(?(n)b|a)", Concat((Capture(A), Conditional(1, B, A)))),
        ("(?(?=a)ab|b)", Conditional(Look(A, False, False), lit("ab"), B)),
        ("(?(DEFINE)(?<n>a))(?&n)", Concat((Conditional(None, Capture(A), Concat(())), Recursion(1)))),
        ("(?|(a)|(b))", BranchReset(Alternate((Capture(A), Capture(B))))),
        (
            r"(?|(a)|(b))(a)\2",
            Concat((BranchReset(Alternate((Capture(A), Capture(B)))), Capture(A), Backreference(2, False))),
        ),
        ("a(?R)?", Concat((A, Repeat(Recursion(0), 0, 1, True)))),
        ("(a)(?-1)(?P>1)", Concat((Capture(A), Recursion(1), Recursion(1)))),
        ("(?+1)(a)", Concat((Recursion(1), Capture(A)))),
        (r"a\Kb(*SKIP)\X(*F)", Concat((A, Special.KEEP, B, Special.SKIP, Special.GRAPHEME, Special.FAIL))),
    ],
)
def test_beyond_re2(source: str, tree: object) -> None:
    parsed = parse(source)
    assert parsed.root == tree
    assert parsed.beyond


@pytest.mark.parametrize(
    "source", [r"\<", r"\>", r"\b{start}", r"\b{end}", r"\b{start-half}", r"\b{end-half}"]
)
def test_word_starts_and_ends(source: str) -> None:
    assert parse(source).beyond


@pytest.mark.parametrize(
    ("source", "tree"),
    [
        ("a(?#b)b", lit("ab")),
        ("(?x) a b # c\n", lit("ab")),
        ("(?x: a) b", lit("a b")),
        (r"(a)\11", lit("a\t")),  # octal: there are no 11 groups
        (r"a\Z", Concat((A, Assertion(Anchor.LINE_END)))),
        (r"\N", AnyChar()),
        (r"[^\n]", CharClass((Range(10, 10),), True, False)),
        (r"\h+", Repeat(CharClass(tuple(horizontal_space("h")), False, False), 1, None, True)),
        (r"[\h]", CharClass(tuple(horizontal_space("h")), False, False)),
    ],
)
def test_what_re2_can_say_too(source: str, tree: object) -> None:
    parsed = parse(source)
    assert parsed.root == tree
    assert not parsed.beyond
    assert not parsed.multiline


@pytest.mark.parametrize(
    ("source", "multiline"),
    [
        (r"a\nb", True),
        ("a\nb", True),
        (r"\x0a", True),
        (r"a\R", True),
        (r"[\n]", True),
        (r"[\s\n]a", True),
        (r"[^\n]", False),
        (r"[^a\n]", False),
        (r"a\sb", False),
        (r"[\s\S]", False),
        (r"[\x00-\x7f]", False),
        ("(?s)a", False),
        ("(?s)a.", True),
        ("(?s:a).", False),
        ("(?x)a\nb", False),
    ],
)
def test_what_makes_a_pattern_cross_lines(source: str, multiline: bool) -> None:
    assert parse(source).multiline is multiline


def test_anchors_across_lines() -> None:
    newline = lit("\n")
    start, end = Assertion(Anchor.TEXT_START), Assertion(Anchor.TEXT_END)
    assert parse(r"\A\n^").root == Concat((start, newline, Assertion(Anchor.LINE_START)))
    assert parse(r"(?-m)$\n").root == Concat((end, newline))
    assert parse("(?s).|(?-s).").root == Alternate((AnyChar(True), AnyChar()))


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
