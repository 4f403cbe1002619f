import pytest

from codelode.query.literals import literal_tree, pattern_tree
from codelode.query.regex import parse
from codelode.query.trees import ALL, NOTHING, And, KeyRange, Or, Require, describe


def req(*texts: str) -> Require:
    keys = {
        int.from_bytes(text.encode()[i : i + 3], "big")
        for text in texts
        for i in range(len(text.encode()) - 2)
    }
    return Require(tuple(sorted(keys)))


KELVIN, LONG_S = req("\u212a"), KeyRange(0xC5BF00, 0xC5BFFF)


@pytest.mark.parametrize(
    ("source", "tree"),
    [
        ("", ALL),
        ("ab", ALL),
        ("abc", req("abc")),
        ("ABCdef", req("abcdef")),
        ("été", req("été".lower())),
        ("abc|abd", Or((req("abc"), req("abd")))),
        ("abc|de", ALL),
        ("abcd|bcde", And((req("bcd"), Or((req("abc"), req("cde")))))),
        ("abcd|bcd", req("bcd")),
        ("abc.*def", req("abc", "def")),
        ("abc.def", req("abc", "def")),
        ("ab.cd", ALL),
        ("a[bc]d", Or((req("abd"), req("acd")))),
        ("ab(c|d)", Or((req("abc"), req("abd")))),
        ("(foo)?bar", req("bar")),
        ("(foo)*bar", req("bar")),
        ("(foo)+bar", req("foobar")),
        ("(foo){2}", req("foofoo")),
        ("(foo){2,}", req("foofoo")),
        ("(foo){0}bar", req("bar")),
        ("a{3}", req("aaa")),
        ("ba{2,}", req("baa")),
        ("^abc$", req("abc")),
        (r"ab\bc", req("abc")),
        ("abc[^d]efg", req("abc", "efg")),
        (r"abc\w", req("abc")),
        ("[^\\x00-\\x{10ffff}]abc", req("abc")),
        ("(?i)abc", req("abc")),
        ("(?i)tex", req("tex")),
        ("(?i)mak", Or((req("mak"), KELVIN))),
        ("(?i)sit", Or((req("sit"), LONG_S))),
        ("(?i)ask", Or((req("ask"), KELVIN, LONG_S))),
        ("(?i)ma[jk]", Or((req("maj"), req("mak"), KELVIN))),
        ("(?i)s", ALL),
        ("(?i)жук", None),
        ("(?i)日本", req("日本")),
        ("(?i)abcßdef", req("abc", "def")),
    ],
)
def test_trees(source: str, tree: object) -> None:
    found = pattern_tree(parse(source).root)
    if tree is None:  # many strings: each letter has two cases, and two bytes
        assert isinstance(found, Or | And)
    else:
        assert found == tree, describe(found)


def test_literals() -> None:
    assert literal_tree("a.*", ignore_case=False) == req("a.*")
    assert literal_tree("Ask", ignore_case=True) == Or((req("ask"), KELVIN, LONG_S))
    assert literal_tree("", ignore_case=False) == ALL


def test_large_classes_are_any_character() -> None:
    assert pattern_tree(parse("abc[a-z]def").root) == req("abc", "def")
    # Each small, but a thousand strings together.
    assert pattern_tree(parse("[0-9][0-9][0-9]").root) == ALL
    assert pattern_tree(parse("v[0-9]x").root) != ALL


def test_an_empty_class_matches_nothing() -> None:
    assert pattern_tree(parse("[^\\s\\S]").root) == ALL  # not looked into
    assert pattern_tree(parse("[\\x{d7ff}-\\x{e000}]").root) == ALL


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        (ALL, "every file"),
        (NOTHING, "no file"),
        (req("abcd"), '"abc" & "bcd"'),
        (Or((req('a\n"'), KELVIN, LONG_S)), r'"a\n\"" | "\xe2\x84\xaa" | "\xc5\xbf\x00".."\xc5\xbf\xff"'),
        (And((req("abc"), Or((req("xyz"), req("defg"))))), '"abc" & ("xyz" | ("def" & "efg"))'),
    ],
)
def test_describe(tree: object, text: str) -> None:
    assert describe(tree) == text  # type: ignore[arg-type]
