"""Vectors of chunks that have none: the job that runs after the text index is published, and can be killed any time.

Nothing of a segment is touched: vectors go into a sidecar beside it (`store.sidecars`), which is replaced every now and
then, and into the cache of vectors, batch by batch.  What is done stays done.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from codelode.embed.cache import CachedEmbedding
from codelode.embed.embedder import Embedder, Vectors
from codelode.errors import IndexLockedError
from codelode.index.files import ChunkTable, FileTable
from codelode.index.sidecars import dims_before, open_sidecar
from codelode.index.symbols import SymbolTable
from codelode.index.vectors import VectorsWriter, VectorTable
from codelode.ingest.chunktext import chunk_range, full_texts, plain_texts
from codelode.ingest.read import Content, read_file
from codelode.ingest.report import Progress
from codelode.model import SkipReason, display_path
from codelode.settings import MIB, Settings
from codelode.store import segment
from codelode.store.catalog import Catalog, SegmentRow
from codelode.store.files import CATALOG
from codelode.store.lock import BuildLock
from codelode.store.sidecars import (
    CACHE,
    EMBED_LOCK,
    collect_sidecars,
    embeddings_folder,
    replace_sidecar,
    sidecar,
)
from codelode.store.vectorcache import VectorCache
from codelode.text.decode import decode

WINDOW_BYTES = 4 * MIB
"""Text that is gathered, across files and segments, before it is cut into batches: some 3,000 chunks, so that those of
like length go together."""

LEAST_SAVE_SECONDS = 1.0
SAVE_SHARE = 0.05
"""Sidecars are written so seldom that it takes no more than this share of the time."""

WRITE_ROWS = 8192

TRIES, TRY_SECONDS = 5, 0.05
"""Somebody who asks whether a job runs holds its lock for a moment: a job that is not to wait tries so often."""

Mask = npt.NDArray[np.bool_]


@dataclass(slots=True)
class EmbedReport:
    """What a job did."""

    chunks: int = 0
    """that had no vector when it began, or came meanwhile; some may be of files that changed since they were indexed"""
    embedded: int = 0
    """of these, how many have one now"""
    computed: int = 0
    """texts that the embedder was given; the others were in the cache, or copies"""
    device: str = ""
    """what computed; "" when nothing did"""
    why: str = ""
    """why no faster device did"""
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """All fields."""
        return asdict(self)


def embed(
    root: str, location: Path, settings: Settings, embedder: Embedder, *, wait: bool, progress: Progress
) -> EmbedReport:
    """Give every chunk of the index at `location` that has none a vector of `embedder`.

    One job an index: with `wait` false, IndexLockedError when one runs.  What is committed meanwhile is embedded too.
    Raises EmbedderError, StorageError; what was done until then is kept."""
    began = perf_counter()
    report = EmbedReport()
    done = -1
    catalog = Catalog(location / CATALOG, create=False)
    try:
        # A commit that came when the last look at the catalog was over, and whose own job found this one at work.
        while catalog.generation() != done:
            with ExitStack() as stack:
                _lock(stack, location, wait, progress)
                cache_bytes = 0 if embedder.inline else settings.embedding_cache_mb * MIB
                cache = stack.enter_context(VectorCache(embeddings_folder(location) / CACHE, cache_bytes))
                dims = dims_before(location, embedder.fingerprint)
                encoder = CachedEmbedding(embedder, cache, dims)
                while catalog.generation() != done:
                    with catalog.view():
                        done, rows = catalog.generation(), catalog.segments()
                    _Pass(root, location, settings, embedder, encoder, report, progress).run(rows)
                if encoder.computed:
                    report.computed += encoder.computed
                    facts = embedder.facts()
                    report.device, report.why = facts.device, facts.why
                collect_sidecars(location, {row.name for row in catalog.segments()}, embedder.fingerprint)
    finally:
        catalog.close()
    report.seconds = perf_counter() - began
    return report


def _lock(stack: ExitStack, location: Path, wait: bool, progress: Progress) -> None:
    """Hold the lock of this index's job until `stack` is closed."""

    def waiting(holder: str) -> None:
        progress("wait to embed", int(holder) if holder.isdecimal() else 0, 0, 0, 0)

    path = embeddings_folder(location) / EMBED_LOCK
    for attempt in range(1, TRIES + 1):
        try:
            stack.enter_context(BuildLock(path, wait=wait, waiting=waiting, what="embedding"))
        except IndexLockedError:
            if attempt == TRIES:
                raise
            time.sleep(TRY_SECONDS)
        else:
            return


