import pytest

from codelode.errors import PatternError
from codelode.model import Case
from codelode.query.trees import ALL
from codelode.search.matcher import LiteralMatcher, RegexMatcher, WordBorderMatcher
from codelode.search.patterns import compile_literal, compile_pattern


def found(source: str, text: str, *, regex: bool = True, case: Case = Case.SENSITIVE) -> list[str]:
    encoded = text.encode()
    matcher = (compile_pattern if regex else compile_literal)(source, case).matcher
    spans = matcher.find_all(encoded)
    assert matcher.matches(encoded) == bool(spans)
    return [encoded[start:end].decode() for start, end in spans]


def spans(source: str, text: str) -> list[tuple[int, int]]:
    return compile_pattern(source, Case.SENSITIVE).matcher.find_all(text.encode())


@pytest.mark.parametrize(
    ("source", "regex", "case", "kind"),
    [
        ("foo", False, Case.SENSITIVE, LiteralMatcher),
        ("Foo", False, Case.SMART, LiteralMatcher),
        ("123 日", True, Case.SMART, RegexMatcher),
        ("123", False, Case.IGNORE, LiteralMatcher),
        ("foo", False, Case.IGNORE, RegexMatcher),
        ("Foo", True, Case.SMART, LiteralMatcher),
        ("foo", True, Case.SMART, RegexMatcher),
        ("", False, Case.SMART, RegexMatcher),
        (r"\bfoo", True, Case.SMART, WordBorderMatcher),
    ],
)
def test_the_cheapest_matcher_is_taken(source: str, regex: bool, case: Case, kind: type) -> None:
    assert isinstance((compile_pattern if regex else compile_literal)(source, case).matcher, kind)


@pytest.mark.parametrize(
    ("source", "case", "ignored"),
    [
        ("foo", Case.SMART, True),
        ("Foo", Case.SMART, False),
        ("foo", Case.SENSITIVE, False),
        ("Foo", Case.IGNORE, True),
        (r"\S+", Case.SMART, False),
        (r"\Sx", Case.SMART, True),
        ("", Case.SMART, False),
    ],
)
def test_smart_case(source: str, case: Case, ignored: bool) -> None:
    assert compile_pattern(source, case).ignore_case is ignored


def test_literals_do_not_overlap() -> None:
    assert found("aa", "aaaaa", regex=False) == ["aa", "aa"]
    assert found("a.c", "a.c abc", regex=False) == ["a.c"]
    assert found("é", "éÉe\u0301", regex=False, case=Case.IGNORE) == ["é", "É"]
    assert found("x", "", regex=False) == []


def test_folds_beyond_ascii_only_where_the_text_has_them() -> None:
    assert found("task", "TASK ta\u017fk é", regex=False, case=Case.IGNORE) == ["TASK", "ta\u017fk"]
    assert found("task", "TASK tas\u212a", regex=False, case=Case.IGNORE) == ["TASK", "tas\u212a"]
    assert found("task", "TASK é", regex=False, case=Case.IGNORE) == ["TASK"]


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("", "ab\n", [(0, 0), (1, 1), (2, 2)]),
        ("", "", []),
        ("", "\n", [(0, 0)]),
        ("", "\n\n", [(0, 0), (1, 1)]),
        ("", "é", [(0, 0), (2, 2)]),
        ("a*", "baab", [(0, 0), (1, 3), (4, 4)]),
        ("a|", "ab\n", [(0, 1), (2, 2)]),
        ("$", "a\n\nb", [(1, 1), (2, 2), (4, 4)]),
        ("^", "a\n\nb\n", [(0, 0), (2, 2), (3, 3)]),
        (r"\b", "é a\n", [(0, 0), (2, 2), (3, 3), (4, 4)]),
        (r"\B", "é\n\nab", [(3, 3), (5, 5)]),
        (r"\b|$", "é", [(0, 0), (2, 2)]),
        (r"\n?$", "a\n\nb", [(1, 2), (2, 2), (4, 4)]),
        (r"b?\n?", "b\na", [(0, 2), (2, 2), (3, 3)]),
    ],
)
def test_empty_matches(source: str, text: str, expected: list[tuple[int, int]]) -> None:
    assert spans(source, text) == expected
    assert compile_pattern(source, Case.SMART).matcher.matches_empty


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        (r"\bété\b", "été étés bété été_\n(été)", ["été", "été"]),
        (r"\b\w+\b", "straße ab\n€12", ["straße", "ab", "12"]),
        (r"\Bb", "éb b ab", ["b", "b"]),
        (r"\bb", "éb b ab", ["b"]),
        (r"foo\b.", "fooé foo€ foo", ["foo€"]),
        (r"(?i)\bσ\w", "ΣΑ aσα ςα", ["ΣΑ", "ςα"]),
        (r"[^a]\b[^a]", "éé€é", ["é€"]),
        (r"\b[a-zé]\b", "日 é日 é", ["é"]),
        (r"\bx", "y\né\n", []),
        (r"\w\b$", "é\nab\n", ["é", "b"]),
    ],
)
def test_word_borders_are_unicodes(source: str, text: str, expected: list[str]) -> None:
    assert found(source, text) == expected


