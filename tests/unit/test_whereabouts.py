"""Where lines that were found a while ago are now."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from codelode.model import Hit, Match, SearchStats
from codelode.whereabouts import Kept, find, keep

LINES = st.lists(st.sampled_from(["", "a", "b", "return 0;", "}", "é"]), min_size=1, max_size=12)


def hit(lines: list[str], first: int, last: int) -> Hit:
    """The lines from `first` to `last`, which count from 1, each with a match."""
    text = "\n".join(lines[first - 1 : last])
    matches = tuple(Match(number, 1, 1) for number in range(first, last + 1))
    return Hit("a.c", first, last, 1.0, "c", "", text, matches)


@st.composite
def hits(draw) -> tuple[list[str], list[Hit]]:
    lines = draw(LINES)
    found = []
    first = 1
    while first <= len(lines):
        last = min(first + draw(st.integers(0, 2)), len(lines))
        if draw(st.booleans()):
            found.append(hit(lines, first, last))
        first = last + 1
    return lines, draw(st.permutations(found))


def asked(root: str, rows: list[Kept]) -> tuple[tuple[Hit, ...], dict[int, str]]:
    rows = [Kept.from_json(json.loads(json.dumps(row.to_json()))) for row in rows]
    return find(rows, slice(0, len(rows)), root, SearchStats())


@given(hits())
@settings(max_examples=50)
def test_what_was_not_written_is_as_it_was(case):
    lines, found = case
    with tempfile.TemporaryDirectory() as root:
        Path(root, "a.c").write_text("\n".join(lines), newline="\n", encoding="utf-8")
        assert asked(root, keep(found, root)) == (tuple(found), {})


@given(hits(), LINES, st.integers(0, 3), st.integers(0, 12))
@settings(max_examples=200)
def test_what_was_written_is_found_or_said_to_be_gone(case, more, times, at):
    lines, found = case
    with tempfile.TemporaryDirectory() as root:
        path = Path(root, "a.c")
        path.write_text("\n".join(lines), newline="\n", encoding="utf-8")
        rows = keep(found, root)
        new = [*lines[:at], *more * times, *lines[at:]]
        path.write_text("\n".join(new), newline="\n", encoding="utf-8")
        os.utime(path, ns=(1, 1))
        now, fates = asked(root, rows)
    taken = set()
    assert set(fates) == set(range(len(found)))
    for place, (before, after) in enumerate(zip(found, now, strict=True)):
        fate = fates[place]
        # What was put between the lines of a hit tears it; all others are still there.
        torn = times and before.start_line <= at < before.end_line
        assert torn or fate != "gone"
        if fate == "gone":
            assert (after.text, after.matches, after.start_line) == ("", (), before.start_line)
            continue
        assert after.text == before.text == "\n".join(new[after.start_line - 1 : after.end_line])
        assert (fate == "moved") == (after.start_line != before.start_line)
        down = after.start_line - before.start_line
        assert [match.line for match in after.matches] == [match.line + down for match in before.matches]
        assert (after.start_line, after.end_line) not in taken
        taken.add((after.start_line, after.end_line))


def test_the_shift_of_most_lines_tells_equal_ones_apart(tmp_path):
    """One line of the hits is unique, the others are told by it."""
    lines = ["return 0;", "}", "return 0;", "}", "unique", "return 0;"]
    (tmp_path / "a.c").write_text("\n".join(lines))
    found = [hit(lines, number, number) for number in (6, 1, 5, 3)]
    rows = keep(found, str(tmp_path))
    (tmp_path / "a.c").write_text("\n".join(["return 0;", "}", *lines]))
    now, fates = asked(str(tmp_path), rows)
    assert [each.start_line for each in now] == [8, 3, 7, 5]
    assert set(fates.values()) == {"moved"}


def test_what_is_no_file_any_more_is_gone(tmp_path):
    (tmp_path / "a.c").write_text("x")
    rows = keep([hit(["x"], 1, 1)], str(tmp_path))
    (tmp_path / "a.c").unlink()
    (tmp_path / "a.c").mkdir()
    assert asked(str(tmp_path), rows)[1] == {0: "gone"}


def test_a_hit_that_is_a_file_stays_as_long_as_the_file(tmp_path):
    (tmp_path / "a.c").write_text("x")
    rows = keep([Hit("a.c", 1, 1, 0.0, "c", "", "", ())], str(tmp_path))
    (tmp_path / "a.c").write_text("quite another text\n")
    (found,), fates = asked(str(tmp_path), rows)
    assert (found.text, fates) == ("", {0: "same"})
    (tmp_path / "a.c").unlink()
    assert asked(str(tmp_path), rows)[1] == {0: "gone"}
