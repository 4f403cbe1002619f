"""What a reader opened: a fixed list of segments and tombstones, unmoved by any writer."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from codelode.index.files import ChunkTable, FileTable
from codelode.index.symbols import SymbolTable
from codelode.index.trigram import TrigramReader
from codelode.model import RelPath, display_path, sort_key
from codelode.sharing import once
from codelode.store import segment
from codelode.store.catalog import Catalog, SegmentRow
from codelode.store.sidecars import sidecar

if TYPE_CHECKING:
    from codelode.index.terms import TermsReader
    from codelode.index.vectors import VectorTable

Mask = npt.NDArray[np.bool_]

Identity = tuple[tuple[str, int], ...]
"""Folder and generation of each index"""


@dataclass(frozen=True, slots=True)
class VectorChoice:
    """Which vectors a snapshot gives, and where it keeps them."""

    fingerprint: Callable[[], str]
    """fingerprint of the embedder whose vectors are wanted; asked when vectors are first needed"""
    load_bytes: int
    """vectors of all segments together are read into memory up to this size, and mapped above it"""

    def share(self, part: float) -> VectorChoice:
        """The choice of a segment that holds this `part` (0 to 1) of the text, and so of the vectors."""
        return VectorChoice(self.fingerprint, int(self.load_bytes * part))


class OpenSegment:
    """One segment of a snapshot; each of its structures is opened when a query first needs it."""

    def __init__(
        self, root: str, location: Path, row: SegmentRow, choice: VectorChoice | None = None
    ) -> None:
        """`root` is the folder of the files that the segment of the index at `location` was made of.  `choice` is of
        this segment alone; without one it has no vectors.

        Raises CorruptIndexError when a file does not match the catalog's guard, FileNotFoundError when the
        segment has been collected since the catalog was read."""
        self._root = os.path.join(os.fsencode(root), b"")
        self._location, self._choice = location, choice
        self._sidecar: tuple[tuple[int, int], VectorTable] | None = None
        self.name = row.name
        """of no other segment of the snapshot"""
        self.text_bytes = row.text_bytes
        """of source text, when it was built"""
        self._sealed_name = row.name
        self.folder = segment.segment_folder(location, row.name)
        segment.check_guard(self.folder, row.guard)
        self.files = FileTable(self.folder / segment.FILES)
        self.live: Mask = np.ones(len(self.files), bool)
        """which ordinals have no tombstone"""
        self.live[np.frombuffer(row.tombstones, np.uint16)] = False
        self.kept_masks: dict[Hashable, Mask] = {}
        """which ordinals pass filters that were asked for before, dead ones too"""

    @property
    def root(self) -> bytes:
        """The folder that own paths count from: absolute, with a separator at its end."""
        return self._root

    def placed(self, prefix: RelPath, choice: VectorChoice | None, live: Mask) -> OpenSegment:
        """The same segment as one of several indexes: all paths below `prefix` (which ends with a slash), vectors of
        `choice`, and only the files of `live`.  What is open is shared."""
        other = copy(self)
        other.name = (
            f"{display_path(prefix)}{self.name}"  # an index folder may have been copied, segments and all
        )
        other.files = self.files.placed(prefix)
        other.live = live
        other._choice, other._sidecar = choice, None
        for derived in ("has_tombstones", "live_chunks", "live_files", "_own_vectors"):
            other.__dict__.pop(derived, None)
        return other

    def locate(self, path: RelPath) -> bytes:
        """Where the file of this segment with this path lies: absolute."""
        return self._root + path[len(self.files.prefix) :]

    @once
    def trigrams(self) -> TrigramReader:
        """Its trigram index."""
        return TrigramReader(self.folder / segment.TRIGRAMS)

    @once
    def chunks(self) -> ChunkTable:
        """Its chunk table."""
        return ChunkTable(self.folder / segment.CHUNKS)

    @once
    def symbols(self) -> SymbolTable:
        """Its definitions."""
        return SymbolTable(self.folder / segment.SYMBOLS)

    @once
    def terms(self) -> TermsReader:
        """Its ranked words."""
        from codelode.index.terms import TermsReader  # tantivy: exact queries never load it

        return TermsReader(self.folder / segment.TERMS)

    @property
    def vectors(self) -> VectorTable | None:
        """The vectors of its chunks by the wanted embedder: its own, or those that were made after it was sealed, as
        far as they are; None when there are none."""
        if self._choice is None:
            return None
        wanted = self._choice.fingerprint()
        if self._own_vectors is not None and self._own_vectors.embedder == wanted:
            return self._own_vectors
        path = sidecar(self._location, wanted, self._sealed_name)
        try:
            stat = path.stat()
            state = (stat.st_ino, stat.st_mtime_ns)
            # A sidecar is replaced while its segment is embedded.
            if self._sidecar is None or self._sidecar[0] != state:
                self._sidecar = state, self._vector_table(path)
        except FileNotFoundError:
            return None
        return self._sidecar[1]

    @once
    def _own_vectors(self) -> VectorTable | None:
        path = self.folder / segment.VECTORS
        return self._vector_table(path) if path.exists() else None

    def _vector_table(self, path: Path) -> VectorTable:
        from codelode.index.vectors import VectorTable

        return VectorTable(path, self._choice.load_bytes if self._choice else 0)

    @property
    def embedded_chunks(self) -> int:
        """Chunks of files without a tombstone that have a vector by the wanted embedder."""
        table = self.vectors
        if table is None:
            return 0
        if table.complete:
            return self.live_chunks
        return int((self.live[self.chunks.files] & table.has).sum())

    @once
    def has_tombstones(self) -> bool:
        """Whether any file of it is dead."""
        return not bool(self.live.all())

    @once
    def live_chunks(self) -> int:
        """Chunks of files without a tombstone."""
        files = self.chunks.files
        return int(self.live[files].sum()) if self.has_tombstones else len(files)

    @once
    def live_files(self) -> int:
        """Files without a tombstone."""
        return int(self.live.sum())


def standing(path: RelPath) -> tuple[int, bytes]:
    """A key for paths: those in few folders first (a name that half of a tree uses is defined near its top), then by
    path."""
    return path.count(b"/"), sort_key(path)


class Snapshot:
    """All live segments of one generation, or of one generation of each of several indexes."""

    def __init__(
        self, segments: Sequence[OpenSegment], skipped: Mapping[str, int], identity: Identity
    ) -> None:
        self.segments = list(segments)
        self.skipped = dict(skipped)
        """paths that are not searched, by reason"""
        self.identity = identity
        """another one is another snapshot, and the same one the same"""
        self.word_weights: dict[tuple[str, str], float] = {}
        """inverse document frequencies that were asked for, by field and word"""

    @classmethod
    def opened(
        cls, root: str, location: Path, catalog: Catalog, choice: VectorChoice | None = None
    ) -> Snapshot:
        """The newest generation of the index at `location`, of the files below `root`, with the vectors of `choice`;
        raises as `OpenSegment` does."""
        with catalog.view():
            generation, rows, reasons = catalog.generation(), catalog.segments(), catalog.reasons()
        text_bytes = sum(row.text_bytes for row in rows) or 1
        segments = [
            OpenSegment(root, location, row, choice and choice.share(row.text_bytes / text_bytes))
            for row in rows
        ]
        skipped = {reason: count for reason, count in reasons.items() if reason}
        return cls(segments, skipped, ((str(location), generation),))

    @property
    def generation(self) -> int:
        """Number of commits so far."""
        return self.identity[0][1]

    def hold(self, *, symbols: bool = False) -> Snapshot:
        """Open what exact search needs, and with `symbols` the definitions: from now on a newer commit cannot take it
        away.

        Raises FileNotFoundError when one has taken it already."""
        for part in self.segments:
            _ = part.trigrams
            if symbols:
                _ = part.symbols
        return self

    @once
    def files(self) -> int:
        """Live files of all segments."""
        return sum(part.live_files for part in self.segments)

    @once
    def standing(self) -> list[npt.NDArray[np.int64]]:
        """For each segment the place of its files among all in the order of `standing`.  100 ms for 80,000 files."""
        paths = [path for part in self.segments for path in part.files.paths]
        order = sorted(range(len(paths)), key=lambda at: standing(paths[at]))
        places = np.empty(len(paths), np.int64)
        places[order] = np.arange(len(paths))
        return np.split(places, np.cumsum([len(part.files) for part in self.segments])[:-1])

    def find(self, path: RelPath) -> tuple[OpenSegment, int] | None:
        """The segment and ordinal of the live file with this path; None when there is none."""
        for part in self.segments:
            ordinal = part.files.ordinal(path)
            if ordinal is not None and part.live[ordinal]:
                return part, ordinal
        return None

    def structure(self) -> dict[str, int]:
        """Live files by `StructureState` value, for those states that occur."""
        counts: Counter[str] = Counter()
        for part in self.segments:
            names = part.files.structures
            found = np.bincount(part.files.structure_codes[part.live], minlength=len(names))
            counts.update({name: int(count) for name, count in zip(names, found, strict=True) if count})
        return dict(sorted(counts.items()))

    @property
    def embedded_chunks(self) -> int:
        """Live chunks of all segments that have a vector, as of now: a job may be adding some."""
        return sum(part.embedded_chunks for part in self.segments)

    @once
    def chunks(self) -> int:
        """Live chunks of all segments."""
        return sum(part.live_chunks for part in self.segments)
