"""Building one segment: files in, a finished segment folder out.  Runs in a worker or in the main process."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import numpy as np
import numpy.typing as npt

from codelode.index.files import FileEntry, write_chunks, write_files
from codelode.index.symbols import SymbolsWriter
from codelode.index.terms import TermsWriter
from codelode.index.trigram import TrigramWriter
from codelode.ingest.blackbox import BlackBox
from codelode.ingest.encode import GroupEncoder
from codelode.ingest.read import Content, read_file
from codelode.model import RelPath, SkipReason, StructureState, display_path
from codelode.settings import MIB, Settings
from codelode.store import segment
from codelode.store.catalog import FileRow
from codelode.store.files import remove_tree, storage_errors
from codelode.structure import custom
from codelode.structure.definitions import Definitions
from codelode.structure.extract import NO_DEFINITIONS, extract
from codelode.text import chunks, languages
from codelode.text.decode import decode
from codelode.text.groups import Group, TextGroups

MAX_BLOCKS = 65_535
"""Numbers of trigram blocks, and so ordinals of files, are uint16."""

BATCH_FILES = 2048
"""Most files of a batch: keeps progress alive on trees of tiny files."""

BATCH_BLOCKS = BATCH_FILES + 8_192
"""Most trigram blocks of a batch: its files, and what up to 2 GB in it are cut into."""

STAGES = ("read", "decode", "trigrams", "structure", "symbols", "split", "vectors")
"""What a builder itself takes the time of."""

WorkItem = tuple[RelPath, int, int, int]
"""path, size, mtime_ns, ctime_ns, as scanned"""


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """What a builder needs to know; travels to the workers."""

    root: bytes
    location: str
    max_ranked_bytes: int
    max_exact_bytes: int
    max_parsed_bytes: int
    grammars: tuple[str, ...]
    fingerprint: str
    embed: bool
    """make the bundled model's vectors"""
    memory_bytes: int
    """bound on one process"""

    @classmethod
    def of(cls, root: str, location: Path, settings: Settings, processes: int) -> BuildOptions:
        """Options for each of `processes` builders that share the settings' memory."""
        return cls(
            os.fsencode(root),
            str(location),
            settings.max_ranked_bytes,
            settings.max_exact_bytes,
            settings.max_parsed_bytes,
            settings.grammars,
            settings.fingerprint(),
            settings.embedder_parts[0] == "bundled",
            max((settings.memory_mb * MIB - MAIN_PROCESS_BYTES) // processes, SMALLEST_SHARE),
        )

    @property
    def segment_bytes(self) -> int:
        """Source text that a builder collects before its segment is full."""
        return int(max(self.memory_bytes - IDLE_BYTES, 16 * MIB) / BYTES_PER_TEXT_BYTE)


MAIN_PROCESS_BYTES = 130 * MIB
"""What the main process needs beside its workers for 80,000 files (measured: 115 MB)."""

SMALLEST_SHARE = 110 * MIB
IDLE_BYTES = 90 * MIB
"""Resident memory of a worker with its grammars and the mapped model loaded, before its first batch (measured)."""

BYTES_PER_TEXT_BYTE = 5.7
"""Growth of a builder's resident memory per byte of source, its finish included (measured on the Linux tree); 0.3 of it
are the vectors that wait for the end."""


@dataclass(slots=True)
class SegmentResult:
    """What became of the files given to one builder."""

    segment: segment.FinishedSegment | None
    """None when every file was skipped"""
    rows: list[FileRow]
    stages: dict[str, float] = field(default_factory=dict)
    """seconds by stage: read, decode, trigrams, structure, symbols, split, vectors, documents, terms, publish"""
    read_bytes: int = 0


class SegmentBuilder:
    """Collects files until `is_full`, then `finish` writes them as one segment."""

    def __init__(self, options: BuildOptions, box: BlackBox | None = None) -> None:
        """`box` is told what is being parsed, for a process that nobody watches."""
        self._options = options
        self._box = box
        self._folder = segment.segment_folder(Path(options.location), segment.new_name())
        self._full_bytes = options.segment_bytes
        self._entries: list[FileEntry] = []
        self._rows: list[FileRow] = []
        self._trigrams = TrigramWriter()
        self._terms: TermsWriter | None = None
        self._groups = TextGroups()
        self._chunks: list[dict[str, npt.NDArray[np.uint32]]] = []
        self._encoder = GroupEncoder() if options.embed else None
        self.text_bytes = 0
        self.read_bytes = 0
        self._symbols = SymbolsWriter()
        self._own_languages = custom.register(options.grammars)
        self._seconds = dict.fromkeys(STAGES, 0.0)

    @property
    def is_full(self) -> bool:
        """Whether memory or ordinals leave no room for another batch."""
        return self.text_bytes >= self._full_bytes or self._trigrams.blocks + BATCH_BLOCKS > MAX_BLOCKS

    def add(self, items: Iterable[WorkItem], *, unparsed: bool = False) -> None:
        """Read and index the files of `items`; what cannot be indexed gets a row with its reason.

        `unparsed` leaves their definitions out: parsing one of them killed a process."""
        prefix = os.path.join(self._options.root, b"")
        for item in items:
            began = perf_counter()
            content = read_file(prefix + item[0], self._options.max_exact_bytes)
            self._seconds["read"] += perf_counter() - began
            if isinstance(content, Content):
                self._add_content(item[0], content, unparsed)
            else:
                reason, detail = content
                self._rows.append((*item, b"", "", "", -1, reason.value, detail, 0))

    def _add_content(self, path: RelPath, content: Content, unparsed: bool) -> None:
        began = perf_counter()
        self.read_bytes += len(content.data)
        text = decode(content.data)
        found = content.stat
        signature = (path, found.size, found.mtime_ns, found.ctime_ns, content.hash)
        if isinstance(text, SkipReason):
            self._rows.append((*signature, "", "", -1, text.value, "", int(content.racy)))
            self._seconds["decode"] += perf_counter() - began
            return
        language = self._own_languages.get(languages.extension(path)) or languages.of_file(path, text)
        reason = self._exact_only(text)
        decoded = perf_counter()
        ordinal = len(self._entries)
        self._trigrams.add(ordinal, text)
        self._seconds["decode"] += decoded - began
        self._seconds["trigrams"] += perf_counter() - decoded
        ranked = b"" if reason else text
        if reason:
            state, definitions = StructureState.TOO_LARGE, NO_DEFINITIONS
        else:
            state, definitions = self._structure(path, language, text, unparsed)
        spans = list(zip(definitions.leads, definitions.ends, strict=True))
        name = display_path(path)
        self._terms_writer().add_path(ordinal, name)
        if ranked:
            self._add_text(ordinal, name, ranked, chunks.cut(ranked, spans))
        self._entries.append(
            FileEntry(
                path, found, signature[4], language, reason, content.racy, text is content.data, state.value
            )
        )
        self._rows.append((*signature, language, self._folder.name, ordinal, reason, "", int(content.racy)))
        self.text_bytes += len(text)

    def _add_text(self, ordinal: int, path: str, text: bytes, starts: Sequence[int]) -> None:
        began = perf_counter()
        group = self._groups.add(ordinal, path, text, starts)
        self._seconds["split"] += perf_counter() - began
        if group:
            self._add_group(group)

    def _add_group(self, group: Group) -> None:
        began = perf_counter()
        if self._encoder:
            self._encoder.add(group)
        self._seconds["vectors"] += perf_counter() - began
        self._terms_writer().add_group(group)
        self._chunks.append(group.columns)

    def _structure(
        self, path: RelPath, language: str, text: bytes, unparsed: bool
    ) -> tuple[StructureState, Definitions]:
        """The definitions in `text`, which go into the symbol table too."""
        began = perf_counter()
        if self._box:
            unparsed = self._box.suspects(path)
            self._box.note(path)
        if unparsed:
            found = StructureState.CRASHED, NO_DEFINITIONS
        else:
            found = extract(language, languages.extension(path), text, self._options.max_parsed_bytes)
        if self._box:
            self._box.clear()
        extracted = perf_counter()
        if len(found[1]):
            self._symbols.add(len(self._entries), text, found[1])
        self._seconds["structure"] += extracted - began
        self._seconds["symbols"] += perf_counter() - extracted
        return found

    def _exact_only(self, text: bytes) -> str:
        if len(text) > self._options.max_ranked_bytes:
            return SkipReason.TOO_LARGE_TO_RANK.value
        return SkipReason.MINIFIED.value if chunks.is_minified(text) else ""

    def _terms_writer(self) -> TermsWriter:
        if self._terms is None:
            terms = self._folder / segment.TERMS
            with storage_errors(self._folder):
                terms.mkdir(parents=True)
            self._terms = TermsWriter(terms, _heap_bytes(self._options.memory_bytes))
        return self._terms

    def finish(self) -> SegmentResult:
        """Write what was added; the builder is done after it.  Raises StorageError."""
        if self._terms is None:
            return SegmentResult(None, self._rows, dict(self._seconds), self.read_bytes)
        began = perf_counter()
        rest = self._groups.take()
        self._seconds["split"] += perf_counter() - began
        if rest:
            self._add_group(rest)
        self._terms.finish()
        stages = self._seconds | self._terms.seconds
        began = perf_counter()
        self._trigrams.write(self._folder / segment.TRIGRAMS)
        stages["trigrams"] += perf_counter() - began
        began = perf_counter()
        self._symbols.write(self._folder / segment.SYMBOLS)
        stages["symbols"] += perf_counter() - began
        began = perf_counter()
        if self._encoder:
            self._encoder.write(self._folder / segment.VECTORS)
        stages["vectors"] += perf_counter() - began
        began = perf_counter()
        write_chunks(self._folder / segment.CHUNKS, self._chunks)
        write_files(self._folder / segment.FILES, self._entries)
        finished = segment.seal(
            self._folder,
            files=len(self._entries),
            text_bytes=self.text_bytes,
            fingerprint=self._options.fingerprint,
        )
        stages["publish"] = perf_counter() - began
        return SegmentResult(finished, self._rows, stages, self.read_bytes)

    def discard(self) -> None:
        """Drop what was added, folder and all."""
        self._terms = None
        remove_tree(self._folder)


def _heap_bytes(memory_bytes: int) -> int:
    # Tantivy refuses less than 15 MB; above 100 MB a segment of ours never fills it.
    return min(max(memory_bytes // 4, 15_000_000), 100_000_000)
