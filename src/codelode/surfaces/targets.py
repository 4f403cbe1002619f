"""From the PATHs of a command line to index roots, the folders inside them, and back to paths as written."""

# The command line starts here, and pathlib costs it 5 ms.
# ruff: noqa: PTH112, PTH120

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from codelode import config
from codelode.errors import IndexNotFoundError, QueryError, RootError, SettingsError, UsageError
from codelode.model import RelPath, display_path

FindRoot = Callable[[str], str | None]
"""The nearest folder at or above a path (absolute, without links) that has an index; None when none has."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a search is about."""

    root: str
    """the index root, an absolute path without symbolic links; of several the folder that they have in common"""
    places: tuple[tuple[RelPath, str], ...]
    """each PATH: relative to the root, and as the user wrote it ("" for the current folder when none was)"""
    roots: tuple[str, ...] = ()
    """the index roots when there are several"""
    prefixes: tuple[RelPath, ...] = ()
    """their paths from `root`"""
    unreadable: tuple[tuple[str, str], ...] = ()
    """index folders, of which nobody knows the roots, and what is wrong with them"""

    @property
    def under(self) -> tuple[RelPath, ...]:
        """The filter for the engine: empty when some PATH is the root itself, or when each root is one."""
        inside = tuple(path for path, _ in self.places)
        whole = b"" in inside or (self.prefixes and set(self.prefixes) <= set(inside))
        return () if whole else inside

    def shown(self, path: str) -> str:
        """`path` (relative to the root, as in `Hit.path`) as ripgrep prints it: led in by the PATH given.  One that
        is in no PATH (a definition, for instance, of what is called there) from the current folder."""
        best, given, held = b"", "", False
        raw = path.encode("utf-8", "surrogateescape")
        for place, written in self.places:
            inside = not place or raw == place or raw.startswith(place + b"/")
            if inside and len(place) >= len(best):
                best, given, held = place, written, True
        if not held:
            return os.path.relpath(os.path.join(self.root, path))  # noqa: PTH118
        rest = display_path(raw[len(best) :].lstrip(b"/"))
        if not given or not rest:
            return rest or given or path
        return given + rest if given.endswith(_SEPARATORS) else f"{given}/{rest}"


_SEPARATORS = ("/", "\\") if sys.platform == "win32" else ("/",)


def nearest_index(path: str) -> str | None:
    """The `FindRoot` of the command line: looks where the settings of each folder say its index is."""
    from codelode.app import Index

    usual = Index.find_root(path)
    folder = path
    while folder != usual:
        try:
            elsewhere = config.load(folder, {}, os.environ).index_dir
        except SettingsError:
            elsewhere = ""  # of a folder that may not be meant at all; if it is, its own loading complains
        if elsewhere and Index.find_root(folder, elsewhere) == folder:
            return folder
        parent = os.path.dirname(folder)
        if parent == folder:
            break
        folder = parent
    return usual


def root_of(path: str, find_root: FindRoot = nearest_index) -> str:
    """The root for a command on `path`: of the index that holds it, else the path itself.

    Raises RootError when there is no such path.
    """
    _must_exist(path)
    real = os.path.realpath(path)
    return find_root(real) or real


def indexed_root_of(path: str, find_root: FindRoot = nearest_index) -> str:
    """Like `root_of`, for commands that need an index; raises IndexNotFoundError.

    The root itself need not exist any more.
    """
    real = os.path.realpath(path)
    found = find_root(real)
    if found != real:
        _must_exist(path)
    if found is None:
        raise IndexNotFoundError(f"no index holds {path}; make one with: codelode index {path}")
    return found


def target(paths: Sequence[str], find_root: FindRoot = nearest_index) -> Target:
    """The target of a question about one index, which holds all `paths` (none: the current folder).

    Raises RootError for a PATH that does not exist; QueryError when the PATHs lie in different indexes or
    one is a file that no index holds.
    """
    found = _found(paths, find_root)
    (one, _, first), *others = found
    for two, _, second in others:
        if two != one:
            raise QueryError(
                f"{first} and {second} lie in different indexes ({one} and {two}); ask one after the other"
            )
    return _target(found)


