"""The formats of an answer in text."""

from __future__ import annotations

import re

import pytest

from codelode.model import Hit, Match, Mode
from codelode.surfaces.formats import Format, Layout
from codelode.surfaces.options import FORMATS
from codelode.surfaces.output import Look


def hit(path: str, start: int, text: str, *matches: tuple[int, int, int]) -> Hit:
    made = tuple(Match(*match) for match in matches)
    return Hit(path, start, start + text.count("\n"), 1.0, "c", "", text, made)


def lines(
    form: str, hits: list[Hit], *, mode: Mode = Mode.EXACT, look: Look | None = None, every=False
) -> str:
    layout = Layout(Format(form), mode, lambda path: f"./{path}", look or Look(), every=every)
    return "".join(layout.lines(hits))


LINES = [
    hit("a.c", 3, "int x; x", (3, 5, 1), (3, 8, 1)),
    hit("b.c", 1, "x", (1, 1, 1)),
    hit("a.c", 9, "x = 1;", (9, 1, 1)),
]
FILE = hit("c.c", 1, "")
CHUNK = hit(
    "a.c",
    120,
    "\n".join(f"x{n} y" if n % 2 else "" for n in range(40)),
    *((n, 1, 2) for n in range(121, 160, 2)),
)
UNMATCHED = hit("d.c", 5, "\n\nfirst\nsecond")


def test_the_command_line_has_every_format():
    assert set(FORMATS) == {form.value for form in Format} - {""}


def test_vimgrep_is_a_line_a_match():
    assert lines("vimgrep", LINES) == (
        "./a.c:3:5:int x; x\n./a.c:3:8:int x; x\n./b.c:1:1:x\n./a.c:9:1:x = 1;\n"
    )


def test_columns_of_vimgrep_are_bytes():
    assert lines("vimgrep", [hit("a", 1, "é→x", (1, 3, 1))]) == "./a:1:6:é→x\n"


def test_vimgrep_shows_the_first_line_of_a_match_over_lines():
    assert lines("vimgrep", [hit("a", 1, "one\ntwo\nthree", (1, 2, 8), (3, 2, 1))]) == (
        "./a:1:2:one\n./a:3:2:three\n"
    )


def test_vimgrep_of_spans_has_the_lines_that_grep_shows():
    shown = lines("vimgrep", [CHUNK], mode=Mode.HYBRID)
    assert len(shown.splitlines()) == 8
    assert [line.split(":")[:2] for line in shown.splitlines()] == [
        line.split(":")[:2] for line in lines("grep", [CHUNK], mode=Mode.HYBRID).splitlines()
    ]
    assert lines("vimgrep", [UNMATCHED], mode=Mode.HYBRID) == "./d.c:7:1:first\n"


def test_paths_come_once_in_the_order_of_hits():
    assert lines("paths", [*LINES, FILE]) == "./a.c\n./b.c\n./c.c\n"


def test_counts_are_lines_that_match():
    assert lines("count", [*LINES, FILE]) == "./a.c:2\n./b.c:1\n./c.c:0\n"
    assert lines("count", [CHUNK, UNMATCHED], mode=Mode.HYBRID) == "./a.c:20\n./d.c:0\n"
    several = [hit("a", 1, "x\ny", (1, 1, 3)), hit("a", 2, "y", (2, 1, 1))]
    assert lines("count", several) == "./a:2\n"


def test_counts_in_path_order_come_as_soon_as_they_are_known():
    def endless():
        for number in range(10**9):
            yield hit(f"{number:09}", 1, "x", (1, 1, 1))

    layout = Layout(Format.COUNT, Mode.EXACT, str, Look(), every=True)
    assert next(layout.lines(endless())) == "000000000:1\n"
    assert lines("count", [LINES[0], LINES[2], LINES[1]], every=True) == "./a.c:2\n./b.c:1\n"


def test_files_as_hits():
    assert lines("grep", [FILE]) == lines("", [FILE]) == "./c.c\n"
    assert lines("vimgrep", [FILE]) == "./c.c:1:1:\n"


@pytest.mark.parametrize("form", ["grep", "vimgrep", "paths", "count"])
@pytest.mark.parametrize("mode", [Mode.EXACT, Mode.WORDS])
def test_a_terminal_gives_what_a_pipe_gives_but_for_colours(form, mode):
    hits = [*LINES, FILE, CHUNK, UNMATCHED]
    assert lines(form, hits, mode=mode, look=Look(terminal=True)) == lines(form, hits, mode=mode)
    painted = lines(form, hits, mode=mode, look=Look(terminal=True, colour=True))
    assert "\x1b[35m./a.c" in painted
    assert re.sub(r"\x1b\[[\d;]*m", "", painted) == lines(form, hits, mode=mode)
