from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from codelode.ingest.gitrepo import (
    enclosing_repository,
    git_settings,
    parse_config,
    read_regular,
    repository_at,
)


def unexpected(path: bytes, why: str) -> None:
    raise AssertionError(f"{path!r}: {why}")


def git(*arguments: str, cwd: Path) -> None:
    subprocess.run(["git", *arguments], cwd=cwd, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a]\nb = c", [("a.b", "c")]),
        ("[A]\nB = C d ", [("a.b", "C d")]),
        ('[a "Sub\\"\\\\]"]\nb=c', [('a.Sub"\\].b', "c")]),
        ("[a]b=c\n[d]\n\te\n", [("a.b", "c"), ("d.e", "true")]),
        ("[a]\nb = ; nothing\n# x\n; y\nc # true\n", [("a.b", ""), ("a.c", "true")]),
        ('[a]\nb = " x # " y\\tz # c\n', [("a.b", " x #  y\tz")]),
        ("[a]\nb = x\\\n  y\n", [("a.b", "x  y")]),
        ("\ufeff[a]\r\nb = c\r\nd\r\n", [("a.b", "c"), ("a.d", "true")]),
        ('[a]\nb = "x', [("a.b", "x")]),
        ("[a]\nb = x\\", [("a.b", "x")]),
        ("[a", []),
        ('[a "b', []),
    ],
)
def test_parse_config(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(key.decode(), value.decode()) for key, value in parse_config(text.encode())] == expected


def test_repository_at(tmp_path: Path) -> None:
    top = tmp_path / "top"
    git("init", "-q", str(top), cwd=tmp_path)
    (top / "in" / "side").mkdir(parents=True)
    found = repository_at(os.fsencode(top), unexpected)
    assert found is not None
    assert found.common_dir == os.fsencode(top / ".git")
    assert enclosing_repository(os.fsencode(top / "in" / "side"), unexpected) == found
    assert repository_at(os.fsencode(top / "in"), unexpected) is None


@pytest.mark.parametrize("damage", ["HEAD", "objects", "refs"])
def test_a_git_folder_without_its_parts_is_no_repository(tmp_path: Path, damage: str) -> None:
    git("init", "-q", str(tmp_path), cwd=tmp_path)
    assert repository_at(os.fsencode(tmp_path), unexpected) is not None
    (tmp_path / ".git" / damage).rename(tmp_path / "gone")
    assert repository_at(os.fsencode(tmp_path), unexpected) is None


def test_a_git_file_that_leads_nowhere_is_no_repository(tmp_path: Path) -> None:
    for content in ("gitdir: nowhere\n", "something else"):
        (tmp_path / ".git").write_text(content)
        assert repository_at(os.fsencode(tmp_path), unexpected) is None


def test_what_is_no_regular_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to("file")
    contents = {path.name: read_regular(os.fsencode(path), unexpected) for path in tmp_path.iterdir()}
    assert contents == {"fifo": None, "file": b"x", "link": b"x"}
    assert read_regular(os.fsencode(tmp_path / "none"), unexpected) is None
    assert read_regular(os.fsencode(tmp_path / "file" / "x"), unexpected) is None
    told: list[bytes] = []
    assert read_regular(b"a\0b", lambda path, why: told.append(path)) is None
    assert told == [b"a\0b"]


def test_settings_outside_of_any_repository(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "GIT_CONFIG_SYSTEM": str(tmp_path / "system")}
    assert git_settings(None, environ, unexpected).excludes_file == os.fsencode(
        tmp_path / ".config/git/ignore"
    )
    (tmp_path / "system").write_text("[core]\nexcludesFile = ~/s\nignoreCase = yes\n")
    found = git_settings(None, environ, unexpected)
    assert (found.excludes_file, found.ignore_case) == (os.fsencode(tmp_path / "s"), True)
    found = git_settings(None, {**environ, "GIT_CONFIG_NOSYSTEM": "true"}, unexpected)
    assert (found.excludes_file, found.ignore_case) == (os.fsencode(tmp_path / ".config/git/ignore"), False)
    (tmp_path / "x").mkdir()
    found = git_settings(None, {**environ, "XDG_CONFIG_HOME": str(tmp_path / "x")}, unexpected)
    assert found.excludes_file == os.fsencode(tmp_path / "s")


def test_a_file_that_includes_itself_ends(tmp_path: Path) -> None:
    (tmp_path / "config").write_text(
        "[core]\nexcludesFile = ~/s\n[include]\npath = config\n[core]\nignoreCase\n"
    )
    environ = {
        "HOME": str(tmp_path),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(tmp_path / "config"),
    }
    found = git_settings(None, environ, unexpected)
    assert (found.excludes_file, found.ignore_case) == (os.fsencode(tmp_path / "s"), True)
