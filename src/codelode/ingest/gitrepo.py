"""Git repositories as far as ignore rules need them: where one begins, and what its configuration says.

git itself is never run.  Of the configuration the system, global and repository files are read, with
``include.path``; conditional includes (``includeIf``) and ``GIT_CONFIG_COUNT`` are not.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

_MAX_INCLUDES = 10
"""git's own bound on includes within includes."""


Report = Callable[[bytes, str], None]
"""Told of a file that exists but cannot be read: its path and why."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A git work tree."""

    top: bytes
    """its first folder, the one that holds ``.git``"""
    common_dir: bytes
    """what its worktrees share: holds ``config`` and ``info/exclude``"""


@dataclass(frozen=True, slots=True)
class GitSettings:
    """What the configuration says about ignoring."""

    excludes_file: bytes
    """path of the user's own ignore file, which need not exist; empty for none"""
    ignore_case: bool


def read_regular(path: bytes, report: Report) -> bytes | None:
    """The content of the file `path`; None when there is none, or when it is no regular file (a FIFO)."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return None
        with open(path, "rb") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as exc:  # ValueError: a NUL in a path out of a configuration file
        report(path, str(getattr(exc, "strerror", None) or exc))
        return None


def repository_at(folder: bytes, report: Report) -> Repository | None:
    """The repository whose work tree begins at `folder`, if it is one by git's own checks."""
    git_dir = os.path.join(folder, b".git")
    try:
        is_file = stat.S_ISREG(os.stat(git_dir).st_mode)
    except OSError:
        return None
    if is_file:  # a linked worktree or a submodule
        content = read_regular(git_dir, report) or b""
        if not content.startswith(b"gitdir: "):
            return None
        git_dir = os.path.join(folder, content.removeprefix(b"gitdir: ").rstrip(b"\r\n"))
    common = read_regular(os.path.join(git_dir, b"commondir"), report)
    common_dir = git_dir if common is None else os.path.join(git_dir, common.rstrip(b"\r\n"))
    if not os.path.lexists(os.path.join(git_dir, b"HEAD")):
        return None
    if not all(os.path.isdir(os.path.join(common_dir, part)) for part in (b"objects", b"refs")):
        return None
    return Repository(folder, common_dir)


def enclosing_repository(folder: bytes, report: Report) -> Repository | None:
    """The repository that the absolute path `folder` lies in: at it or at the nearest folder above."""
    while True:
        found = repository_at(folder, report)
        above = os.path.dirname(folder)
        if found is not None or above == folder:
            return found
        folder = above


def git_settings(repository: Repository | None, environ: Mapping[str, str], report: Report) -> GitSettings:
    """The settings that hold in `repository`, or outside of any."""
    home = os.fsencode(environ.get("HOME") or os.path.expanduser("~"))
    xdg = os.fsencode(environ.get("XDG_CONFIG_HOME") or "") or os.path.join(home, b".config")
    files = []
    if environ.get("GIT_CONFIG_NOSYSTEM", "").lower() not in ("1", "true", "yes", "on"):
        files.append(os.fsencode(environ.get("GIT_CONFIG_SYSTEM", "/etc/gitconfig")))
    if "GIT_CONFIG_GLOBAL" in environ:
        files.append(os.fsencode(environ["GIT_CONFIG_GLOBAL"]))
    else:
        files += [os.path.join(xdg, b"git", b"config"), os.path.join(home, b".gitconfig")]
    if repository is not None:
        files.append(os.path.join(repository.common_dir, b"config"))
    values = {
        key: value for file in files if file for key, value in _read_config(file, home, report, _MAX_INCLUDES)
    }
    excludes = values.get(b"core.excludesfile")
    if excludes is None:
        excludes = os.path.join(xdg, b"git", b"ignore")
    elif excludes:
        top = repository.top if repository is not None else b""
        excludes = os.path.join(top, _expand(excludes, home))
    ignore_case = values.get(b"core.ignorecase", b"false").lower() in (b"true", b"yes", b"on", b"1")
    return GitSettings(excludes, ignore_case)


def _expand(path: bytes, home: bytes) -> bytes:
    if path == b"~" or path.startswith(b"~/"):
        return home + path[1:]
    return os.path.expanduser(path)


def _read_config(path: bytes, home: bytes, report: Report, depth: int) -> Iterator[tuple[bytes, bytes]]:
    content = read_regular(path, report)
    if content is None:
        return
    for key, value in parse_config(content):
        yield key, value
        if key == b"include.path" and value and depth:
            inner = os.path.join(os.path.dirname(path), _expand(value, home))
            yield from _read_config(inner, home, report, depth - 1)


def parse_config(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys (``section.subsection.name``, lower case but for the subsection) and values of a git config file.

    A key without ``=`` is ``true``.  Lines that git would call an error are passed over: git then runs no
    command at all in that repository, which is no reason not to search it.
    """
    section = b""
    text = content.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    i, size = 0, len(text)
    while i < size:
        char = text[i : i + 1]
        if char.isspace():
            i += 1
        elif char in b"#;":
            i = _line_end(text, i)
        elif char == b"[":
            end = text.find(b"]", i)
            quote = text.find(b'"', i, end if end >= 0 else size)
            if quote >= 0:
                end = _close_quote(text, quote + 1)
                name = text[quote + 1 : end].replace(b"\\\\", b"\\").replace(b'\\"', b'"')
                section = text[i + 1 : quote].strip().lower() + b"." + name
                end = text.find(b"]", end)
            else:
                section = text[i + 1 : end].strip().lower()
            i = end + 1 if end >= 0 else size
        else:
            end = i
            while end < size and text[end : end + 1] not in b"=\n#;":
                end += 1
            key = section + b"." + text[i:end].strip().lower()
            value = b"true"
            if text[end : end + 1] == b"=":
                value, end = _value(text, end + 1)
            yield key, value
            i = end if text[end : end + 1] in (b"#", b";") else end + 1


def _line_end(text: bytes, i: int) -> int:
    end = text.find(b"\n", i)
    return len(text) if end < 0 else end


def _close_quote(text: bytes, i: int) -> int:
    while i < len(text) and text[i : i + 1] != b'"':
        i += 2 if text[i : i + 1] == b"\\" else 1
    return i


_ESCAPES = {b"n": b"\n", b"t": b"\t", b"b": b"\b"}


def _value(text: bytes, i: int) -> tuple[bytes, int]:
    """The value that begins at `i`, unquoted, and where its line ends."""
    out = bytearray()
    keep = 0  # length without the trailing spaces seen so far
    quoted = False
    while i < len(text):
        char = text[i : i + 1]
        if char == b"\n":
            break
        if char == b"\\":
            escaped = text[i + 1 : i + 2]
            i += 2
            if escaped == b"\n":
                continue
            out += _ESCAPES.get(escaped, escaped)
            keep = len(out)
            continue
        i += 1
        if char == b'"':
            quoted = not quoted
        elif quoted:
            out += char
            keep = len(out)
        elif char in b"#;":
            i = _line_end(text, i)
            break
        elif not char.isspace():
            out += char
            keep = len(out)
        elif out:
            out += char
        if quoted:
            keep = len(out)
    return bytes(out[:keep]), i
