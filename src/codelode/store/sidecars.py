"""Vectors that came after their segment was sealed: where they lie, beside the cache of vectors by content.

::

    embeddings/<fingerprint of the embedder>/<segment>.col    embeddings/cache.db   embed.log   embed.lock

A sidecar is written whole under another name and then renamed: readers see the old one or the new one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection
from pathlib import Path

from codelode.errors import CorruptIndexError, IndexFormatError
from codelode.store.files import remove_tree, storage_errors, sync_folder

EMBEDDINGS = "embeddings"
CACHE = "cache.db"
LOG = "embed.log"
EMBED_LOCK = "embed.lock"
_SUFFIX = ".col"
_NEW = ".new"


def embeddings_folder(location: Path) -> Path:
    """The folder of all that embedding keeps in the index at `location`."""
    return location / EMBEDDINGS


def sidecar(location: Path, fingerprint: str, name: str) -> Path:
    """The file with the vectors that the embedder `fingerprint` made of segment `name`."""
    return embeddings_folder(location) / fingerprint / f"{name}{_SUFFIX}"


def sidecars_of(location: Path, fingerprint: str) -> list[Path]:
    """All files of vectors by the embedder `fingerprint`, by name."""
    return sorted((embeddings_folder(location) / fingerprint).glob(f"*{_SUFFIX}"))


def replace_sidecar(path: Path, write: Callable[[Path], None]) -> None:
    """Put what `write` writes, durably, at `path` in one step; the sidecar that is there is kept until then."""
    fresh = path.with_suffix(_NEW)
    with storage_errors(path):
        path.parent.mkdir(exist_ok=True)  # not what is above it: an index that was dropped must not come back
    write(fresh)
    with storage_errors(path), contextlib.suppress(FileNotFoundError):  # the segment was collected meanwhile
        fresh.replace(path)
    sync_folder(path.parent)


def collect_sidecars(location: Path, live: Collection[str], fingerprint: str = "") -> None:
    """Remove the sidecars of segments that are not `live`, and with `fingerprint` those of every other embedder."""
    folder = embeddings_folder(location)
    for embedder in folder.iterdir() if folder.is_dir() else ():
        if not embedder.is_dir():
            continue
        if fingerprint and embedder.name != fingerprint:
            remove_tree(embedder)
            continue
        with storage_errors(embedder), contextlib.suppress(FileNotFoundError):  # another process collects too
            for path in embedder.iterdir():
                if path.stem not in live:
                    path.unlink(missing_ok=True)


def damage(location: Path) -> list[str]:
    """One line for each sidecar of the index at `location` that is not as it was written."""
    # Imports numpy: those who only want to know where sidecars lie pay nothing.
    from codelode.store.columns import ColumnFile

    found = []
    folder = embeddings_folder(location)
    for path in sorted(folder.glob(f"*/*{_SUFFIX}")):
        with contextlib.suppress(FileNotFoundError):  # collected meanwhile
            try:
                columns = ColumnFile(path, "vectors").damage()
            except (CorruptIndexError, IndexFormatError) as exc:
                found.append(str(exc))
            else:
                found += [f"{path}: checksum of {column!r} does not match" for column in columns]
    return found
