"""A source file as the questions about structure read it: its definitions, and what its mentions are for.

The symbol table knows the definitions of a file that is as it was indexed; those of any other are found anew.
Where the language allows it, only the definition around a mention is parsed.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from codelode.model import RelPath, Role, StructureState, Symbol
from codelode.search.definition import indexed_place
from codelode.search.describe import Place, describe, found_places
from codelode.search.snapshot import OpenSegment
from codelode.sharing import lazy
from codelode.structure import grammars, tables
from codelode.structure.definitions import find_definitions
from codelode.structure.grammars import Grammar
from codelode.structure.parsing import SlowParse, parse
from codelode.structure.roles import Mention, block_around, read_mention
from codelode.structure.rules import KINDS, Rules

if TYPE_CHECKING:
    from tree_sitter import Node

Offsets = npt.NDArray[np.int64]


class Outline(ABC):
    """The definitions of one file in the order of their starts; entries are named by their place in it.

    The arrays (int64) have one value an entry.
    """

    kinds: npt.NDArray[np.integer[Any]]
    """index into KINDS"""
    starts: Offsets
    """first byte"""
    ends: Offsets
    """byte after the last"""
    bodies: Offsets
    """byte at which the signature ends"""
    name_starts: Offsets

    @abstractmethod
    def parent(self, entry: int) -> int:
        """The enclosing definition; -1 for none."""

    @abstractmethod
    def name(self, entry: int) -> bytes:
        """Its name, as written."""

    @abstractmethod
    def place(self, entry: int) -> Place:
        """All about it."""

    def around(self, offset: int) -> list[int]:
        """The definitions around byte `offset`, the outermost first."""
        stop = int(np.searchsorted(self.starts, offset, side="right"))
        found: list[int] = np.flatnonzero(self.ends[:stop] > offset).tolist()
        return found

    def enclosing(self, offset: int) -> int:
        """The innermost definition around byte `offset`; -1 for none."""
        found = self.around(offset)
        return found[-1] if found else -1

    def kind(self, entry: int) -> str:
        """One of KINDS."""
        return KINDS[self.kinds[entry]]


class IndexedOutline(Outline):
    """The definitions of a file that is as it was indexed."""

    def __init__(self, part: OpenSegment, ordinal: int) -> None:
        self._part = part
        self._table = table = part.symbols
        rows = table.of_file(ordinal)
        self.first_row = rows.start
        """row of entry 0 in the segment's symbol table"""
        own = slice(rows.start, rows.stop)
        self.kinds = table.kinds[own]
        self.starts, self.ends = table.starts[own], table.ends[own]
        self.bodies, self.name_starts = table.bodies[own], table.name_starts[own]

    def parent(self, entry: int) -> int:
        """As `Outline.parent`."""
        row = int(self._table.parents[self.first_row + entry])
        return row - self.first_row if row >= 0 else -1

    def name(self, entry: int) -> bytes:
        """As `Outline.name`."""
        return self._table.name(self.first_row + entry)

    def place(self, entry: int) -> Place:
        """As `Outline.place`."""
        return indexed_place(self._part, self.first_row + entry)


class TextOutline(Outline):
    """The definitions that a text has now."""

    def __init__(self, grammar: Grammar, text: bytes) -> None:
        """Raises SlowParse."""
        found = find_definitions(grammar, text)
        self._found = found
        self._places = found_places(found, text)
        self.kinds = np.array(found.kinds, np.int64)
        self.starts, self.ends = np.array(found.starts, np.int64), np.array(found.ends, np.int64)
        self.bodies, self.name_starts = (
            np.array(found.bodies, np.int64),
            np.array(found.name_starts, np.int64),
        )

    def parent(self, entry: int) -> int:
        """As `Outline.parent`."""
        return self._found.parents[entry]

    def name(self, entry: int) -> bytes:
        """As `Outline.name`."""
        return self._places[entry].name

    def place(self, entry: int) -> Place:
        """As `Outline.place`."""
        return self._places[entry]


