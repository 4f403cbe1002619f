"""The ranked-word index of a segment: a Tantivy index of chunks and of paths.  The only module that knows Tantivy.

Two kinds of documents: a chunk (fields ``body``, ``chunk``) and a path (fields ``path``, ``file``); ``chunk`` and
``file`` are ordinals in the segment's tables.  Words are cut by `text.tokens` before Tantivy sees them, so its
fast ``simple`` tokenizer is enough; positions are kept for phrases.

Scores are made comparable between segments by the caller: `top_chunks` takes each word's global weight.
"""

from __future__ import annotations

import contextlib
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
from codelode.text.groups import Group

BODY, PATH = "body", "path"
_TOKENIZER = "codelode"

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
    """Collects chunks and paths in the order of their ordinals and writes the Tantivy index."""

    def __init__(self, folder: Path, heap_bytes: int) -> None:
        """`folder` must exist and be empty; `heap_bytes` bounds Tantivy's arena (15 MB at least)."""
        limit = tantivy.Filter.remove_long(tokens.MAX_TOKEN_BYTES)
        simple = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).filter(limit).build()
        with _tantivy_errors(folder, StorageError):
            index = tantivy.Index(_schema(), str(folder), reuse=False)
            index.register_tokenizer(_TOKENIZER, simple)
            self._writer = index.writer(heap_bytes, 1)
        self._folder = folder
        self._chunks = 0
        self.seconds = {"documents": 0.0, "terms": 0.0}

    def add_path(self, ordinal: int, path: str) -> None:
        """Add the path of the file with `ordinal`."""
        document = tantivy.Document()
        document.add_text(PATH, " ".join(tokens.words(path)))
        document.add_unsigned("file", ordinal)
        self._index([document])

    def add_group(self, group: Group) -> None:
        """Add the chunks of `group`, which come after those of the groups before."""
        began = perf_counter()
        documents = []
        for number, body in enumerate(_slices(group.split, group.starts.tolist()), self._chunks):
            document = tantivy.Document()
            document.add_text(BODY, body)
            document.add_unsigned("chunk", number)
            documents.append(document)
        self.seconds["documents"] += perf_counter() - began
        self._index(documents)
        self._chunks += len(documents)

    def finish(self) -> None:
        """Commit the index."""
        began = perf_counter()
        with _tantivy_errors(self._folder, StorageError):
            self._writer.commit()
            self._writer.wait_merging_threads()
        self.seconds["terms"] += perf_counter() - began

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
