"""From a row of a symbol table to the definition as its file has it now."""

from __future__ import annotations

from dataclasses import dataclass

from codelode.model import Hit, Match, RelPath, Symbol
from codelode.search.describe import Place, describe, found_places
from codelode.search.snapshot import OpenSegment
from codelode.search.source import Sources
from codelode.sharing import lazy
from codelode.structure.extract import extract
from codelode.text import languages

SHOWN_LINES = 12
"""Lines of a signature that a hit shows at most."""


@dataclass(frozen=True)
class _File:
    path: RelPath
    language: str
    text: bytes
    fresh: bool
    """it is as it was indexed"""

    @lazy
    def places(self) -> list[Place]:
        """Its definitions, found anew."""
        found = extract(self.language, languages.extension(self.path), self.text, len(self.text))[1]
        return found_places(found, self.text)


class DefinitionReader:
    """Reads definitions where they stand now; neighbours in one file cost one read."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._key: tuple[str, int] | None = None
        self._file: _File | None = None

    def symbol(self, part: OpenSegment, row: int) -> Symbol | None:
        """The definition in `row`; None when its file is gone, or has none of that name any more."""
        found = self._locate(part, row)
        return describe(found[1], found[0].text, found[0].path, found[0].language) if found else None

    def hit(self, part: OpenSegment, row: int, score: float) -> Hit | None:
        """The lines of its signature, or of its name where that stands far below; None as in `symbol`."""
        found = self._locate(part, row)
        return _hit(*found, score) if found else None

    def _locate(self, part: OpenSegment, row: int) -> tuple[_File, Place] | None:
        file = self._read(part, int(part.symbols.files[row]))
        place = self._place(file, part, row) if file is not None else None
        return (file, place) if file is not None and place is not None else None

    def _read(self, part: OpenSegment, ordinal: int) -> _File | None:
        if self._key != (part.name, ordinal):
            stale = self._sources.stale
            path = part.files.path(ordinal)
            text = self._sources.text(path, part, ordinal)
            fresh = self._sources.stale == stale
            self._file = None if text is None else _File(path, part.files.language(ordinal), text, fresh)
            self._key = part.name, ordinal
        return self._file

    @staticmethod
    def _place(file: _File, part: OpenSegment, row: int) -> Place | None:
        indexed = indexed_place(part, row)
        if file.fresh:
            return indexed
        alike = [place for place in file.places if place.name == indexed.name]
        return min(
            alike,
            key=lambda place: (place.kind != indexed.kind, abs(place.line - indexed.line), place.line),
            default=None,
        )


def to_symbol(part: OpenSegment, row: int, sources: Sources) -> Symbol:
    """The definition in `row` as its file has it now; as it was indexed, without signature and documentation, when
    the file is gone or has it no more."""
    found = DefinitionReader(sources).symbol(part, row)
    if found is not None:
        return found
    ordinal = int(part.symbols.files[row])
    return describe(indexed_place(part, row), b"", part.files.path(ordinal), part.files.language(ordinal))


def indexed_place(part: OpenSegment, row: int) -> Place:
    """Where a definition stood when its file was indexed."""
    table = part.symbols
    name_start = table.name_starts[row]
    name = table.name(row)
    return Place(
        name=name,
        kind=int(table.kinds[row]),
        visibility=int(table.visibilities[row]),
        lead=table.leads[row],
        start=table.starts[row],
        end=table.ends[row],
        body=table.bodies[row],
        name_start=name_start,
        name_end=name_start + len(name),
        line=table.lines[row],
        name_line=table.name_lines[row],
        end_line=table.end_lines[row],
        qualifiers=tuple(table.qualifiers(row)),
        depth=len(table.lineage(row)) - 1,
    )


def _hit(file: _File, place: Place, score: float) -> Hit:
    text = file.text
    symbol = describe(place, text, file.path, file.language)
    first, start = place.line, text.rfind(b"\n", 0, place.start) + 1
    sign_end = place.start + len(text[place.start : place.body].rstrip(b" \t\r\n{"))
    if place.name_line >= first + SHOWN_LINES:
        first, start, sign_end = place.name_line, text.rfind(b"\n", 0, place.name_start) + 1, place.name_end
    end = _line_end(text, max(sign_end, place.name_end))
    shown = text[start:end].split(b"\n")[:SHOWN_LINES]
    return Hit(
        symbol.path,
        first,
        first + len(shown) - 1,
        score,
        file.language,
        symbol.qualified,
        b"\n".join(shown).decode("utf-8", "replace"),
        (Match(symbol.line, symbol.column, len(symbol.name)),),
    )


def _line_end(text: bytes, at: int) -> int:
    end = text.find(b"\n", at)
    return len(text) if end < 0 else end