class ParsedFile:
    """One file, read; parsed as far as it is asked."""

    def __init__(self, path: RelPath, part: OpenSegment, ordinal: int, text: bytes, *, fresh: bool) -> None:
        """`fresh`: `text` is what was indexed."""
        self.path = path
        self.part = part
        self.ordinal = ordinal
        self.text = text
        self.language = part.files.language(ordinal)
        self.fresh = fresh
        self._pieces: dict[tuple[int, int], tuple[Node, bytes]] = {}

    @lazy
    def grammar(self) -> Grammar | None:
        """None when the file was not parsed for the index either: too large, too slow, no grammar..."""
        if self.part.files.structure(self.ordinal) is not StructureState.PARSED:
            return None
        rules = tables.rules_for(self.language)
        if rules is None:
            return None
        try:
            return grammars.load(rules, os.path.splitext(self.path)[1][1:].lower().decode("utf-8", "replace"))
        except ImportError:  # uninstalled since
            return None

    @property
    def rules(self) -> Rules | None:
        """The language's table; None without a grammar."""
        return self.grammar.rules if self.grammar else None

    @lazy
    def outline(self) -> Outline | None:
        """Its definitions; None without a grammar, or when parsing takes too long."""
        if self.grammar is None:
            return None
        if self.fresh:
            return IndexedOutline(self.part, self.ordinal)
        try:
            return TextOutline(self.grammar, self.text)
        except SlowParse:
            return None

    def qualified(self, entry: int) -> str:
        """The qualified name of an entry of the outline; "" for -1."""
        outline, rules = self.outline, self.rules
        if outline is None or rules is None or entry < 0:
            return ""
        place = outline.place(entry)
        return rules.separator.join(
            part.decode("utf-8", "replace") for part in (*place.qualifiers, place.name)
        )

    def symbol(self, entry: int) -> Symbol | None:
        """An entry of the outline as it is shown; None for -1."""
        if self.outline is None or entry < 0:
            return None
        return describe(self.outline.place(entry), self.text, self.path, self.language)

    def mention(self, start: int, end: int) -> Mention | None:
        """What the name at bytes `start` to `end` is for; None when it is a part of a longer name."""
        grammar, outline = self.grammar, self.outline
        if grammar is None or outline is None:
            return Mention(Role.TEXT)
        if bool((outline.name_starts == start).any()):
            return Mention(Role.DEFINITION)
        piece = self._piece_around(start)
        try:
            root, text = self._parsed(*piece)
        except SlowParse:
            return Mention(Role.TEXT)
        return read_mention(grammar, root, text, start - piece[0], end - piece[0])

    def block_around(self, offset: int) -> tuple[int, int]:
        """The span of the block that byte `offset` stands in; the whole text without a grammar."""
        whole = 0, len(self.text)
        if self.grammar is None:
            return whole
        try:
            root, _ = self._parsed(*whole)
        except SlowParse:
            return whole
        return block_around(root, offset)

    def _parsed(self, start: int, end: int) -> tuple[Node, bytes]:
        key = (start, end)
        if key not in self._pieces:
            assert self.grammar is not None  # noqa: S101  (both callers looked)
            text = self.text[start:end]
            if not text.endswith(b"\n"):
                text += b"\n"
            self._pieces[key] = parse(self.grammar.parser, text).root_node, text
        return self._pieces[key]

    def _piece_around(self, offset: int) -> tuple[int, int]:
        """The part of the text to parse: where fragments will do, a definition or what lies between two."""
        outline = self.outline
        if outline is None or not (self.rules and self.rules.fragments):
            return 0, len(self.text)
        around = outline.around(offset)
        if around:
            return int(outline.starts[around[0]]), int(outline.ends[around[0]])
        before = outline.ends[outline.ends <= offset]
        after = outline.starts[outline.starts > offset]
        start = int(before.max()) if before.size else 0
        return start, int(after.min()) if after.size else len(self.text)
