"""What resolving a call asks of the index, remembered for the length of one question."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from codelode.model import RelPath, SearchStats, Symbol, display_path
from codelode.search.definition import to_symbol
from codelode.search.parsed import ParsedFile
from codelode.search.snapshot import OpenSegment, Snapshot
from codelode.search.source import Sources
from codelode.search.symbols import definitions_named
from codelode.sharing import lazy
from codelode.structure.imports import Import, find_imports
from codelode.structure.modules import EXACT, hands_on, match_module, module_stem
from codelode.structure.rules import KINDS
from codelode.structure.scoping import Scoping, base_names, scoping_of, without_prose

CLASSES = frozenset({"class", "struct", "union", "interface", "trait", "enum", "impl", "module", "type"})
"""Kinds that own methods"""

CALLABLE = frozenset(
    {"function", "method", "class", "struct", "union", "interface", "trait", "enum"}
    | {"constant", "variable", "field", "property", "macro", "type"}
)
"""Kinds that a call can mean: a class is called to make one, a variable may hold a function"""


class Target(NamedTuple):
    """A definition in the index."""

    part: OpenSegment
    row: int
    """in the segment's symbol table"""
    ordinal: int
    path: RelPath
    kind: str
    name: str

    @property
    def key(self) -> tuple[str, int]:
        """Names it among all definitions of a snapshot."""
        return self.part.name, self.row

    @property
    def folder(self) -> RelPath:
        """Path of its file's folder; b"" for the root."""
        return self.path.rpartition(b"/")[0]


