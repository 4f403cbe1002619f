"""Hits as text: grep's format in a pipe, ripgrep's headings on a terminal, snippets for ranked words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode.model import Hit, Match, SearchStats
from codelode.surfaces import render
from codelode.surfaces.output import Look

PIPE, TERMINAL = Look(), Look(terminal=True)
PAINTED = Look(terminal=True, colour=True)


def hit(path: str, start: int, text: str, *matches: tuple[int, int, int], symbol: str = "") -> Hit:
    made = tuple(Match(*match) for match in matches)
    return Hit(path, start, start + text.count("\n"), 1.0, "c", symbol, text, made)


def grep(hits, look=PIPE, context=0) -> str:
    return "".join(render.grep(hits, lambda path: path, look, context))


def ranked(hits, look=PIPE, context=None) -> str:
    return "".join(render.ranked(hits, lambda path: path, look, context))


PLAIN = [
    hit("a.c", 3, "int x;", (3, 5, 1)),
    hit("a.c", 9, "x = 1;", (9, 1, 1)),
    hit("b.c", 1, "x", (1, 1, 1)),
]
AROUND = [
    hit("a.c", 2, "one\nx two\nthree", (3, 1, 1)),
    hit("a.c", 4, "three\nx four\nfive", (5, 1, 1)),
    hit("a.c", 9, "nine\nx ten\neleven", (10, 1, 1)),
    hit("b.c", 1, "x", (1, 1, 1)),
]


def test_pipe_without_context_is_greps_format():
    assert grep(PLAIN) == "a.c:3:int x;\na.c:9:x = 1;\nb.c:1:x\n"


def test_pipe_with_context_merges_what_overlaps_and_separates_the_rest():
    assert grep(AROUND, context=1) == (
        "a.c-2-one\na.c:3:x two\na.c-4-three\na.c:5:x four\na.c-6-five\n"
        "--\na.c-9-nine\na.c:10:x ten\na.c-11-eleven\n--\nb.c:1:x\n"
    )


def test_terminal_has_headings_and_blank_lines():
    assert grep(PLAIN, TERMINAL) == "a.c\n3:int x;\n9:x = 1;\n\nb.c\n1:x\n"
    assert grep(AROUND, TERMINAL, context=1) == (
        "a.c\n2-one\n3:x two\n4-three\n5:x four\n6-five\n--\n9-nine\n10:x ten\n11-eleven\n\nb.c\n1:x\n"
    )


def test_a_line_with_several_hits_comes_once_with_all_matches():
    twice = [hit("a", 1, "x x", (1, 1, 1)), hit("a", 1, "x x", (1, 3, 1))]
    assert grep(twice) == "a:1:x x\n"
    assert grep(twice, Look(colour=True)).count("\x1b[1;31mx\x1b[0m") == 2


def test_a_match_over_line_ends_without_context():
    assert grep([hit("a", 3, "one\ntwo\nthree", (3, 2, 4)), hit("a", 9, "x", (9, 1, 1))]) == (
        "a:3:one\na:4:two\na:9:x\n"
    )


def test_hits_in_rank_order_may_return_to_a_file():
    back = [PLAIN[1], PLAIN[2], PLAIN[0]]
    assert grep(back) == "a.c:9:x = 1;\nb.c:1:x\na.c:3:int x;\n"
    assert grep(back, TERMINAL) == "a.c\n9:x = 1;\n\nb.c\n1:x\n\na.c\n3:int x;\n"
    assert grep([PLAIN[1], PLAIN[0]], context=1) == "a.c:9:x = 1;\n--\na.c:3:int x;\n"


def test_overlap_of_a_long_hit_with_a_short_one_loses_no_line():
    nested = [hit("a", 1, "x\nb\nc\nd", (1, 1, 1)), hit("a", 2, "b\nc", (3, 1, 1))]
    assert grep(nested, context=2) == "a:1:x\na-2-b\na:3:c\na-4-d\n"


def test_colours_are_ripgreps():
    assert grep([PLAIN[0]], PAINTED) == ("\x1b[35ma.c\x1b[0m\n\x1b[32m3\x1b[0m:int \x1b[1;31mx\x1b[0m;\n")
    assert grep([PLAIN[0]], Look(colour=True)) == (
        "\x1b[35ma.c\x1b[0m:\x1b[32m3\x1b[0m:int \x1b[1;31mx\x1b[0m;\n"
    )


def test_overlapping_and_empty_matches_are_painted_once():
    assert grep([hit("a", 1, "abcd", (1, 1, 2), (1, 2, 2), (1, 4, 0))], PAINTED).endswith(
        ":\x1b[1;31mab\x1b[0m\x1b[1;31mc\x1b[0md\n"
    )


def test_carriage_returns_stay_in_a_pipe_and_go_on_a_terminal():
    dos = [hit("a", 1, "x\r", (1, 1, 2))]
    assert grep(dos) == "a:1:x\r\n"
    assert grep(dos, TERMINAL) == "a\n1:x\n"
    assert grep(dos, PAINTED).endswith("\x1b[1;31mx\x1b[0m\n")


def test_a_terminal_is_safe_from_paths_and_text():
    nasty = [hit("a\n\x1b[2J", 1, "\x1b[31mx", (1, 6, 1))]
    assert grep(nasty, TERMINAL) == "a\\x0a\\x1b[2J\n1:\\x1b[31mx\n"
    assert grep(nasty) == "a\n\x1b[2J:1:\x1b[31mx\n"


def test_long_lines_are_cut_on_a_terminal_only():
    long = [hit("a", 1, "y" * 3000 + "x", (1, 3001, 1))]
    assert grep(long) == f"a:1:{'y' * 3000}x\n"
    shown = grep(long, TERMINAL).split("\n")[1]
    assert shown == "1:…" + "y" * (render.LONGEST_LINE - 1) + "x"


CHUNK = hit(
    "net/a.c",
    120,
    "\n".join(["/* parse */", "int a;", "int b;", "parse(config);", "int c;", "int d;", "config = 0;"]),
    (120, 4, 5),
    (123, 1, 5),
    (123, 7, 6),
    (126, 1, 6),
    symbol="parse_config",
)


def test_ranked_in_a_pipe_is_the_matching_lines():
    assert ranked([CHUNK, CHUNK]) == (
        "net/a.c:120:/* parse */\nnet/a.c:123:parse(config);\nnet/a.c:126:config = 0;\n--\n"
        "net/a.c:120:/* parse */\nnet/a.c:123:parse(config);\nnet/a.c:126:config = 0;\n"
    )


def test_ranked_on_a_terminal_has_span_snippet_and_gaps():
    assert ranked([CHUNK], TERMINAL) == (
        "net/a.c:120-126  parse_config\n120:/* parse */\n121-int a;\n122-int b;\n123:parse(config);\n"
        "124-int c;\n125-int d;\n126:config = 0;\n"
    )
    gap = hit("a", 1, "x\n2\n3\n4\n5\nx", (1, 1, 1), (6, 1, 1))
    assert ranked([gap], TERMINAL) == "a:1-6\n1:x\n2-2\n…\n5-5\n6:x\n"
    assert ranked([gap, gap], TERMINAL).count("\n\n") == 1


def test_ranked_with_context_shows_all_matching_lines():
    many = hit("a", 1, "\n".join(["x", "-"] * 20), *((n, 1, 1) for n in range(1, 40, 2)))
    assert ranked([many]).count("\n") == 8
    assert ranked([many], context=0).count(":x\n") == 20
    assert ranked([many], context=1).count("\n") == 40


def test_a_hit_by_path_shows_its_first_line():
    assert ranked([hit("Makefile", 1, "all:\n\ttrue")]) == "Makefile:1:all:\n"
    assert ranked([hit("Makefile", 1, "all:\n\ttrue")], TERMINAL) == "Makefile:1-2\n1:all:\n2:\ttrue\n"


def test_closing_line():
    stats = SearchStats(files=78_579, elapsed_ms=3.1)
    assert render.closing("words", "looks like plain words", 12, stats) == (
        "12 hits, mode words (looks like plain words), 3.1 ms, 78,579 files"
    )
    stats.stale, stats.partial = 2, True
    assert render.closing("exact", "", 1, stats) == (
        "1 hit, mode exact, 3.1 ms, 78,579 files, 2 changed since they were indexed, incomplete"
    )


FILES = [hit("a.c", 1, ""), hit("b.c", 1, "")]


def test_a_hit_that_is_a_file_is_its_path():
    for print_hits in (grep, ranked):
        assert print_hits(FILES) == print_hits(FILES, TERMINAL) == "a.c\nb.c\n"
    assert grep([*FILES, PLAIN[0], FILES[1]]) == "a.c\nb.c\na.c:3:int x;\nb.c\n"
    assert grep([*FILES, PLAIN[0], FILES[1]], TERMINAL) == "a.c\nb.c\n\na.c\n3:int x;\n\nb.c\n"
    assert grep([PLAIN[0], FILES[0]], context=1) == "a.c:3:int x;\n--\na.c\n"
    assert ranked([FILES[0], PLAIN[0]]) == "a.c\n--\na.c:3:int x;\n"


def test_copies_are_named_on_a_terminal():
    few = PLAIN[0]._replace(copies=("b.c",))
    many = PLAIN[0]._replace(copies=("b.c", "c.c", "d.c", "e.c"))
    assert grep([few]) == ranked([many]) == "a.c:3:int x;\n"
    assert grep([few, PLAIN[1]], TERMINAL) == "a.c\n3:int x;\n  also in b.c\n9:x = 1;\n"
    assert ranked([many], TERMINAL) == "a.c:3-3\n3:int x;\n  also in b.c, c.c and 2 more places\n"
    three = PLAIN[0]._replace(copies=("b.c", "c.c", "d.c"))
    assert "also in b.c, c.c and 1 more place\n" in ranked([three], TERMINAL)


def test_remarks_stand_below_their_hits():
    def beside(each):
        return f"hit of line {each.start_line}"

    shown = "".join(render.grep(PLAIN[:2], str, TERMINAL, 0, beside))
    assert shown == "a.c\n3:int x;\n  hit of line 3\n9:x = 1;\n  hit of line 9\n"
    assert "".join(render.grep(PLAIN[:2], str, PIPE, 0, beside)) == grep(PLAIN[:2])
    assert "".join(render.ranked(PLAIN[:1], str, TERMINAL, None, beside)) == (
        "a.c:3-3\n3:int x;\n  hit of line 3\n"
    )


@st.composite
def files(draw):
    """Files with matching lines, as the hits an engine gives for them with so much context."""
    context = draw(st.integers(0, 3))
    hits, wanted = [], []
    for name in draw(st.lists(st.sampled_from("abc"), unique=True)):
        matching = draw(st.lists(st.booleans(), min_size=1, max_size=20))
        text = [f"{'x' if found else 'o'}{number}" for number, found in enumerate(matching, 1)]
        shown = [any(matching[max(i - context, 0) : i + context + 1]) for i in range(len(text))]
        wanted += [
            f"{name}{':' if found else '-'}{i + 1}{':' if found else '-'}{text[i]}"
            for i, found in enumerate(matching)
            if shown[i]
        ]
        for i, found in enumerate(matching):
            if found:
                begin, end = max(i - context, 0), i + context + 1
                hits.append(hit(name, begin + 1, "\n".join(text[begin:end]), (i + 1, 1, 1)))
    return context, hits, wanted


@given(files())
def test_grep_shows_each_line_once_in_order(case):
    context, hits, wanted = case
    printed = [line for line in grep(hits, context=context).split("\n") if line not in ("", "--")]
    assert printed == wanted


@given(files())
def test_colours_change_nothing_but_colours(case):
    context, hits, _ = case
    for look in (Look(colour=True), PAINTED):
        bare = re.sub(r"\x1b\[[\d;]*m", "", grep(hits, look, context))
        assert bare == grep(hits, Look(terminal=look.terminal), context)


@pytest.mark.parametrize("context", [0, 1])
def test_lines_come_as_hits_do(context):
    """A stream of hits is not read to its end before the first line is there."""

    def endless():
        number = 0
        while True:
            number += 10
            yield hit("a", number, "x", (number, 1, 1))

    lines = render.grep(endless(), str, PIPE, context)
    assert next(lines) == "a:10:x\n"


def test_hits_over_lines_without_a_match_show_one():
    silent = hit("a", 3, "\nfirst\nsecond")
    assert grep([silent, hit("a", 9, "x", (9, 1, 1))]) == "a:4:first\na:9:x\n"
    assert grep([silent], TERMINAL) == "a\n3-\n4:first\n5-second\n"


def test_snippets_of_long_hits():
    text = "\n".join("x" if n in (1, 9, 10) else str(n) for n in range(1, 21))
    long = hit("a", 1, text, (1, 1, 1), (9, 1, 1), (10, 1, 1))
    shown = "".join(render.grep([long, hit("a", 40, "x", (40, 1, 1))], str, TERMINAL, 0, snippets=True))
    assert shown == "a\n1:x\n2-2\n…\n8-8\n9:x\n10:x\n11-11\n40:x\n"
    assert "".join(render.grep([long], str, PIPE, 0, snippets=True)) == "a:1:x\na:9:x\na:10:x\n"
    every = hit("a", 1, "\n".join(["x"] * 30), *((n, 1, 1) for n in range(1, 31)))
    assert "".join(render.grep([every], str, PIPE, 0, snippets=True)).count("\n") == 8
