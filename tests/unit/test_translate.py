import pytest

from codelode.errors import PatternError
from codelode.query.engine import Program
from codelode.query.regex import parse
from codelode.query.translate import to_re2, to_re2_without_long_folds


def found(source: str, text: str, *, ignore_case: bool = False) -> list[str]:
    encoded = text.encode()
    spans = Program(to_re2(parse(source, ignore_case=ignore_case).root)).find_each(encoded)
    return [encoded[start:end].decode() for start, end in spans]


@pytest.mark.parametrize(
    ("source", "text", "matches"),
    [
        (r"\w+", "été日本_١ a-b Ⓐ a\u0301 \u200c", ["été日本_١", "a", "b", "Ⓐ", "a\u0301", "\u200c"]),
        (r"\W+", "été日本€\u2028x", ["€\u2028"]),
        (r"\d", "1١२x", ["1", "١", "२"]),
        (r"\s", "a\u00a0\u3000\x0b\x85b", ["\u00a0", "\u3000", "\x0b", "\x85"]),
        (r"[^\W\d_]+", "foo_12été", ["foo", "été"]),
        (r"[^\D1]+", "123 ٣", ["23", "٣"]),
        (r"[^\PLé]+", "aéb1", ["a", "b"]),
        (r"[\W_]+", "a_€b", ["_€"]),
        (r"[\S\s]+", "a b\nc", ["a b", "c"]),
        (r"[^\S\n]+", "a \t\n\nb", [" \t"]),
        (r"[^a]+", "ba\n\nb", ["b", "b"]),
        (r"\PL+", "a1\n2", ["1", "2"]),
        (r"(?s).+", "a\nb", ["a", "b"]),
        (r"^b$", "a\nb\nb", ["b", "b"]),
        ("a|bc|b", "bcab", ["bc", "a", "b"]),
        ("(?:a|ab)(?:c|bcd)", "abcd", ["abcd"]),
        ("(ab|c){2}", "abcab", ["abc"]),
        ("a{2,3}?", "aaaa", ["aa", "aa"]),
        (r"(?i)[^\P{Lu}]", "aB", ["a", "B"]),
        (r"\x{0}+", "a\0\0", ["\0\0"]),
        (r"[^\x00-\x{10ffff}]", "abc", []),
        ("[a-", "", None),
    ],
)
def test_meaning(source: str, text: str, matches: list[str] | None) -> None:
    if matches is None:
        with pytest.raises(PatternError):
            found(source, text)
    else:
        assert found(source, text) == matches


def test_case_folding_is_unicodes() -> None:
    assert found("kiss", "KISS \u212ai\u017fs Kiß", ignore_case=True) == ["KISS", "\u212ai\u017fs"]
    assert found("σ", "Σσς", ignore_case=True) == ["Σ", "σ", "ς"]
    assert found("i", "Iİıi", ignore_case=True) == ["I", "i"]


def test_without_long_folds_is_the_same_on_texts_without_them() -> None:
    for source in ("Kiss", "task*", "(?-i:k)s", "[ks]t", "été"):
        root = parse(source, ignore_case=True).root
        text = "kISs TASK tasKKk ks KT st ÉTÉ".encode()
        assert Program(to_re2_without_long_folds(root)).find_each(text) == Program(to_re2(root)).find_each(
            text
        )
    assert to_re2_without_long_folds(parse("k", ignore_case=True).root) == "[Kk]"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (r"\w{1000}\w{1000}", "too large"),
        (r"\p{Klingon}", r"\p{Klingon}"),
        (r"[^\PX]", r"\p{X}"),
        ("((a{100}){100}){100}", "more than 1,000 copies"),
    ],
)
def test_what_only_re2_refuses(source: str, message: str) -> None:
    with pytest.raises(PatternError) as caught:
        Program(to_re2(parse(source).root))
    assert message in str(caught.value)


def test_a_pattern_that_is_no_re2() -> None:
    with pytest.raises(PatternError, match="RE2 refuses the pattern: missing"):
        Program("(a")


def test_program_searches_a_part_with_its_surroundings() -> None:
    program = Program("^b")
    assert program.find(b"ab\nb", 1, 4) == (3, 4)
    assert program.find(b"ab", 1, 2) == (-1, -1)
    assert program.is_whole(b"b")
    assert not program.is_whole(b"bb")
