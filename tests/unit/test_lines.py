"""From hits to lines with spans, and which lines make a snippet."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from codelode.model import Hit, Match
from codelode.surfaces.lines import Line, clip, groups, hit_lines, snippet


def hit(text: str, *matches: Match, start: int = 1) -> Hit:
    return Hit("a.c", start, start + text.count("\n"), 1.0, "c", "", text, matches)


def test_matches_are_given_to_their_lines():
    lines = hit_lines(hit("ab\ncd\nef", Match(11, 1, 2), Match(11, 2, 1), Match(12, 2, 0), start=10))
    assert [(line.number, line.text, line.spans) for line in lines] == [
        (10, "ab", []),
        (11, "cd", [(0, 2), (1, 2)]),
        (12, "ef", [(1, 1)]),
    ]
    assert [line.matched for line in lines] == [False, True, True]


def test_a_match_may_run_over_line_ends():
    lines = hit_lines(hit("ab\n\ncd\nef", Match(1, 2, 4)))
    assert [line.spans for line in lines] == [[(1, 2)], [(0, 0)], [(0, 1)], []]


def test_only_line_feeds_end_lines():
    text = "a\x0bb\x0cc\x85d\u2028e\rf"
    assert [line.text for line in hit_lines(hit(text + "\r\ng"))] == [text + "\r", "g"]


def test_matches_outside_the_text_are_clamped():
    lines = hit_lines(hit("abc", Match(1, 9, 2), Match(7, 1, 1)))
    assert [line.spans for line in lines] == [[(3, 3)]]


def test_groups_are_cut_at_gaps():
    lines = [Line(n, "") for n in (1, 2, 5, 6, 9)]
    assert [[line.number for line in group] for group in groups(lines)] == [[1, 2], [5, 6], [9]]
    assert list(groups([])) == []


def numbers(lines: list[Line]) -> list[int]:
    return [line.number for line in lines]


def test_snippet_prefers_lines_with_most_matches():
    lines = [Line(n, "abcdefghi", [(i, i + 1) for i in range(n % 5)]) for n in range(1, 21)]
    assert numbers(snippet(lines, 0, most=4)) == [4, 9, 14, 19]
    assert numbers(snippet(lines, 1, most=3)) == [3, 4, 5]


def test_snippet_prefers_different_words_to_one_word_often():
    often = Line(1, "x X x", [(0, 1), (2, 3), (4, 5)])
    both = Line(2, "x y", [(0, 1), (2, 3)])
    assert numbers(snippet([often, both], 0, most=1)) == [2]
    assert numbers(snippet([both, often], 0, most=1)) == [2]


def test_snippet_without_match_skips_blank_lines():
    lines = [Line(1, "", []), Line(2, "  ", []), Line(3, "def f():", []), Line(4, "    pass", [])]
    assert numbers(snippet(lines, 0)) == [3]
    assert numbers(snippet(lines, 1)) == [3, 4]
    assert numbers(snippet(lines[:2], 0)) == [1]


def test_snippet_without_match_is_the_beginning():
    lines = [Line(n, "x") for n in range(1, 9)]
    assert numbers(snippet(lines, 0)) == [1]
    assert numbers(snippet(lines, 2)) == [1, 2, 3]


def test_clip_keeps_the_first_match_in_sight():
    line = Line(1, "a" * 50 + "MATCH" + "b" * 50, [(50, 55)])
    clipped = clip(line, 20)
    assert clipped.text == "…" + "a" * 5 + "MATCH" + "b" * 10 + "…"
    assert clipped.spans == [(6, 11)]
    assert clip(line, 105) is line
    assert clip(Line(1, "c" * 30), 10).text == "c" * 10 + "…"
    at_end = clip(Line(1, "c" * 30 + "END", [(30, 33)]), 10)
    assert (at_end.text, at_end.spans) == ("…" + "c" * 7 + "END", [(8, 11)])


LINES = st.lists(
    st.lists(st.integers(0, 5).map(lambda i: (i, i + 1)), max_size=3), min_size=1, max_size=30
).map(lambda all_spans: [Line(n, "abcdef", spans) for n, spans in enumerate(all_spans, 7)])


@given(LINES, st.integers(0, 3), st.integers(1, 12))
def test_snippet_is_small_ordered_and_about_matches(lines, around, most):
    chosen = snippet(lines, around, most)
    assert chosen
    assert len(chosen) <= max(most, 2 * around + 1)
    assert numbers(chosen) == sorted(set(numbers(chosen)))
    if any(line.matched for line in lines):
        best = max(len(set(line.spans)) for line in lines)
        assert any(len(set(line.spans)) == best for line in chosen)
        matched = [line.number for line in chosen if line.matched]
        assert all(min(abs(n - m) for m in matched) <= around for n in numbers(chosen))


@given(
    st.text("ab", max_size=80),
    st.lists(st.tuples(st.integers(0, 80), st.integers(0, 9)), max_size=4),
    st.integers(4, 60),
)
def test_clip_shows_the_same_text_under_every_span_it_keeps(text, raw, width):
    spans = sorted((min(s, len(text)), min(s + n, len(text))) for s, n in raw)
    clipped = clip(Line(1, text, spans), width)
    assert len(clipped.text) <= width + 2
    assert clipped.text.strip("…") in text
    if spans:
        start, end = clipped.spans[0]
        kept = clipped.text[start:end]
        assert text[spans[0][0] : spans[0][1]].startswith(kept)
        assert kept or spans[0][0] == spans[0][1]


def test_without_a_match_the_first_line_that_says_something_stands_for_all():
    unmatched = Hit("a.c", 5, 8, 1.0, "c", "", "\n/**\n * Frees it.\n */", ())
    assert [line.number for line in snippet(hit_lines(unmatched), 0)] == [7]
    assert [line.number for line in snippet(hit_lines(unmatched), 1)] == [7, 8]
    blank = Hit("a.c", 1, 2, 1.0, "c", "", "{\n}", ())
    assert [line.number for line in snippet(hit_lines(blank), 0)] == [1]