class Codebase:
    """A snapshot with the source files behind it."""

    def __init__(self, snapshot: Snapshot, sources: Sources, stats: SearchStats) -> None:
        self.snapshot = snapshot
        self._sources = sources
        self._stats = stats
        self._named: dict[str, list[Target]] = {}
        self._files: dict[tuple[str, int], ParsedFile | None] = {}
        self._imports: dict[RelPath, list[Import]] = {}
        self._code: dict[RelPath, str] = {}
        self._owners: dict[tuple[str, int], str] = {}
        self._symbols: dict[tuple[str, int], Symbol] = {}

    def named(self, name: str) -> list[Target]:
        """Every definition with this name that a call can mean, or that owns methods."""
        if name not in self._named:
            found = [self.target(part, row) for part, row in definitions_named(self.snapshot, name)]
            self._named[name] = [one for one in found if one.kind in CALLABLE or one.kind in CLASSES]
        return self._named[name]

    def target(self, part: OpenSegment, row: int) -> Target:
        """The definition in a row of a symbol table."""
        table = part.symbols
        ordinal = int(table.files[row])
        name = table.name(row).decode("utf-8", "replace")
        return Target(part, row, ordinal, part.files.path(ordinal), KINDS[table.kinds[row]], name)

    def symbol(self, target: Target) -> Symbol:
        """The definition as it is shown."""
        if target.key not in self._symbols:
            self._symbols[target.key] = to_symbol(target.part, target.row, self._sources)
        return self._symbols[target.key]

    def keep(self, file: ParsedFile) -> None:
        """Remember a file that has been read, so that it is not read again."""
        self._files[file.part.name, file.ordinal] = file

    def file(self, part: OpenSegment, ordinal: int) -> ParsedFile | None:
        """A file of the index; None when it is gone."""
        key = (part.name, ordinal)
        if key not in self._files:
            path = part.files.path(ordinal)
            stale = self._stats.stale
            text = self._sources.text(path, part, ordinal)
            fresh = self._stats.stale == stale
            self._files[key] = None if text is None else ParsedFile(path, part, ordinal, text, fresh=fresh)
        return self._files[key]

    def imports(self, file: ParsedFile) -> list[Import]:
        """What a file imports."""
        if file.path not in self._imports:
            self._imports[file.path] = find_imports(file.language, file.text)
        return self._imports[file.path]

    def code(self, file: ParsedFile) -> str:
        """The text of a file without its prose, a character a byte (`scoping.without_prose`)."""
        if file.path not in self._code:
            self._code[file.path] = without_prose(file.language, file.text.decode("latin-1"))
        return self._code[file.path]

    def scoping(self, target: Target) -> Scoping:
        """The rules of its language."""
        return scoping_of(target.part.files.language(target.ordinal))

    def parent(self, target: Target) -> Target | None:
        """The definition around it."""
        row = int(target.part.symbols.parents[target.row])
        return self.target(target.part, row) if row >= 0 else None

    def signature(self, target: Target) -> str:
        """Its text up to the body; "" when its file is not as it was indexed."""
        return self._between(target, target.part.symbols.bodies[target.row])

    def text(self, target: Target) -> str:
        """Its whole text; "" when its file is not as it was indexed."""
        return self._between(target, target.part.symbols.ends[target.row])

    def _between(self, target: Target, end: int) -> str:
        file = self.file(target.part, target.ordinal)
        if file is None or not file.fresh:
            return ""
        return file.text[target.part.symbols.starts[target.row] : end].decode("utf-8", "replace")

    def before_name(self, target: Target) -> str:
        """What stands before its name: ``static int`` of a C function."""
        return self._between(target, target.part.symbols.name_starts[target.row])

    def owner(self, target: Target) -> str:
        """The class that a method belongs to; "" for what belongs to none."""
        if target.key not in self._owners:
            self._owners[target.key] = self._find_owner(target)
        return self._owners[target.key]

    def _find_owner(self, target: Target) -> str:
        parent = self.parent(target)
        if parent is not None:
            if parent.kind in CLASSES and parent.kind != "module":
                return parent.name
            return self.owner(parent) if parent.kind == "module" and target.kind == "method" else ""
        qualifiers = target.part.symbols.qualifiers(target.row)
        return qualifiers[-1].decode("utf-8", "replace") if qualifiers else ""

    def match(self, file: ParsedFile, module: str, target: Target) -> int:
        """How well `target`'s file fits what `file` imports as `module` (`structure.modules`)."""
        root = self._go_module if file.language == "go" else ""
        return match_module(file.language, module, display_path(file.path), display_path(target.path), root)

    def modules(self, file: ParsedFile, module: str) -> list[ParsedFile]:
        """The files that `file` may import as `module`: those that hand names on have to be read for them."""
        places = self._hubs + self._by_stem.get(module_stem(file.language, module).encode(), [])
        found = []
        for part, ordinal in places:
            path = display_path(part.files.path(ordinal))
            if match_module(file.language, module, display_path(file.path), path) == EXACT:
                one = self.file(part, ordinal)
                found += [one] if one is not None else []
        return found

    @lazy
    def _by_stem(self) -> dict[bytes, list[tuple[OpenSegment, int]]]:
        """The files of languages whose modules hand names on, by file name without extension."""
        found: dict[bytes, list[tuple[OpenSegment, int]]] = {}
        for part in self.snapshot.segments:
            codes = [i for i, name in enumerate(part.files.languages) if hands_on(name)]
            for ordinal in np.flatnonzero(np.isin(part.files.language_codes, codes) & part.live).tolist():
                stem = part.files.path(ordinal).rpartition(b"/")[2].partition(b".")[0]
                found.setdefault(stem, []).append((part, ordinal))
        return found

    @lazy
    def _hubs(self) -> list[tuple[OpenSegment, int]]:
        """Those that stand for their folder."""
        return [place for stem in (b"__init__", b"index") for place in self._by_stem.get(stem, [])]

    @lazy
    def _go_module(self) -> str:
        """The module path in the root's go.mod; "" without one."""
        for part in self.snapshot.segments:
            for ordinal in [
                i for i, path in enumerate(part.files.paths) if path == b"go.mod" and part.live[i]
            ]:
                file = self.file(part, ordinal)
                found = re.search(rb"^module\s+(\S+)", file.text, re.M) if file else None
                if found:
                    return found[1].decode("utf-8", "replace")
        return ""

    def bases(self, target: Target) -> list[str]:
        """Names of the classes that a class extends."""
        names = base_names(self.scoping(target), self.signature(target))
        if self.scoping(target).family == "go":
            names += re.findall(r"^\s*\*?([A-Za-z_][\w.]*)\s*$", self.text(target), re.M)
        return names
