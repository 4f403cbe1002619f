from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode.text import globs
from codelode.text.globs import GlobFilter, GlobSet, join, parse


def test_the_docstring_example_runs() -> None:
    tried = doctest.testmod(globs)
    assert tried.attempted >= 2
    assert tried.failed == 0


@pytest.mark.parametrize(
    ("patterns", "passing", "failing"),
    [
        ([], ["a", "d/a"], []),
        (["*.c"], ["a.c", "d/e/a.c", "x.c/in"], ["a.h", "a.cc", "c"]),
        (["/*.c"], ["a.c"], ["d/a.c"]),
        (["src/**"], ["src/a", "src/d/a"], ["src", "x/src/a"]),
        (["src"], ["src", "src/a", "x/src/d/a"], ["srcs/a", "asrc"]),
        (["src/"], ["src/a", "x/src/a"], ["src", "x/src"]),
        (["/src"], ["src/a"], ["x/src/a"]),
        (["a/b"], ["a/b", "a/b/c"], ["x/a/b", "a/bc"]),
        (["./a/*.c"], ["a/x.c"], ["a/b/x.c"]),
        (["!tests/**"], ["a", "x/tests/a"], ["tests/a"]),
        (["!./tests/"], ["a"], ["tests/a"]),
        (["*.c", "!tests/**"], ["a.c"], ["a.h", "tests/a.c"]),
        (["!tests/**", "*.c"], ["a.c", "tests/a.c"], ["a.h"]),
        (["src", "!src/gen", "src/gen/keep.c"], ["src/a", "src/gen/keep.c"], ["src/gen/a", "x"]),
        (["**/x/*.[ch]"], ["x/a.c", "d/x/a.h"], ["x/d/a.c", "x/a.s"]),
        (["a?c"], ["abc", "d/a\nc"], ["ac", "a/c"]),
        (["[[:nope:]"], [], ["a"]),
        (["![[:nope:]"], ["a"], []),
        (["/"], [], ["a"]),
        ([r"\!x", r"\[x]"], ["!x", "[x]"], ["x"]),
        (["é*"], ["éa", "d/é"], ["e"]),
    ],
)
def test_filter(patterns: list[str], passing: list[str], failing: list[str]) -> None:
    keep = GlobFilter(patterns)
    paths = {path.encode() for path in passing + failing}
    expected = {path.encode() for path in passing}
    assert {path for path in paths if keep.matches(path)} == expected
    assert keep.select(sorted(paths)) == expected


def test_filter_takes_bytes_that_are_no_text() -> None:
    keep = GlobFilter([b"*.\xff", "\udcfe"])
    assert keep.matches(b"d/a.\xff")
    assert keep.matches(b"\xfe")
    assert not keep.matches(b"\xff")


ALPHABET = [b"a", b"b", b"/", b"*", b"**", b"?", b"[ab]", b"[!a]", b".", b"\n", b"!", b"\\*"]
lines = st.lists(st.sampled_from(ALPHABET), min_size=1, max_size=6).map(b"".join)
names = st.lists(st.sampled_from([b"a", b"b", b".", b"ab", b"\n", b"*"]), min_size=1, max_size=3).map(
    b"".join
)
paths = st.lists(names, min_size=1, max_size=4).map(b"/".join)


@given(patterns=st.lists(lines, max_size=5), paths=st.lists(paths, unique=True, max_size=12))
def test_all_at_once_is_one_at_a_time(patterns: list[bytes], paths: list[bytes]) -> None:
    keep = GlobFilter(patterns)
    assert keep.select(paths) == {path for path in paths if keep.matches(path)}


@given(patterns=st.lists(lines, min_size=1, max_size=5), paths=st.lists(paths, unique=True, min_size=1))
def test_candidates_are_those_that_some_glob_matches(patterns: list[bytes], paths: list[bytes]) -> None:
    parsed = [glob for pattern in patterns if (glob := parse(pattern)) is not None]
    together = GlobSet([glob.regex for glob in parsed])
    if parsed:
        alone = [GlobSet([glob.regex]) for glob in parsed]
        for path in paths:
            assert sorted(together.which(path)) == [i for i, one in enumerate(alone) if one.which(path)]
        assert together.candidates(join(paths)) == {path for path in paths if together.which(path)}


def test_a_glob_that_matches_nothing_does_not_hide_the_next_name() -> None:
    together = GlobSet([parse(pattern).regex for pattern in (b"/*", b"d/?")])  # type: ignore[union-attr]
    assert together.candidates(join([b"aa", b"b"], b"d/")) == {b"d/b"}


def test_what_is_known_of_a_glob() -> None:
    glob = parse(b"!/doc/*/in[dx]ex/")
    assert glob is not None
    assert (glob.negated, glob.dir_only, glob.anchored, glob.literal) == (True, True, True, None)
    assert (glob.prefix, glob.slashes) == (b"doc/", 2)
    deep = parse(b"a/**/b")
    assert deep is not None
    assert deep.slashes is None
    plain = parse(b"Makefile")
    assert plain is not None
    assert (plain.literal, plain.anchored) == (b"Makefile", False)
    folded = parse(b"README.md", fold=True)
    assert folded is not None
    assert folded.literal == b"readme.md"


@pytest.mark.parametrize(
    "text", [b"", b"!", b"/", b"//", b"a//", b"a//b", b"[", b"[a", b"a\\", b"[[:x:]]", b"a\\/"]
)
def test_globs_that_match_nothing(text: bytes) -> None:
    assert parse(text) is None


def test_no_glob_takes_exponential_time() -> None:
    keep = GlobFilter(["*a" * 2_000 + "b", "**/" * 5_000 + "x", "[" + "a-z" * 50_000 + "]"])
    assert not keep.matches(b"a" * 4_000)
    assert keep.matches(b"q/" * 1_000 + b"x")


def test_more_globs_than_one_program_holds() -> None:
    keep = GlobFilter([f"x{i}*y[{i % 10}]" for i in range(20_000)])
    wanted = [b"d/x%d-y%d" % (i, i % 10) for i in range(0, 20_000, 997)]
    assert keep.select([*wanted, b"x1-y2", b"zz"]) == set(wanted)
    assert all(keep.matches(path) for path in wanted)


def test_a_glob_longer_than_any_path_is_none() -> None:
    assert parse(b"a" * 40_000) is None
    assert parse(b"*" + b"a" * 40_000) is None