def test_word_borders_with_more_letters_than_there_are_stand_ins() -> None:
    """A pattern that tells 70 word characters of a line apart: ASCII borders then, all else as ever."""
    letters = "".join(map(chr, range(0x4E00, 0x4E00 + 70)))
    pattern = r"\b" + "|".join(letters)
    assert found(pattern, f"é\nab {letters} x") == list(letters[1:])
    # Line after line of other letters is no such case: each line has few.
    lines = "\n".join(letters[i] + "é" for i in range(70))
    assert found(rf"\b(?:{'|'.join(letters)})", lines) == list(letters)


def test_never_across_lines() -> None:
    assert found(r"a\s*b", "a\nb a b") == ["a b"]
    assert found("[^x]+", "a\r\nb") == ["a\r", "b"]


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        (r"a\s*b\n", "a\nb a b\nab", ["a b\n"]),
        (r"a\nb", "a\nba\r\nb a\nb", ["a\nb", "a\nb"]),
        ("(?s)a.b", "a\nb a b axb", ["a\nb", "a b", "axb"]),
        (r"a[^x]b\n", "a\nb\naxb\n", ["a\nb\n"]),
        (r"a[^\n]b\n", "a\nb\na.b\n", ["a.b\n"]),
        (r"\Aa\R+^b$", "a\r\n\nb\na\nb", ["a\r\n\nb"]),
        (r"(?i)\bé\b\n\bs", "É\n\u017f éé\ns", ["É\n\u017f"]),
        (r"\n\b", "\né\n-\na", ["\n", "\n"]),
        (r"\bé[^\S]a|\n\n\n", "é\na éa", ["é\na"]),
        ("(?s).*", "é\na\n", ["é\na\n"]),
    ],
)
def test_across_lines(source: str, text: str, expected: list[str]) -> None:
    assert found(source, text) == expected
    assert compile_pattern(source, Case.SMART).multiline
    assert compile_pattern(source, Case.SMART).matcher.apart


def test_literals_across_lines() -> None:
    assert found("a\nB", "a\nB a\nb", regex=False) == ["a\nB"]
    assert found("a\nb", "A\nb a\nB", regex=False, case=Case.IGNORE) == ["A\nb", "a\nB"]
    assert compile_literal("a\nb", Case.SMART).multiline
    assert compile_literal("a\nb", Case.SMART).matcher.apart
    assert compile_literal("a\nb", Case.SENSITIVE).matcher.apart
    assert not compile_literal("ab", Case.SMART).matcher.apart


def test_text_that_is_not_unicode_is_refused() -> None:
    with pytest.raises(PatternError, match="character 2"):
        compile_literal("a\udcff", Case.SMART)


def test_the_tree_comes_along() -> None:
    compiled = compile_pattern("f.o", Case.SMART)
    assert compiled.tree == ALL
    matcher, tree, ignore_case, *_ = compile_literal("foo", Case.SENSITIVE)
    assert matcher.matches(b"a foo")
    assert tree != ALL
    assert not ignore_case
    assert not matcher.matches_empty


def test_bytes_that_are_not_utf8_do_not_stop_a_search() -> None:
    matcher = compile_pattern(r"\bfoo\b", Case.SMART).matcher
    assert matcher.find_all(b"\xff foo \xe9t\xc3\xa9 foo") == [(2, 5), (11, 14)]
