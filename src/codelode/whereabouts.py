"""Where lines that were found a while ago are now: their digests are compared with the files as they are."""

from __future__ import annotations

import stat
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xxhash

from codelode.model import Hit, Match, SearchStats
from codelode.text.decode import decode

LARGEST = 256 << 20
"""Bytes from which a file that has grown is not read again: no search would"""

_Digests = list[str]
"""of a hit's first line and of its whole text"""

Signature = tuple[int, int]
"""size and modification time of a file, in nanoseconds"""

NO_FILE: Signature = (0, 0)
"""of one that is gone"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A hit as it is kept: where it is, what its text was, and the file's size and time then."""

    hit: Hit
    """without its text"""
    digests: _Digests
    signature: Signature

    @property
    def is_file(self) -> bool:
        """Whether the hit is a whole file: one of a query of filters alone."""
        return self.digests == _digests("") and not self.hit.matches

    def to_json(self) -> list[Any]:
        """All fields, without names."""
        return [list(self.hit), self.digests, list(self.signature)]

    @staticmethod
    def from_json(row: list[Any]) -> Kept:
        """What `to_json` made a row of."""
        (*fields, matches, copies), digests, (size, mtime_ns) = row
        hit = Hit._make([*fields, tuple(Match(*match) for match in matches), tuple(copies)])
        return Kept(hit, digests, (size, mtime_ns))


def keep(hits: Sequence[Hit], root: str) -> list[Kept]:
    """`hits`, whose paths count from `root`, as they are kept."""
    signatures: dict[str, Signature] = {}
    for hit in hits:
        if hit.path not in signatures:
            signatures[hit.path] = _signature(Path(root, hit.path))
    return [Kept(hit._replace(text=""), _digests(hit.text), signatures[hit.path]) for hit in hits]


def find(
    rows: Sequence[Kept], page: slice, root: str, stats: SearchStats
) -> tuple[tuple[Hit, ...], dict[int, str]]:
    """The hits of a `page` of `rows` with their lines as they are now; and by place in the page what became of those
    whose files were written."""
    by_path: dict[str, list[Kept]] = {}
    for row in rows:
        by_path.setdefault(row.hit.path, []).append(row)
    placed: dict[str, dict[int, tuple[Hit, str]]] = {}
    hits: list[Hit] = []
    fates: dict[int, str] = {}
    for place, row in enumerate(rows[page]):
        path = row.hit.path
        if path not in placed:
            placed[path] = _settle(by_path[path], Path(root, path), stats)
        hit, fate = placed[path][id(row)]
        if fate:
            fates[place] = fate
        hits.append(hit)
    stats.stale = len({hits[place].path for place in fates})
    return tuple(hits), fates


def _settle(rows: Sequence[Kept], path: Path, stats: SearchStats) -> dict[int, tuple[Hit, str]]:
    """All kept hits of a file, by `id`, with their lines as they are now and what became of those: "" when the file was
    not written.

    Most lines of a file move by the same number of lines, which tells those from each other that say the same; the
    others are looked for as near as possible.  No two hits are given the same place."""
    signature = _signature(path)
    if all(row.is_file for row in rows):
        fate = "gone" if signature == NO_FILE else "same" if signature != rows[0].signature else ""
        return {id(row): (row.hit, fate) for row in rows}
    text = _read_text(path, stats)
    if text is None:
        return {id(row): (row.hit._replace(matches=()), "gone") for row in rows}
    found = {id(row): text.places(row) for row in rows}
    votes = Counter(at - row.hit.start_line for row in rows for at in found[id(row)])
    shift = min(votes, key=lambda down: (-votes[down], abs(down)), default=0)
    taken: set[tuple[int, int]] = set()
    settled: dict[int, tuple[Hit, str]] = {}
    for row in sorted(rows, key=lambda row: row.hit.start_line + shift not in found[id(row)]):
        hit, size = row.hit, row.hit.end_line - row.hit.start_line
        free = [at for at in found[id(row)] if (at, size) not in taken]
        if not free:
            settled[id(row)] = hit._replace(matches=()), "gone"
            continue
        at = min(free, key=lambda at: abs(at - hit.start_line - shift))
        taken.add((at, size))
        down = at - hit.start_line
        matches = tuple(match._replace(line=match.line + down) for match in hit.matches)
        lines = text.lines(at, at + size)
        moved = hit._replace(start_line=at, end_line=at + size, text=lines, matches=matches)
        settled[id(row)] = moved, "moved" if down else "same" if signature != row.signature else ""
    return settled


class _Text:
    """The lines of a file as hits have them, counted from 1."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._known: dict[str, list[int]] = {}
        for at, line in enumerate(self._lines, start=1):
            self._known.setdefault(_digest(line), []).append(at)

    def lines(self, first: int, last: int) -> str:
        """The lines from `first` to `last`."""
        return "\n".join(self._lines[first - 1 : last])

    def places(self, row: Kept) -> list[int]:
        """Where the lines of a hit are."""
        first, whole = row.digests
        size = row.hit.end_line - row.hit.start_line
        return [at for at in self._known.get(first, ()) if _digest(self.lines(at, at + size)) == whole]


def _read_text(path: Path, stats: SearchStats) -> _Text | None:
    """A file as it is now; None when it is gone or no text any more."""
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST:
            return None
        data = path.read_bytes()
    except OSError:
        return None
    stats.files_read += 1
    stats.bytes_read += len(data)
    text = decode(data)
    return _Text(text.decode("utf-8", "replace")) if isinstance(text, bytes) else None


def _signature(path: Path) -> Signature:
    """That of a file, `NO_FILE` when it is gone."""
    try:
        found = path.lstat()
    except OSError:
        return NO_FILE
    return found.st_size, found.st_mtime_ns


def _digests(text: str) -> _Digests:
    return [_digest(text.split("\n", 1)[0]), _digest(text)]


def _digest(text: str) -> str:
    return xxhash.xxh3_64_hexdigest(text.encode("utf-8", "surrogateescape"))
