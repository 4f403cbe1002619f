"""Files and folders of an index: where each thing lies, and writing it so that it stays.

The storage contract that the rest relies on:

* *durability*: what `write_durably` wrote is on disk when it returns (fsync of the file); `sync_folder` does the
  same for names;
* *atomicity*: a segment folder becomes visible through one catalog transaction, never through its files;
* *errors*: an OSError of the index folder becomes StorageError with the path and what to do.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import xxhash

from codelode.errors import StorageError

CATALOG = "catalog.db"
LOCK = "build.lock"
SEGMENTS = "segments"
GONE = ".gone"
"""Suffix of a segment folder that is being deleted."""


def default_location(root: str) -> Path:
    """The index folder of `root` in the user's cache: ``<cache>/codelode/<name>-<hash>/``."""
    name = os.path.basename(root.rstrip("/\\")) or "root"  # noqa: PTH119  a drive root has no Path.name
    digest = xxhash.xxh3_64_hexdigest(os.fsencode(root))
    safe = "".join(c if c.isalnum() or c in "._-" else "_" for c in name)[:40]
    return cache_folder() / f"{safe}-{digest}"


def cache_folder() -> Path:
    """Where indexes live by default: ``$XDG_CACHE_HOME/codelode`` or the platform's equivalent."""
    if override := os.environ.get("XDG_CACHE_HOME"):
        return Path(override) / "codelode"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "codelode"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "codelode"
    return Path.home() / ".cache" / "codelode"


@contextlib.contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Map an OSError of writing below `path` to StorageError."""
    try:
        yield
    except OSError as exc:
        raise storage_error(path, exc) from exc


def storage_error(path: Path, exc: OSError) -> StorageError:
    """What went wrong with the index at `path`, as one line that says what to do."""
    if exc.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageError(
            f"{path}: no space left for the index; free some, or set index_dir to another disk"
        )
    if exc.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StorageError(
            f"{path}: cannot write the index ({exc.strerror}); set index_dir to a writable folder"
        )
    return StorageError(f"{path}: {exc.strerror or exc}")


@contextlib.contextmanager
def write_durably(path: Path) -> Iterator[BinaryIO]:
    """A new file to write; flushed and fsynced when the block ends.  Raises StorageError."""
    with storage_errors(path), path.open("wb") as out:
        yield out
        out.flush()
        os.fsync(out.fileno())


def sync_file(path: Path) -> None:
    """fsync a file that something else (Tantivy) wrote."""
    # Windows can fsync only a handle opened for writing.
    with storage_errors(path), path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Make the names in folder `path` durable; nothing to do on Windows, where folders cannot be synced."""
    if sys.platform == "win32":
        return
    with storage_errors(path):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def remove_tree(path: Path) -> bool:
    """Delete folder `path`; false when something of it is still in use (Windows), and left for later."""
    shutil.rmtree(path, ignore_errors=True)
    return not path.exists()


def collect(path: Path) -> None:
    """Delete segment folder `path` so that readers see all of it or nothing.

    On Windows a folder with files in use cannot be renamed, and is left whole for a later run."""
    gone = path if path.suffix == GONE else path.with_suffix(GONE)
    if gone != path:
        try:
            path.rename(gone)
        except OSError:
            return
    remove_tree(gone)


def folder_bytes(path: Path) -> int:
    """Bytes of all files below `path`."""
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            with contextlib.suppress(FileNotFoundError):  # a segment collected meanwhile
                total += (Path(folder) / name).stat().st_size
    return total
