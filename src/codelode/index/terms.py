"""The ranked-word index of a segment: a Tantivy index of chunks and of paths.  The only module that knows Tantivy.

Two kinds of documents: a chunk (fields ``body``, ``chunk``) and a path (fields ``path``, ``file``); ``chunk`` and
``file`` are ordinals in the segment's tables.  Words are cut by `text.tokens` before Tantivy sees them, so its
fast ``simple`` tokenizer is enough; positions are kept for phrases.

What is asked of it is a tree: words, words with typos and words of a pattern, some or all of which a document must
have.  Scores are made comparable between segments by the caller, who says each word's global weight.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

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

_COLUMNS = {BODY: "chunk", PATH: "file"}

Ordinals = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float64]


class Term(NamedTuple):
    """A word, in lower case as `text.tokens` cuts it."""

    text: str
    weight: float = 1.0
    """its inverse document frequency over the whole index"""


class Typos(NamedTuple):
    """Any word at most `distance` (1 or 2) letters added, left out, changed or swapped with a neighbour from `text`.

    A document's score does not say which, or how often: it is `weight`."""

    text: str
    distance: int
    weight: float = 1.0


class Matching(NamedTuple):
    """Any word that all of `pattern` matches: a regular expression as Tantivy's dictionary reads it, that is, without
    anchors, lookaround and classes of Unicode.  A score as with `Typos`.

    One that begins with ``.*`` walks through the whole dictionary: 100 ns a word, 150 ms for Linux."""

    pattern: str
    weight: float = 1.0


class InRow(NamedTuple):
    """Two or more words in this order, with room for `slop` others between them.  Scored as Tantivy has it."""

    words: tuple[str, ...]
    slop: int = 0
    weight: float = 1.0


class AnyOf(NamedTuple):
    """Documents with some of the parts; the score is the sum of theirs."""

    parts: tuple[Wanted, ...]


class AllOf(NamedTuple):
    """Documents with every part; the score is the sum of theirs."""

    parts: tuple[Wanted, ...]


Wanted = Term | Typos | Matching | InRow | AnyOf | AllOf


def terms(weights: Mapping[str, float]) -> tuple[Term, ...]:
    """The words with their global weights, as parts of an `AnyOf` or `AllOf`."""
    return tuple(Term(word, weight) for word, weight in weights.items())


def wildcard(text: str, weight: float = 1.0) -> Matching:
    """The words that `text` in lower case stands for: ``*`` for any letters, ``?`` for one."""
    wild = {"*": ".*", "?": "."}
    return Matching("".join(wild.get(char) or _literal(char) for char in text), weight)


def _literal(char: str) -> str:
    return char if char.isalnum() else f"\\{char}"


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

    def top(self, field: str, wanted: Wanted, limit: int) -> tuple[Ordinals, Scores]:
        """The `limit` best documents for `wanted`, best first: chunk (BODY) or file (PATH) ordinals.

        Tantivy multiplies by the segment's own inverse document frequency, so each word is boosted by the ratio: what
        remains of the segment in a score is its mean document length."""
        query = self._query(field, wanted)
        if query is None:
            return np.empty(0, np.int64), np.empty(0, np.float64)
        with _tantivy_errors(self._folder, CorruptIndexError):
            hits = self._searcher.search(query, limit, count=False).hits
            ordinals = self._searcher.fast_field_values(_COLUMNS[field], [address for _, address in hits])
        return np.array(ordinals, np.int64), np.array([score for score, _ in hits], np.float64)

    def every(self, field: str, wanted: Wanted) -> Ordinals:
        """The ordinals of all documents for `wanted`, ascending: 0.17 us each, so that `frequency` should be asked
        first.

        Ordered by the column that holds them they come along with the hits, and nothing is scored: 65 ms for 376,000
        chunks, where scored hits and a look at the column for each take 80 ms."""
        query, column = self._query(field, wanted), _COLUMNS[field]
        if query is None:
            return np.empty(0, np.int64)
        with _tantivy_errors(self._folder, CorruptIndexError):
            hits = self._searcher.search(
                query, max(self.documents, 1), count=False, order_by_field=column, order=tantivy.Order.Asc
            ).hits
        return np.fromiter(map(itemgetter(0), hits), np.int64, len(hits))

    def words_with_prefix(self, field: str, prefix: str) -> list[tuple[str, int]]:
        """The words that begin with `prefix` and the documents that have each (deleted files count), most first.

        1 us a word: 0.2 ms for the 118 that begin with "retr" in Linux, 40 ms for the 27,000 with "s"."""
        with _tantivy_errors(self._folder, CorruptIndexError):
            found: list[tuple[str, int]] = self._searcher.terms_with_prefix(field, prefix)
        return found

    def _query(self, field: str, wanted: Wanted) -> Any | None:
        """Tantivy's query; None when it certainly finds nothing: of 18 segments many lack a rare word, and each search
        that is left out saves 30 us."""
        if isinstance(wanted, Term):
            frequency = self.frequency(field, wanted.text)
            if not frequency:
                return None
            query = tantivy.Query.term_query(self._schema, field, wanted.text, index_option="freq")
            return tantivy.Query.boost_query(query, wanted.weight / self._inverse_frequency(frequency))
        if isinstance(wanted, AnyOf | AllOf):
            return self._combined(field, wanted)
        if isinstance(wanted, Typos):
            query = tantivy.Query.fuzzy_term_query(self._schema, field, wanted.text, wanted.distance)
        elif isinstance(wanted, Matching):
            query = tantivy.Query.regex_query(self._schema, field, wanted.pattern)
        elif all(self.frequency(field, word) for word in wanted.words):
            query = tantivy.Query.phrase_query(self._schema, field, list(wanted.words), wanted.slop)
        else:
            return None
        return tantivy.Query.boost_query(query, wanted.weight)

    def _combined(self, field: str, wanted: AnyOf | AllOf) -> Any | None:
        parts = [self._query(field, part) for part in wanted.parts]
        found = [part for part in parts if part is not None]
        if not found or (isinstance(wanted, AllOf) and len(found) < len(parts)):
            return None
        if len(found) == 1:
            return found[0]
        occur = tantivy.Occur.Must if isinstance(wanted, AllOf) else tantivy.Occur.Should
        return tantivy.Query.boolean_query([(occur, part) for part in found])

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
