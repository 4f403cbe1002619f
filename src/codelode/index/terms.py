"""The ranked-word index of a segment: a Tantivy index of chunks and of paths.  The only module that knows Tantivy.

Two kinds of documents: a chunk (fields ``body``, ``chunk``) and a path (fields ``path``, ``file``); ``chunk`` and
``file`` are ordinals in the segment's tables.  Words are cut by `text.tokens` before Tantivy sees them, so its
fast ``simple`` tokenizer is enough; positions are kept for phrases.

Scores are made comparable between segments by the caller: `top_chunks` takes each word's global weight.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
import tantivy

from codelode.errors import CorruptIndexError, StorageError
from codelode.text import tokens

BODY, PATH = "body", "path"
_TOKENIZER = "codelode"

GROUP_BYTES = 256 << 10
"""Texts are split and cut into chunks this many bytes at a time: a third of the time of one by one (numpy's cost a
call), and the arrays still fit the cache (4 MB groups are slower again)."""

FREQUENCIES_KEPT = 4_096
"""Document frequencies that a reader remembers: each is asked for twice a query."""

Ordinals = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float64]


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field(BODY, tokenizer_name=_TOKENIZER, index_option="position")
    builder.add_text_field(PATH, tokenizer_name=_TOKENIZER, index_option="freq")
    builder.add_unsigned_field("chunk", fast=True)
    builder.add_unsigned_field("file", fast=True)
    return builder.build()


class TermsWriter:
    """Collects texts in file order and writes the Tantivy index, and the columns of the chunk table."""

    def __init__(self, folder: Path, heap_bytes: int) -> None:
        """`folder` must exist and be empty; `heap_bytes` bounds Tantivy's arena (15 MB at least)."""
        limit = tantivy.Filter.remove_long(tokens.MAX_TOKEN_BYTES)
        simple = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).filter(limit).build()
        with _tantivy_errors(folder, StorageError):
            index = tantivy.Index(_schema(), str(folder), reuse=False)
            index.register_tokenizer(_TOKENIZER, simple)
            self._writer = index.writer(heap_bytes, 1)
        self._folder = folder
        self._texts: list[bytes] = []
        self._ordinals: list[int] = []
        self._starts: list[Sequence[int]] = []
        self._pending = 0
        self._chunks = 0
        self._columns: list[tuple[npt.NDArray[Any], ...]] = []
        self.seconds = {"split": 0.0, "documents": 0.0, "terms": 0.0}

    def add(self, ordinal: int, path: str, text: bytes, starts: Sequence[int]) -> None:
        """Add the file with `ordinal`, its chunks beginning at `starts` (see `text.chunks.cut`); an empty text
        adds its path only."""
        document = tantivy.Document()
        document.add_text(PATH, " ".join(tokens.words(path)))
        document.add_unsigned("file", ordinal)
        self._index([document])
        if not text:
            return
        self._texts.append(text if text.endswith(b"\n") else text + b"\n")
        self._ordinals.append(ordinal)
        self._starts.append(starts)
        self._pending += len(text)
        if self._pending >= GROUP_BYTES:
            self._flush_group()

    def finish(self) -> dict[str, npt.NDArray[Any]]:
        """Commit the index; returns the chunk table's columns (see docs/format.md)."""
        self._flush_group()
        began = perf_counter()
        with _tantivy_errors(self._folder, StorageError):
            self._writer.commit()
            self._writer.wait_merging_threads()
        self.seconds["terms"] += perf_counter() - began
        names = ("file", "start", "line")
        if not self._columns:
            return {name: np.empty(0, np.uint32) for name in names}
        return {name: np.concatenate([group[i] for group in self._columns]) for i, name in enumerate(names)}

    def _flush_group(self) -> None:
        if not self._texts:
            return
        began = perf_counter()
        joined = b"".join(self._texts)
        text_starts = np.zeros(len(self._texts), np.int64)
        np.cumsum([len(text) for text in self._texts[:-1]], out=text_starts[1:])
        counts = [len(starts) for starts in self._starts]
        own_starts = np.fromiter(itertools.chain.from_iterable(self._starts), np.int64, sum(counts))
        first_of = np.repeat(text_starts, counts)
        starts = own_starts + first_of
        borders = tokens.split_positions(joined)
        split = tokens.split_identifiers(joined, borders)
        bodies = _slices(split, (starts + np.searchsorted(borders, starts)).tolist())
        split_done = perf_counter()
        documents = []
        for number, body in enumerate(bodies, self._chunks):
            document = tantivy.Document()
            document.add_text(BODY, body)
            document.add_unsigned("chunk", number)
            documents.append(document)
        self.seconds["split"] += split_done - began
        self.seconds["documents"] += perf_counter() - split_done
        self._index(documents)
        self._chunks += len(documents)
        newlines = np.flatnonzero(np.frombuffer(joined, np.uint8) == 10)
        lines = np.searchsorted(newlines, starts) - np.searchsorted(newlines, first_of) + 1
        files = np.repeat(np.array(self._ordinals, np.uint32), counts)
        self._columns.append((files, own_starts.astype(np.uint32), lines.astype(np.uint32)))
        self._texts, self._ordinals, self._starts, self._pending = [], [], [], 0

    def _index(self, documents: Iterable[Any]) -> None:
        began = perf_counter()
        with _tantivy_errors(self._folder, StorageError):
            for document in documents:
                self._writer.add_document(document)
        self.seconds["terms"] += perf_counter() - began


