"""What a reader opened: a fixed list of segments and tombstones, unmoved by any writer."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from codelode.index.files import ChunkTable, FileTable
from codelode.index.symbols import SymbolTable
from codelode.index.trigram import TrigramReader
from codelode.model import RelPath
from codelode.store import segment
from codelode.store.catalog import Catalog, SegmentRow

if TYPE_CHECKING:
    from codelode.index.terms import TermsReader

Mask = npt.NDArray[np.bool_]


class OpenSegment:
    """One segment of a snapshot; each of its structures is opened when a query first needs it."""

    def __init__(self, location: Path, row: SegmentRow) -> None:
        """Raises CorruptIndexError when a file does not match the catalog's guard, FileNotFoundError when the
        segment has been collected since the catalog was read."""
        self.name = row.name
        self.folder = segment.segment_folder(location, row.name)
        segment.check_guard(self.folder, row.guard)
        self.files = FileTable(self.folder / segment.FILES)
        self.live: Mask = np.ones(len(self.files), bool)
        """which ordinals have no tombstone"""
        self.live[np.frombuffer(row.tombstones, np.uint16)] = False

    @cached_property
    def trigrams(self) -> TrigramReader:
        """Its trigram index."""
        return TrigramReader(self.folder / segment.TRIGRAMS)

    @cached_property
    def chunks(self) -> ChunkTable:
        """Its chunk table."""
        return ChunkTable(self.folder / segment.CHUNKS)

    @cached_property
    def symbols(self) -> SymbolTable:
        """Its definitions."""
        return SymbolTable(self.folder / segment.SYMBOLS)

    @cached_property
    def terms(self) -> TermsReader:
        """Its ranked words."""
        from codelode.index.terms import TermsReader  # tantivy: exact queries never load it

        return TermsReader(self.folder / segment.TERMS)

    @cached_property
    def has_tombstones(self) -> bool:
        """Whether any file of it is dead."""
        return not bool(self.live.all())

    @cached_property
    def live_chunks(self) -> int:
        """Chunks of files without a tombstone."""
        files = self.chunks.files
        return int(self.live[files].sum()) if self.has_tombstones else len(files)

    @cached_property
    def live_files(self) -> int:
        """Files without a tombstone."""
        return int(self.live.sum())


class Snapshot:
    """All live segments of one generation."""

    def __init__(self, location: Path, catalog: Catalog) -> None:
        """Open the newest generation; raises as `OpenSegment` does."""
        with catalog.view():
            self.generation, rows, reasons = catalog.generation(), catalog.segments(), catalog.reasons()
        self.segments = [OpenSegment(location, row) for row in rows]
        self.skipped = {reason: count for reason, count in reasons.items() if reason}

    def hold(self, *, symbols: bool = False) -> Snapshot:
        """Open what exact search needs, and with `symbols` the definitions: from now on a newer commit cannot take it
        away.

        Raises FileNotFoundError when one has taken it already."""
        for part in self.segments:
            _ = part.trigrams
            if symbols:
                _ = part.symbols
        return self

    @cached_property
    def files(self) -> int:
        """Live files of all segments."""
        return sum(part.live_files for part in self.segments)

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

    @cached_property
    def chunks(self) -> int:
        """Live chunks of all segments."""
        return sum(part.live_chunks for part in self.segments)
