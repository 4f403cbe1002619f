from __future__ import annotations

import os
from collections.abc import Collection

import pytest

from codelode.ingest.ignore import Kind, Listing, Rules, Scope, Source, exclude_scope, rules_of


def ignored(
    scope: Scope, folder: bytes, names: Collection[bytes], folders: Collection[bytes] = ()
) -> dict[bytes, str]:
    """What `scope` ignores of `names` (those in `folders` are folders), with the deciding rule."""
    found = scope.ignored(folder, Listing(names), lambda name: name in folders)
    return {name: source.explain(number) for name, (source, number) in found.items()}


def scope_of(content: bytes, **place: bytes) -> Scope:
    return Scope((Source(Kind.GIT, rules_of(content), "f", **place),))


def test_last_match_wins_whatever_form_the_rules_have() -> None:
    scope = scope_of(b"*.log\n!keep.log\nkeep.*\n!/a/keep.log\n/a/k*.log\n")
    assert ignored(scope, b"", [b"keep.log", b"x.log", b"x"]) == {
        b"keep.log": "f:3: keep.*",
        b"x.log": "f:1: *.log",
    }
    assert ignored(scope, b"a/", [b"keep.log"]) == {b"keep.log": "f:5: /a/k*.log"}
    scope = scope_of(b"/a/k*.log\nkeep.*\n!keep.log\n")
    assert ignored(scope, b"a/", [b"keep.log"]) == {}


def test_rules_for_folders_pass_over_files_to_the_rule_before() -> None:
    scope = scope_of(b"x\n!x/\n")
    assert ignored(scope, b"", [b"x"]) == {b"x": "f:1: x"}
    assert ignored(scope, b"", [b"x"], folders=[b"x"]) == {}


def test_kinds_then_depth_decide() -> None:
    scope = Scope()
    for kind, content, base in [
        (Kind.GIT_GLOBAL, b"a*\n", b""),
        (Kind.GIT_EXCLUDE, b"!ab\n", b""),
        (Kind.GIT, b"abc\n", b""),
        (Kind.IGNORE, b"i\n", b""),
        (Kind.CODELODE, b"!i2\n", b""),
        (Kind.GIT, b"!abc\ni\n", b"d/"),
        (Kind.IGNORE, b"!i\ni2\n", b"d/"),
    ]:
        scope = scope.plus(Source(kind, rules_of(content), f"{kind.name}@{base.decode()}", base))
    assert [source.kind for source in scope.sources] == sorted(source.kind for source in scope.sources)
    assert ignored(scope, b"d/", [b"a", b"ab", b"abc", b"i", b"i2"]) == {b"a": "GIT_GLOBAL@:1: a*"}
    assert ignored(Scope(scope.sources[3:]), b"d/", [b"i"]) == {b"i": "GIT@d/:2: i"}


def test_anchored_rules_count_from_their_own_folder() -> None:
    content = b"/top\nin/er\n/w*\nd/**/x?\n"
    assert set(ignored(scope_of(content), b"", [b"top", b"er", b"wx"])) == {b"top", b"wx"}
    assert set(ignored(scope_of(content), b"s/", [b"top", b"er", b"wx"])) == set()
    assert set(ignored(scope_of(content), b"in/", [b"er"])) == {b"er"}
    assert set(ignored(scope_of(content, base=b"s/"), b"s/in/", [b"er"])) == {b"er"}
    assert set(ignored(scope_of(content, lead=b"in/"), b"", [b"er", b"top"])) == {b"er"}
    assert set(ignored(scope_of(content, lead=b"d/"), b"a/b/", [b"x1", b"x"])) == {b"x1"}


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (b"a ", [b"a"]),
        (b"a\\ ", [b"a "]),
        (b"a\\  ", [b"a "]),
        (b"a\\\\ ", [b"a\\"]),
        (b"a \\  ", [b"a  "]),
        (b"a\t", [b"a\t"]),
        (b"a\r\n", [b"a"]),
        (b"a \r\n", [b"a"]),
        (b"a\r\r\n", [b"a\r"]),
        (b"a\r", [b"a"]),
        (b"\xef\xbb\xbfa", [b"a"]),
        (b"\n\xef\xbb\xbfa", [b"\xef\xbb\xbfa"]),
        (b"#a\n", []),
        (b"\\#a\n", [b"#a"]),
        (b" #a\n", [b" #a"]),
        (b"\\!a", [b"!a"]),
        (b"!a", []),
        (b"a\0b", [b"a"]),
        (b"\0\n\r\n \n", []),
    ],
)
def test_lines(content: bytes, names: list[bytes]) -> None:
    every = [b"a", b"a ", b"a  ", b"a\\", b"a\t", b"a\r", b"#a", b" #a", b"!a", b"\xef\xbb\xbfa"]
    assert sorted(ignored(scope_of(content), b"", every)) == sorted(names)


def test_folding_keeps_names_that_differ_in_case_apart() -> None:
    scope = Scope((Source(Kind.GIT, rules_of(b"readme\n/Doc/*.TXT\n*.O\n", True), "f"),))
    assert set(ignored(scope, b"", [b"README", b"ReadMe", b"x.o", b"X.O", b"y"])) == {
        b"README",
        b"ReadMe",
        b"x.o",
        b"X.O",
    }
    assert set(ignored(scope, b"dOC/", [b"a.txt", b"A.tXt"])) == {b"a.txt", b"A.tXt"}


def test_many_literals_and_few_names_and_the_other_way_round() -> None:
    many = [b"n%d" % i for i in range(100)]
    assert set(ignored(scope_of(b"\n".join(many)), b"", [b"n7", b"x"])) == {b"n7"}
    assert set(ignored(scope_of(b"n7\n"), b"", [*many, b"x"])) == {b"n7"}


def test_exclude_globs_are_rules_without_comments() -> None:
    scope = exclude_scope(["#x", "*.o", "!keep.o", os.fsdecode(b"\xff")])
    assert set(ignored(scope, b"d/", [b"#x", b"a.o", b"keep.o", b"\xff"])) == {b"#x", b"a.o", b"\xff"}
    assert exclude_scope(["["]).sources == ()


def test_files_with_the_same_content_share_their_rules() -> None:
    assert rules_of(b"*.same\n") is rules_of(b"*.same\n")
    assert rules_of(b"*.same\n") is not rules_of(b"*.same\n", True)
    assert isinstance(rules_of(b""), Rules)