def _slices(split: bytes, starts: Sequence[int]) -> list[str]:
    """The lower-cased pieces of `split` that begin at `starts`."""
    ends = [*starts[1:], len(split)]
    if split.isascii():
        lowered = split.lower().decode("ascii")
        return [lowered[a:b] for a, b in zip(starts, ends, strict=True)]
    pieces = [split[a:b].decode("utf-8").lower() for a, b in zip(starts, ends, strict=True)]
    # Tantivy and Python differ on which marks are letters: words are cut here, as those of queries are.
    return [piece if piece.isascii() else " ".join(tokens.WORD.findall(piece)) for piece in pieces]


class TermsReader:
    """Ranked retrieval in one segment."""

    def __init__(self, folder: Path) -> None:
        """Open the index in `folder`; raises CorruptIndexError when Tantivy cannot."""
        with _tantivy_errors(folder, CorruptIndexError), _lockable(folder) as place:
            index = tantivy.Index.open(place)
            self._schema = index.schema
            self._searcher = index.searcher()
        self._folder = folder
        self.documents = int(self._searcher.num_docs)
        self._frequencies: dict[tuple[str, str], int] = {}

    def frequency(self, field: str, word: str) -> int:
        """How many documents have `word` in `field` (BODY or PATH); deleted files count."""
        key = (field, word)
        found = self._frequencies.get(key)
        if found is None:
            with _tantivy_errors(self._folder, CorruptIndexError):
                found = int(self._searcher.doc_freq(field, word))
            if len(self._frequencies) >= FREQUENCIES_KEPT:
                self._frequencies.clear()
            self._frequencies[key] = found
        return found

    def top(self, field: str, weights: Mapping[str, float], limit: int) -> tuple[Ordinals, Scores]:
        """The `limit` best documents for any of the words, best first: chunk (BODY) or file (PATH) ordinals.

        `weights` are the words' global weights (inverse document frequencies).  Tantivy multiplies by the
        segment's own, so each word is boosted by the ratio: what remains of the segment in a score is its mean
        document length.
        """
        parts = []
        for word, weight in weights.items():
            own = self._inverse_frequency(self.frequency(field, word))
            query = tantivy.Query.term_query(self._schema, field, word, index_option="freq")
            parts.append((tantivy.Occur.Should, tantivy.Query.boost_query(query, weight / own)))
        with _tantivy_errors(self._folder, CorruptIndexError):
            hits = self._searcher.search(tantivy.Query.boolean_query(parts), limit, count=False).hits
            column = "chunk" if field == BODY else "file"
            ordinals = self._searcher.fast_field_values(column, [address for _, address in hits])
        return np.array(ordinals, np.int64), np.array([score for score, _ in hits], np.float64)

    def _inverse_frequency(self, frequency: int) -> float:
        # Tantivy's own formula (tantivy::query::bm25::idf).
        return math.log1p((self.documents - frequency + 0.5) / (frequency + 0.5))


@contextlib.contextmanager
def _lockable(folder: Path) -> Iterator[str]:
    """A folder with the files of `folder` in which Tantivy can make the lock it opens an index under.

    Once it is open its files are mapped, and their names are not needed any more.
    """
    effective = os.access in os.supports_effective_ids
    if os.access(folder, os.W_OK, effective_ids=effective):
        yield str(folder)
        return
    import tempfile

    with tempfile.TemporaryDirectory(prefix="codelode-") as place:
        for path in folder.iterdir():
            if path.suffix != ".lock":
                Path(place, path.name).symlink_to(path)
        yield place


class _tantivy_errors:  # noqa: N801  used like a function
    """``with`` block that turns what Tantivy raises, panics included, into `kind`."""

    def __init__(self, folder: Path, kind: type[CorruptIndexError] | type[StorageError]) -> None:
        self._folder, self._kind = folder, kind

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, trace: object) -> None:
        # pyo3's PanicException derives from BaseException on purpose; its name is all that is public.
        panicked = exc is not None and type(exc).__name__ == "PanicException"
        if not panicked and not isinstance(exc, ValueError | OSError | SystemError):
            return
        hint = (
            "`codelode index --rebuild` repairs it"
            if self._kind is CorruptIndexError
            else "is the disk full, or the folder not writable?"
        )
        raise self._kind(f"{self._folder}: {exc}; {hint}") from exc
