"""Where the index of a root lies, and of which root an index is."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

from codelode.errors import CorruptIndexError, IndexFormatError
from codelode.model import RelPath
from codelode.store.catalog import Catalog
from codelode.store.files import CATALOG, cache_folder, default_location

IN_ROOT = ".codelode"
"""Index folder inside the root, used when it exists or when `index_dir` asks for it."""


def has_catalog(location: Path) -> bool:
    """Whether there is an index at `location`."""
    # Path.exists raises where a folder may not be entered.
    return os.path.exists(location / CATALOG)


def location_of(root: str, index_dir: str) -> Path:
    """Where the index of `root` lies; `index_dir` is the setting, a relative one counts from `root`."""
    if index_dir:
        return Path(root, index_dir)
    inside = Path(root, IN_ROOT)
    return inside if has_catalog(inside) else default_location(root)


def root_of(location: Path) -> str | None:
    """The root that the index at `location` was built for; None when that cannot be read."""
    try:
        catalog = Catalog(location / CATALOG, create=False)
    except (FileNotFoundError, CorruptIndexError, IndexFormatError):
        return None
    try:
        root = catalog.meta("root")
    except CorruptIndexError:
        return None
    finally:
        catalog.close()
    return os.fsdecode(bytes.fromhex(root)) if root else None


def known_indexes() -> Iterator[tuple[str | None, Path]]:
    """The indexes in the user's cache folder: the root of each, None when that cannot be read, and its own folder."""
    folder = cache_folder()
    for location in sorted(folder.iterdir()) if folder.is_dir() else []:
        if has_catalog(location):
            yield root_of(location), location


def common_root(roots: Sequence[str], paths: ModuleType = os.path) -> tuple[str, list[RelPath]]:
    """The folder that all `roots` (absolute, without links) lie in, and the path of each from there: b"" for the
    folder itself, else with a slash at its end.

    Roots on different drives of Windows have no such folder: it is "", and the drive's name is the first part of the
    paths.  `paths` is the module that knows the system's paths."""
    try:
        common = paths.commonpath(roots)
    except ValueError:
        common = ""
    found = []
    for root in roots:
        if common:
            relative = paths.relpath(root, common)
        else:
            drive, rest = paths.splitdrive(root)
            relative = drive.strip("\\/:") + rest
        relative = "" if relative == paths.curdir else relative.replace(paths.sep, "/").rstrip("/") + "/"
        found.append(os.fsencode(relative))
    return common, found