class _Part:
    """A segment, and the vectors that its sidecar is to hold."""

    def __init__(self, location: Path, row: SegmentRow, fingerprint: str) -> None:
        """Raises FileNotFoundError when the segment has been collected meanwhile."""
        folder = segment.segment_folder(location, row.name)
        self.files = FileTable(folder / segment.FILES)
        self.chunks = ChunkTable(folder / segment.CHUNKS)
        self.symbols = SymbolTable(folder / segment.SYMBOLS)
        self.path = sidecar(location, fingerprint, row.name)
        self._fingerprint = fingerprint
        self.has: Mask = np.zeros(len(self.chunks), bool)
        self._codes: npt.NDArray[np.int8] | None = None
        """i8[chunks, dims], while there is something to keep"""
        self._dirty = False
        own = folder / segment.VECTORS
        if own.exists() and VectorTable(own).embedder == fingerprint:
            self.has[:] = True
        elif (table := open_sidecar(self.path)) is not None:
            self.has[:] = table.has
        live = np.ones(len(self.files), bool)
        live[np.frombuffer(row.tombstones, np.uint16)] = False
        self.missing: Mask = live[self.chunks.files] & ~self.has
        """chunks that want a vector"""

    def put(self, numbers: list[int], vectors: Vectors) -> None:
        """Keep the vectors of some chunks."""
        if self._codes is None:
            table = open_sidecar(self.path)
            empty = np.zeros((len(self.chunks), vectors.shape[1]), np.int8)
            self._codes = empty if table is None else table.codes.copy()
        highest = np.maximum(np.abs(vectors).max(axis=1), 1e-30)
        self._codes[numbers] = np.rint(vectors * (127 / highest)[:, None])
        self.has[numbers] = True
        self._dirty = True

    def save(self) -> None:
        """Replace the sidecar."""
        if not self._dirty or self._codes is None:
            return
        writer = VectorsWriter(self._codes.shape[1])
        for at in range(0, len(self._codes), WRITE_ROWS):
            rows = slice(at, at + WRITE_ROWS)
            writer.add(self._codes[rows].astype(np.float32), self.has[rows])
        replace_sidecar(self.path, lambda path: writer.write(path, self._fingerprint))
        self._dirty = False

    def close(self) -> None:
        """Save, and keep nothing in memory."""
        self.save()
        self._codes = None


class _Wanted(NamedTuple):
    part: _Part
    chunk: int
    text: str


class _Pass:
    """One look at the segments of a generation."""

    def __init__(
        self,
        root: str,
        location: Path,
        settings: Settings,
        embedder: Embedder,
        encoder: CachedEmbedding,
        report: EmbedReport,
        progress: Progress,
    ) -> None:
        self._root, self._location, self._settings = root, location, settings
        self._embedder, self._encoder = embedder, encoder
        self._report, self._progress = report, progress
        self._open: list[_Part] = []
        """parts with something to save"""
        self._saved_at, self._save_took = perf_counter(), 0.0

    def run(self, rows: list[SegmentRow]) -> None:
        """Embed what the segments `rows` lack."""
        parts = []
        for row in rows:
            with suppress(FileNotFoundError):  # a newer commit dropped it: there is a next pass
                parts.append(_Part(self._location, row, self._embedder.fingerprint))
        self._report.chunks = self._report.embedded + sum(int(part.missing.sum()) for part in parts)
        self._tell()
        try:
            for window in self._windows(parts):
                self._encode(window)
                last = window[-1].part
                self._close([part for part in self._open if part is not last])
        finally:
            self._close(self._open)

    def _windows(self, parts: list[_Part]) -> Iterator[list[_Wanted]]:
        """What is missing, gathered across files and segments."""
        window: list[_Wanted] = []
        size = 0
        for part in parts:
            for ordinal in np.unique(part.chunks.files[part.missing]).tolist():
                for wanted in self._of_file(part, ordinal):
                    window.append(wanted)
                    size += len(wanted.text)
                if size >= WINDOW_BYTES:
                    yield window
                    window, size = [], 0
        if window:
            yield window

    def _of_file(self, part: _Part, ordinal: int) -> Iterator[_Wanted]:
        """The missing chunks of a file; none when it is not as it was indexed: a refresh will find it."""
        entry = part.files.entry(ordinal)
        path = os.path.join(os.fsencode(self._root), entry.path)
        content = read_file(path, self._settings.max_exact_bytes)
        if not isinstance(content, Content) or content.hash != entry.hash:
            return
        text = decode(content.data)
        if isinstance(text, SkipReason):
            return
        numbers = chunk_range(part.chunks, ordinal)
        name = display_path(entry.path)
        if self._embedder.inline:
            texts = plain_texts(name, text, part.chunks, numbers)
        else:
            texts = full_texts(name, ordinal, text, part.chunks, numbers, part.symbols)
        for chunk, one in zip(numbers, texts, strict=True):
            if part.missing[chunk]:
                yield _Wanted(part, chunk, one)

    def _encode(self, window: list[_Wanted]) -> None:
        for numbers, vectors in self._encoder.encode([wanted.text for wanted in window]):
            by_part: dict[int, tuple[_Part, list[int], list[int]]] = {}
            for row, number in enumerate(numbers):
                wanted = window[number]
                _, chunks, rows = by_part.setdefault(id(wanted.part), (wanted.part, [], []))
                chunks.append(wanted.chunk)
                rows.append(row)
            for part, chunks, rows in by_part.values():
                part.put(chunks, vectors[rows])
                if part not in self._open:
                    self._open.append(part)
            self._report.embedded += len(numbers)
            self._tell()
            self._save_sometimes()

    def _save_sometimes(self) -> None:
        began = perf_counter()
        if began - self._saved_at > max(LEAST_SAVE_SECONDS, self._save_took / SAVE_SHARE):
            for part in self._open:
                part.save()
            self._saved_at = perf_counter()
            self._save_took = self._saved_at - began

    def _close(self, parts: list[_Part]) -> None:
        """Write what `parts` have, and forget them."""
        for part in parts:
            part.close()
        self._open = [part for part in self._open if part not in parts]

    def _tell(self) -> None:
        self._progress("embed", self._report.embedded, self._report.chunks, 0, 0)
