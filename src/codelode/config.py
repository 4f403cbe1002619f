"""Reading settings: the user's file, the tree's file, the environment, flags; what comes later wins.

    1. ``config.toml`` in the user's configuration folder (see `user_file`)
    2. ``[tool.codelode]`` of the root's ``pyproject.toml``, then ``codelode.toml`` in the root
    3. environment variables ``CODELODE_<NAME>``
    4. flags

Every error says where the bad value stands: file and line, variable, or flag.
"""

# Every start of the command line comes here, and pathlib costs it 5 ms.
# ruff: noqa: PTH111, PTH113, PTH117, PTH118, PTH123, PTH207

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from codelode import settings
from codelode.errors import SettingsError, UsageError
from codelode.settings import Settings

ENVIRONMENT_PREFIX = "CODELODE_"

GROUPS = "groups"
"""The table of the user's file that names groups of folders; no setting of an index"""

NOT_SETTINGS = frozenset({"CODELODE_DEBUG", "CODELODE_API_KEY"})
"""Variables with our prefix that are no settings; with `CODELODE_DEBUG=1` tracebacks are shown, `CODELODE_API_KEY` is
the key for an embedding server."""

_FLAGS = {"memory_mb": "--memory", "ignore_files": "--no-ignore", "embed_after_index": "--no-embed"}
"""Flags that are not called like their setting."""

_LOCAL_SERVER = re.compile(r"openai:https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/|$)")

_Path = tuple[str, ...]


