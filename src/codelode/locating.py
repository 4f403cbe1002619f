"""Where the index of a root lies, and of which root an index is."""

from __future__ import annotations

import os
from pathlib import Path

from codelode.errors import CorruptIndexError, IndexFormatError
from codelode.store.catalog import Catalog
from codelode.store.files import CATALOG, default_location

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
