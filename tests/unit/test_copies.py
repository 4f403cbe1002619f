"""Folding of copies among ranked results."""

from __future__ import annotations

from codelode.search.copies import fold_copies

BODY = b"".join(b"line %d of a function\n" % number for number in range(20))
LICENSED = BODY.replace(b"line 3 ", b"line three ")
OTHER = b"".join(b"row %d of something else\n" % number for number in range(20))


def test_a_copy_is_named_at_the_better_result() -> None:
    groups = fold_copies([b"a.py", b"b.py", b"c.py"], [BODY, OTHER, BODY], 10)
    assert [(group.first, group.copies) for group in groups] == [(0, ("c.py",)), (1, ())]


def test_white_space_and_one_changed_line_in_twenty_make_a_near_copy() -> None:
    indented = b"".join(b"    " + line + b"\n" for line in BODY.split(b"\n")[:-1])
    groups = fold_copies([b"a.py", b"b.py", b"c.py"], [BODY, indented, LICENSED], 10)
    assert [(group.first, group.copies) for group in groups] == [(0, ("b.py", "c.py"))]


def test_parallel_versions_with_a_fifth_of_their_lines_changed_stay_apart() -> None:
    version = b"".join(
        b"%s\n" % (line if n % 5 else line + b" v2") for n, line in enumerate(BODY.split(b"\n"))
    )
    assert len(fold_copies([b"v1.py", b"v2.py"], [BODY, version], 10)) == 2


def test_short_texts_are_copies_only_when_they_are_the_same() -> None:
    texts = [b"import os\nimport sys\n", b"import os\nimport re\n", b"import os\n import sys\n", b"", b""]
    groups = fold_copies([b"a", b"b", b"c", b"d", b"e"], texts, 10)
    assert [(group.first, group.copies) for group in groups] == [(0, ("c",)), (1, ()), (3, ()), (4, ())]


def test_copies_do_not_take_the_place_of_other_results() -> None:
    groups = fold_copies([b"a", b"b", b"c", b"d"], [BODY, BODY, BODY, OTHER], 2)
    assert [group.first for group in groups] == [0, 3]


def test_a_copy_beyond_the_last_result_is_not_looked_for() -> None:
    groups = fold_copies([b"a", b"b", b"c"], [BODY, OTHER, BODY], 1)
    assert [(group.first, group.copies) for group in groups] == [(0, ())]
