"""``sym:`` and ``kind:``: the definitions of files by name and kind."""

from __future__ import annotations

import re

import numpy as np

from codelode.index.symbols import Rows, SymbolTable
from codelode.query import ast
from codelode.search.boolean.filters import name_program
from codelode.search.boolean.subject import Subject
from codelode.search.definition import indexed_place
from codelode.search.describe import Place, found_places
from codelode.search.snapshot import Mask, OpenSegment
from codelode.search.spans import Span, find_spans
from codelode.search.symbolname import kind_codes
from codelode.structure.extract import extract
from codelode.text import languages

_SEPARATOR = re.compile(r"::|->|[.#:/\\]")


class DefinitionFinder:
    """Definitions with a name that fits and one of some kinds."""

    trees = ()

    def __init__(self, symbol: ast.Symbol, *, fold: bool) -> None:
        """Raises QueryError for an unknown kind."""
        self._symbol = symbol
        self._fold = fold
        self._codes = np.array(sorted(kind_codes(symbol.kinds)), np.int64)
        *around, last = _SEPARATOR.split(symbol.text) if symbol.style is ast.Style.TEXT else [symbol.text]
        self._qualified = self._folded(".".join([*around, last]).encode()) if around else b""
        self._last = last.encode()
        self._program = None
        if symbol.text and not (symbol.style is ast.Style.TEXT and symbol.text.isascii()):
            self._program = name_program(last, symbol.style, fold=fold)
        self._rows: dict[str, Rows] = {}

    def rows(self, part: OpenSegment) -> Rows:
        """The rows (int64, ascending) of a segment's symbol table that fit, those of dead files too."""
        key = str(part.folder)
        found = self._rows.get(key)
        if found is None:
            found = self._rows[key] = self._of_kind(part.symbols, self._named(part))
        return found

    def mask(self, part: OpenSegment) -> Mask:
        """The files of a segment that have one."""
        found = np.zeros(len(part.files), bool)
        found[part.symbols.files[self.rows(part)]] = True
        return found

    def spans(self, subject: Subject, most: int | None) -> list[Span]:
        """Where the names stand in the subject's text, ascending."""
        if subject.fresh:
            rows = self.rows(subject.part)
            own = subject.part.symbols.of_file(subject.ordinal)
            low, high = np.searchsorted(rows, (own.start, own.stop)).tolist()
            places = [indexed_place(subject.part, row) for row in rows[low:high].tolist()]
        else:
            places = [place for place in _places_now(subject) if self._fits(place)]
        return sorted({(place.name_start, place.name_end) for place in places})

    def _named(self, part: OpenSegment) -> Rows:
        table = part.symbols
        if not self._symbol.text:
            return np.arange(len(table))
        if self._program is not None:
            names, starts = table.distinct.lines
            places = [start for start, _ in find_spans(self._program, names)]
            return table.named(np.unique(np.searchsorted(starts, places, "right") - 1))
        rows = table.substring(self._last, case=not self._fold) if self._last else np.arange(len(table))
        if not self._qualified:
            return rows
        # What belongs to a definition that fits has its name in front: all of such files are looked at.
        of_files = np.flatnonzero(np.isin(table.files, np.unique(table.files[rows])))
        fits = [self._is_in(_qualified(table, row)) for row in of_files.tolist()]
        chosen: Rows = of_files[np.array(fits, bool)]
        return chosen

    def _of_kind(self, table: SymbolTable, rows: Rows) -> Rows:
        return rows[np.isin(table.kinds[rows], self._codes)] if self._codes.size else rows

    def _is_in(self, qualified: bytes) -> bool:
        return self._qualified in self._folded(qualified)

    def _folded(self, name: bytes) -> bytes:
        return name.lower() if self._fold else name

    def _fits(self, place: Place) -> bool:
        if self._codes.size and place.kind not in self._codes:
            return False
        if self._program is not None:
            return self._program.find(place.name, 0, len(place.name))[0] >= 0
        if self._qualified:
            return self._is_in(_dotted([*place.qualifiers, place.name]))
        return self._folded(self._last) in self._folded(place.name)


def _qualified(table: SymbolTable, row: int) -> bytes:
    return _dotted([*table.qualifiers(row), table.name(row)])


def _dotted(names: list[bytes]) -> bytes:
    return _SEPARATOR.sub(".", b".".join(names).decode("utf-8", "replace")).encode()


def _places_now(subject: Subject) -> list[Place]:
    """The definitions of a file that changed since it was indexed."""
    language = subject.part.files.language(subject.ordinal)
    found = extract(language, languages.extension(subject.path), subject.text, len(subject.text))[1]
    return found_places(found, subject.text)
