"""Fitting hits into a number of tokens: what is given up, in which order."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from codelode.model import Hit, Match
from codelode.surfaces.budget import CHARACTERS_A_TOKEN, Fitted, best_line, fit, fit_files, narrow
from codelode.surfaces.lines import hit_lines


def hit(text: str, *matches: Match, start: int = 1, path: str = "a.c") -> Hit:
    return Hit(path, start, start + text.count("\n"), 1.0, "c", "", text, matches)


def characters(of: Hit) -> int:
    return len(of.text)


def three() -> list[Hit]:
    """Three hits of 5 lines and 29 characters, the third line of each matching."""
    return [hit("line1\nline2\nfound\nline4\nline5", Match(12, 1, 5), start=10, path=f"{n}.c") for n in "abc"]


def test_everything_stays_when_it_fits():
    assert fit(three(), 22, characters) == Fitted(tuple(three()))  # 87 characters are 22 tokens


def test_context_of_the_last_hits_goes_first():
    fitted = fit(three(), 21, characters)
    assert [h.text for h in fitted.hits] == [three()[0].text, three()[1].text, "found"]
    assert (fitted.narrowed, fitted.dropped, fitted.cut) == (1, 0, False)
    assert (fitted.hits[2].start_line, fitted.hits[2].end_line) == (12, 12)
    assert [h.text for h in fit(three(), 10, characters).hits] == [three()[0].text, "found", "found"]
    assert [h.text for h in fit(three(), 9, characters).hits] == ["found"] * 3


def test_then_whole_hits_from_the_end():
    fitted = fit(three(), 3, characters)
    assert [(h.path, h.text) for h in fitted.hits] == [("a.c", "found"), ("b.c", "found")]
    assert (fitted.narrowed, fitted.dropped, fitted.cut) == (2, 1, False)


def test_at_last_the_text_of_the_first_hit_is_cut():
    fitted = fit(three(), 1, characters)
    assert [h.text for h in fitted.hits] == ["foun"]
    assert (fitted.dropped, fitted.cut) == (2, True)
    assert fitted.hits[0].matches == (Match(12, 1, 5),)


def test_the_best_line_is_all_that_stays_of_many():
    long = hit("one\ntwo two\nthree", Match(5, 1, 3), Match(6, 1, 3), Match(6, 5, 3), Match(7, 1, 5), start=5)
    (kept,) = fit([long], 2, characters).hits
    assert (kept.text, kept.start_line, kept.end_line) == ("two two", 6, 6)
    assert kept.matches == (Match(6, 1, 3), Match(6, 5, 3))


def test_a_match_over_lines_is_not_torn():
    torn = hit("a\nbc\nde\nf", Match(2, 2, 3))
    assert best_line(torn).text == "bc\nde"
    assert best_line(hit("\n\nx\ny")).text == "x"
    assert best_line(hit("")) == hit("")


def test_more_hits_go_before_more_of_each():
    fitted = fit(three(), 4, characters)
    assert [kept.text for kept in fitted.hits] == ["found"] * 3
    assert (fitted.narrowed, fitted.dropped) == (3, 0)
    large = hit("\n".join(["x found"] * 40), *(Match(line, 3, 5) for line in range(1, 41)), path="large.c")
    fitted = fit([large, *three()], 6, characters)
    assert [kept.text for kept in fitted.hits] == ["x found", "found", "found", "found"]


def test_what_room_is_left_goes_to_the_first_hits():
    fitted = fit([three()[0], hit("x" * 100, path="b.c"), three()[2]], 16, characters)
    assert [(kept.path, kept.text) for kept in fitted.hits] == [("a.c", three()[0].text)]
    assert (fitted.narrowed, fitted.dropped) == (0, 2)


def test_files_are_paid_for_once():
    hits = [hit("x", path=path) for path in ("one.c", "two.c", "one.c", "three.c")]
    fitted = fit_files(hits, 3, lambda each: len(each.path) + 1)
    assert [kept.path for kept in fitted.hits] == ["one.c", "two.c", "one.c"]
    assert fitted.dropped == 1
    assert [kept.path for kept in fit_files(hits, 1, characters).hits][:1] == ["one.c"]
    assert fit_files([], 1, characters) == Fitted(())


def test_a_match_behind_the_cut_still_says_where_it_is():
    (kept,) = fit([hit("x" * 100 + "y", Match(1, 101, 1))], 5, characters).hits
    assert kept.text == "x" * 20
    assert kept.matches == (Match(1, 101, 1),)


def test_the_rest_of_the_output_counts():
    assert fit(three(), 22, characters, overhead=2).narrowed == 1


def test_no_hits_no_harm():
    assert fit([], 1, characters) == Fitted(())


def test_narrow_keeps_the_span_between_matches_and_unmatched_hits():
    between = hit("a\nx\nb\nx\nc", Match(2, 1, 1), Match(4, 1, 1))
    assert narrow(between).text == "x\nb\nx"
    two_lines = hit("a\nbc\nde\nf", Match(2, 2, 3))
    assert narrow(two_lines).text == "bc\nde"
    assert narrow(hit("a\nb")).text == "a\nb"


@st.composite
def hits(draw) -> list[Hit]:
    made = []
    for number in range(draw(st.integers(0, 5))):
        lines = draw(st.lists(st.text("ab é", max_size=8), min_size=1, max_size=6))
        start = draw(st.integers(1, 50))
        spots = [(start + i, column) for i, line in enumerate(lines) for column in range(1, len(line) + 1)]
        chosen = draw(st.lists(st.sampled_from(spots), max_size=3, unique=True)) if spots else []
        matches = [Match(line, column, 1) for line, column in sorted(chosen)]
        made.append(hit("\n".join(lines), *matches, start=start, path=f"{number}.c"))
    return made


def as_json(of: Hit) -> int:
    return len(json.dumps(of.to_json()))


@given(hits(), st.integers(1, 400), st.sampled_from([characters, as_json]))
def test_the_result_fits_or_is_one_cut_hit_and_stays_true(given_hits, tokens, cost):
    fitted = fit(given_hits, tokens, cost)
    room = tokens * CHARACTERS_A_TOKEN
    total = sum(map(cost, fitted.hits))
    assert total <= room or (len(fitted.hits) == 1 and fitted.cut and fitted.hits[0].text == "")
    assert bool(fitted.hits) == bool(given_hits)
    assert len(fitted.hits) + fitted.dropped == len(given_hits)
    changed = 0
    for before, after in zip(given_hits, fitted.hits, strict=False):
        assert (after.path, after.score) == (before.path, before.score)
        assert after.end_line - after.start_line == after.text.count("\n")
        old = {line.number: line.text for line in hit_lines(before)}
        new = hit_lines(after)
        whole = new[:-1] if fitted.cut else new
        assert all(old[line.number] == line.text for line in whole)
        assert old[new[-1].number].startswith(new[-1].text)
        assert set(after.matches) <= set(before.matches)
        assert bool(after.matches) == bool(before.matches)
        changed += after.text != before.text
    assert changed <= fitted.narrowed + fitted.cut
    if fitted.dropped == 0 and not fitted.narrowed and not fitted.cut:
        assert list(fitted.hits) == given_hits


@given(hits(), st.integers(1, 200))
def test_more_tokens_never_show_less(given_hits, tokens):
    less, more = fit(given_hits, tokens, characters), fit(given_hits, tokens + 1, characters)
    assert sum(map(characters, less.hits)) <= sum(map(characters, more.hits)) or less.dropped > more.dropped
    assert len(less.hits) <= len(more.hits)