def load(root: str, flags: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """The settings for the tree at `root`.

    `flags` maps setting names to values; None means that the flag was not given.  Raises SettingsError.
    """
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for name, value, origin in _given(root, flags, environ):
        values[name], origins[name] = _checked(name, value, origin), origin
    try:
        return Settings(**values)
    except SettingsError as exc:
        # Ranges are the business of Settings, which names the settings but cannot know where they came from.
        named = [origin for name, origin in origins.items() if re.search(rf"\b{name}\b", str(exc))]
        raise SettingsError(f"{named[-1]}: {exc}") from exc


def user_file(environ: Mapping[str, str]) -> str:
    """Where the user's own settings are: XDG's place where it is set, else the custom of the system."""
    xdg = environ.get("XDG_CONFIG_HOME", "")
    if os.path.isabs(xdg):  # relative ones are to be ignored, says the XDG specification
        base = xdg
    elif sys.platform == "win32":
        base = environ.get("APPDATA") or os.path.expanduser(r"~\AppData\Roaming")
    else:
        home = environ.get("HOME") or os.path.expanduser("~")
        base = os.path.join(home, "Library/Application Support" if sys.platform == "darwin" else ".config")
    return os.path.join(base, "codelode", "config.toml")


def groups(environ: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The folders of each group in the user's file, absolute; globs in them are not looked up yet.

    Raises SettingsError."""
    found = {}
    for group, folders, origin in _from_file(user_file(environ), (GROUPS,)):
        listed = [folders] if isinstance(folders, str) else folders
        if not isinstance(listed, list) or not listed or not all(isinstance(one, str) for one in listed):
            raise SettingsError(f"{origin}: {group} must be a list of folders")
        found[group] = tuple(map(os.path.expanduser, listed))
        for folder, written in zip(found[group], listed, strict=True):
            if not os.path.isabs(folder):
                raise SettingsError(f"{origin}: {written} must begin with ~ or be an absolute path")
    return found


def group_folders(name: str, environ: Mapping[str, str]) -> list[str]:
    """The folders of the group `name`, absolute: those that exist where globs name them, any that is written out.

    Raises UsageError when there is no such group or nothing matches its globs; SettingsError."""
    import glob

    known = groups(environ)
    if name not in known:
        raise UsageError(f"unknown group {name!r}; {_known_groups(name, known, user_file(environ))}")
    folders: list[str] = []
    for folder in known[name]:
        if glob.has_magic(folder):
            folders += sorted(filter(os.path.isdir, glob.glob(folder)))
        else:
            folders.append(folder)
    if not folders:
        raise UsageError(f"no folder matches the group {name!r}: {', '.join(known[name])}")
    return list(dict.fromkeys(folders))


def _known_groups(name: str, known: Mapping[str, Any], file: str) -> str:
    import difflib

    if not known:
        return f'make it in {file}, under [groups]: {name} = ["~/src/api", "~/src/web"]'
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known are {', '.join(sorted(known))}"


def _given(root: str, flags: Mapping[str, Any], environ: Mapping[str, str]) -> Iterator[tuple[str, Any, str]]:
    """(name, raw value, where it stands) in rising order of precedence."""
    yield from (row for row in _from_file(user_file(environ), ()) if row[0] != GROUPS)
    yield from _of_tree(_from_file(os.path.join(root, "pyproject.toml"), ("tool", "codelode")))
    yield from _of_tree(_from_file(os.path.join(root, "codelode.toml"), ()))
    for variable in sorted(environ):
        if variable.startswith(ENVIRONMENT_PREFIX) and variable not in NOT_SETTINGS:
            yield variable[len(ENVIRONMENT_PREFIX) :].lower(), environ[variable], variable
    for name, value in flags.items():
        if value is not None:
            yield name, value, _FLAGS.get(name, "--" + name.replace("_", "-"))


def _of_tree(found: Iterator[tuple[str, Any, str]]) -> Iterator[tuple[str, Any, str]]:
    """The settings that a tree's own files give, who knows by whom: they may not send its text, and the user's key,
    to any server they like."""
    for name, value, origin in found:
        if name == GROUPS:
            raise SettingsError(
                f"{origin}: groups belong into your own settings file, {user_file(os.environ)}"
            )
        if name == "embedder" and re.match(
            r"openai:https?://(?!(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/|$))", str(value)
        ):
            raise SettingsError(
                f"{origin}: {value} is a server on another machine, which only your own settings file "
                f"({user_file(os.environ)}) or {ENVIRONMENT_PREFIX}EMBEDDER may name"
            )
        yield name, value, origin


def _checked(name: str, value: Any, origin: str) -> Any:
    if name not in settings.names():
        raise SettingsError(f"{origin}: {_unknown(name, origin)}")
    try:
        checked = settings.coerce(name, value)
        if name == "grammars":
            from codelode.structure import custom  # only those who add grammars pay for it

            custom.parse(checked)
    except SettingsError as exc:
        raise SettingsError(f"{origin}: {exc}") from exc
    return checked


def _unknown(name: str, origin: str) -> str:
    import difflib

    in_environment = origin.startswith(ENVIRONMENT_PREFIX)
    close = difflib.get_close_matches(name, settings.names(), n=1)
    if close:
        meant = ENVIRONMENT_PREFIX + close[0].upper() if in_environment else close[0]
        hint = f"did you mean {meant!r}?"
    else:
        hint = f"known are {', '.join(settings.names())}"
    return f"unknown setting; {hint}" if in_environment else f"unknown setting {name!r}; {hint}"


def _from_file(path: str, table: _Path) -> Iterator[tuple[str, Any, str]]:
    """The settings in `table` of the TOML file at `path`; none when there is no such regular file."""
    if not os.path.isfile(path):
        return
    shown = _shown(path)
    try:
        with open(path, "rb") as file:
            raw = file.read()
    except OSError as exc:
        raise SettingsError(f"{shown}: cannot be read: {exc.strerror}") from exc
    if table and table[-1].encode() not in raw:
        return  # somebody's pyproject.toml without a word about us: not ours to check, nor to pay 8 ms for
    source, parsed = _parse(raw, shown)
    for depth, key in enumerate(table, start=1):
        parsed = parsed.get(key, {})
        if not isinstance(parsed, dict):
            line = _line_of(source, table[:depth])
            raise SettingsError(f"{shown}:{line}: {'.'.join(table[:depth])} must be a table")
    for name, value in parsed.items():
        yield name, value, f"{shown}:{_line_of(source, (*table, name))}"


def _parse(raw: bytes, shown: str) -> tuple[str, Any]:
    import tomllib  # only here: start-up does not pay for files that do not exist

    try:
        source = raw.decode("utf-8-sig")  # editors on Windows put a mark in front
    except UnicodeDecodeError as exc:
        line = raw.count(b"\n", 0, exc.start) + 1
        raise SettingsError(f"{shown}:{line}: is not UTF-8") from exc
    try:
        return source, tomllib.loads(source)
    except tomllib.TOMLDecodeError as exc:
        found = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", str(exc))
        message = str(exc)[: found.start()] if found else str(exc)
        last = len(source.rstrip("\n").split("\n"))
        raise SettingsError(f"{shown}:{(found and found[1]) or last}: {message}") from exc


def _shown(path: str) -> str:
    """`path` as a person would write it: relative when it lies in the current folder."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        return path
    return path if relative.startswith(os.pardir) else relative


_KEY = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_DOTTED = rf"{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*"
_HEADER = re.compile(rf"[ \t]*\[\[?[ \t]*({_DOTTED})[ \t]*\]")
_ASSIGNMENT = re.compile(rf"[ \t]*({_DOTTED})[ \t]*=")


def _line_of(source: str, wanted: _Path) -> int:
    """The line (1-based) of valid TOML `source` that gives the key `wanted`.

    Where the key stands in an inline table, this is the line of the table.
    """
    table: _Path = ()
    best, best_line = 0, 1
    quotes = ""
    for number, line in enumerate(source.split("\n"), start=1):
        inside, quotes = bool(quotes), _open_quotes(line, quotes)
        if inside:
            continue
        if header := _HEADER.match(line):
            found = table = _parts(header[1])
        elif assignment := _ASSIGNMENT.match(line):
            found = (*table, *_parts(assignment[1]))
        else:
            continue
        common = next(
            (at for at, (one, other) in enumerate(zip(found, wanted, strict=False)) if one != other),
            min(len(found), len(wanted)),
        )
        if common > best and (common == len(wanted) or common == len(found)):
            best, best_line = common, number
    return best_line


def _parts(dotted: str) -> _Path:
    return tuple(part.strip("\"'") for part in re.findall(_KEY, dotted))


def _open_quotes(line: str, quotes: str) -> str:
    """The triple quotes that are open at the end of `line` when `quotes` ("" for none) were at its start."""
    for mark in re.findall(r'"""|\'\'\'', line):
        if not quotes:
            quotes = mark
        elif mark == quotes:
            quotes = ""
    return quotes
