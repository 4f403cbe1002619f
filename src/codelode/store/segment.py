"""A segment's folder: which files it has, its manifest, and whether it is whole.

::

    segments/<name>/files.col  chunks.col  trigrams.col  symbols.col  [vectors.col]  terms/  segment.json

``segment.json`` is written last: with it a segment is *finished*, without it the folder is a killed build's
leftover.  It is no commit: a finished segment is seen by nobody until the catalog names it.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from pathlib import Path

import xxhash

from codelode.errors import CorruptIndexError
from codelode.store.files import SEGMENTS, storage_errors, sync_file, sync_folder, write_durably
from codelode.store.format import ANALYSIS_VERSION, SEGMENT_VERSION

MANIFEST = "segment.json"
FILES = "files.col"
CHUNKS = "chunks.col"
TRIGRAMS = "trigrams.col"
TERMS = "terms"
SYMBOLS = "symbols.col"
VECTORS = "vectors.col"


@dataclass(frozen=True, slots=True)
class FinishedSegment:
    """A segment that is whole on disk."""

    name: str
    files: int
    text_bytes: int
    fingerprint: str
    """settings fingerprint it was built under"""
    guard: str
    """see `seal`"""


def new_name() -> str:
    """A name for a new segment, unique without coordination between workers."""
    return uuid.uuid4().hex[:16]


def segment_folder(location: Path, name: str) -> Path:
    """Folder of segment `name` of the index at `location`."""
    return location / SEGMENTS / name


def seal(folder: Path, *, files: int, text_bytes: int, fingerprint: str) -> FinishedSegment:
    """Make everything in `folder` durable and write its manifest.

    The *guard* holds size, mtime and xxh3-64 of each file.  A reader compares size and mtime (free), and the
    checksum of a file whose mtime differs; `codelode verify` compares all checksums.
    """
    guard: dict[str, tuple[int, int, str]] = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        if path.parent != folder:  # Tantivy's: it does not fsync all it writes
            sync_file(path)
            with storage_errors(path):
                path.chmod(folder.stat().st_mode & 0o666)  # and makes some readable by its user only
        with storage_errors(path):
            stat = path.stat()
            guard[path.relative_to(folder).as_posix()] = (stat.st_size, stat.st_mtime_ns, _checksum(path))
    if (folder / TERMS).is_dir():
        sync_folder(folder / TERMS)
    body = {
        "version": SEGMENT_VERSION,
        "analysis": ANALYSIS_VERSION,
        "files": files,
        "text_bytes": text_bytes,
        "fingerprint": fingerprint,
        "guard": guard,
    }
    text = json.dumps(body)
    with write_durably(folder / MANIFEST) as out:
        out.write(f"{xxhash.xxh3_64_hexdigest(text.encode())}\n{text}\n".encode())
    sync_folder(folder)
    sync_folder(folder.parent)
    return FinishedSegment(folder.name, files, text_bytes, fingerprint, json.dumps(guard))


def read_manifest(folder: Path) -> FinishedSegment | None:
    """The segment in `folder` when it is finished and of this version; None for a killed build's leftover."""
    try:
        check, _, text = (folder / MANIFEST).read_text().rstrip("\n").partition("\n")
    except (OSError, UnicodeDecodeError):
        return None
    if xxhash.xxh3_64_hexdigest(text.encode()) != check:
        return None
    body = json.loads(text)
    if body["version"] != SEGMENT_VERSION or body["analysis"] != ANALYSIS_VERSION:
        return None
    return FinishedSegment(
        folder.name, body["files"], body["text_bytes"], body["fingerprint"], json.dumps(body["guard"])
    )


def check_guard(folder: Path, guard: str) -> None:
    """Raise CorruptIndexError unless `folder` holds what `guard` says, by size and mtime, else by checksum.

    Raises FileNotFoundError when the whole folder is gone (a reader's snapshot was collected).
    """
    for name, (size, mtime_ns, check) in json.loads(guard).items():
        path = folder / name
        try:
            stat = path.stat()
        except FileNotFoundError as exc:
            if not folder.exists():
                raise
            raise CorruptIndexError(f"{path}: missing; {_REPAIR}") from exc
        if stat.st_size != size:
            raise CorruptIndexError(f"{path}: {stat.st_size} bytes, not {size}; {_REPAIR}")
        if stat.st_mtime_ns != mtime_ns and _checksum(path) != check:
            raise CorruptIndexError(f"{path}: checksum does not match; {_REPAIR}")


def damage(folder: Path, guard: str) -> list[str]:
    """One line for each file of the segment that is missing or whose bytes do not match the guard."""
    found = []
    manifest = read_manifest(folder)
    if manifest is None or manifest.guard != guard:
        found.append(f"{folder / MANIFEST}: missing, or not what the catalog says")
    for name, (size, _, check) in json.loads(guard).items():
        path = folder / name
        try:
            if path.stat().st_size != size:
                found.append(f"{path}: {path.stat().st_size} bytes, not {size}")
            elif _checksum(path) != check:
                found.append(f"{path}: checksum does not match")
        except OSError as exc:
            found.append(f"{path}: {exc.strerror}")
    return found


_REPAIR = "`codelode index --rebuild` repairs it"


def _checksum(path: Path) -> str:
    digest = xxhash.xxh3_64()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