def search_target(
    paths: Sequence[str],
    groups: Sequence[str] = (),
    *,
    all_indexes: bool = False,
    find_root: FindRoot = nearest_index,
) -> Target:
    """The target of a search: `paths`, which may lie in several indexes, and the folders of `groups`, or the roots
    of all indexes that there are; the current folder when nothing is given.

    Raises RootError for a PATH that does not exist (a folder of a group may be missing), QueryError for a file that
    no index holds, IndexNotFoundError when there is no index at all, UsageError for an unknown group and for what
    does not go together, SettingsError.
    """
    if all_indexes:
        if paths or groups:
            raise UsageError("--all-indexes searches all there is: leave out PATHs and --group")
        return _all_indexes()
    folders = [folder for group in groups for folder in config.group_folders(group, os.environ)]
    there = [*paths, *filter(os.path.isdir, folders)]
    found = _found(there, find_root) if there or not groups else []
    # What is missing has a root of its own, which the search reports.
    gone = [(os.path.realpath(folder), b"", folder) for folder in folders if not os.path.isdir(folder)]
    return _target([*found, *gone])


def _all_indexes() -> Target:
    from codelode.locating import known_indexes

    found: list[_Found] = []
    unreadable = []
    for root, location in known_indexes():
        if root is None:
            unreadable.append(
                (str(location), "it cannot be read; remove this folder, and build the index again")
            )
        elif os.path.isdir(root):
            found.append((root, b"", root))
    if not found:
        raise IndexNotFoundError(
            "there is no index of a folder that exists; make one with: codelode index PATH"
        )
    return _target(sorted(found), unreadable)


_Found = tuple[str, RelPath, str]
"""The root of a PATH, its path from there, and how it was written"""


def _found(paths: Sequence[str], find_root: FindRoot) -> list[_Found]:
    held: list[tuple[str, str, str | None]] = []
    for path in paths or [os.curdir]:
        _must_exist(path)
        real = os.path.realpath(path)
        held.append((path, real, find_root(real)))
    # A folder without an index will be a root, of what is given inside it too.
    roots = {root or real for _, real, root in held if root or os.path.isdir(real)}
    found: list[_Found] = []
    for path, real, root in held:
        root = root or _outermost(real, roots)
        if root is None:
            folder = os.path.dirname(path) or "."
            raise QueryError(f"{path} is a file that no index holds; search its folder {folder} instead")
        found.append((root, _relative(real, root), path if paths else ""))
    return found


def _outermost(path: str, roots: Collection[str]) -> str | None:
    """The outermost of `roots` at or above `path`."""
    found = None
    while True:
        if path in roots:
            found = path
        parent = os.path.dirname(path)
        if parent == path:
            return found
        path = parent


def _target(found: Sequence[_Found], unreadable: Sequence[tuple[str, str]] = ()) -> Target:
    roots = tuple(dict.fromkeys(root for root, _, _ in found))
    if len(roots) == 1 and not unreadable:
        return Target(roots[0], tuple((path, written) for _, path, written in found))
    from codelode.locating import common_root

    common, prefixes = common_root(roots)
    prefix_of = dict(zip(roots, prefixes, strict=True))
    places = tuple(((prefix_of[root] + path).rstrip(b"/"), written) for root, path, written in found)
    wholes = tuple(prefix.rstrip(b"/") for prefix in prefixes)
    return Target(common, places, roots, wholes, tuple(unreadable))


def _must_exist(path: str) -> None:
    if not os.path.lexists(path):
        raise RootError(f"{path}: no such file or folder")


def _relative(path: str, root: str) -> RelPath:
    relative = os.path.relpath(path, os.path.realpath(root))
    if relative == os.curdir:
        return b""
    return os.fsencode(relative.replace(os.sep, "/"))
