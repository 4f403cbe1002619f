"""How a name is looked for in a symbol table: whole or qualified, from exact to mistyped."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from codelode.errors import QueryError
from codelode.index.namematch import hump_parts
from codelode.index.symbols import Rows, SymbolTable, find_mistyped
from codelode.model import Case, RelPath
from codelode.search.snapshot import OpenSegment
from codelode.structure.rules import KINDS

SHORTEST_FUZZY = 3
TWO_TYPOS = 6
"""Bytes of a name from which one typo in it is forgiven, and from which two are."""

_ALIASES = {
    "function": "func fn fun def procedure",
    "method": "func fn fun def",
    "constant": "const",
    "variable": "var let val",
    "class": "record",
    "interface": "protocol",
    "field": "attribute member",
    "type": "typedef",
    "macro": "define",
    "module": "mod namespace package",
}
"""Kind -> what languages call it"""

_SEPARATOR = re.compile(rb"::|->|[.#:/\\]")
_GENERIC = re.compile(rb"<[^<>]*>")

Numbers = npt.NDArray[np.int64]
Tables = Sequence[SymbolTable]
Lookup = Callable[[Tables, bytes], list[tuple[Rows, Numbers | int]]]
"""Finds rows of each table by a name, and says how many typos each has."""


class Tier(NamedTuple):
    """One way of looking for a name."""

    label: str
    find: Lookup
    is_guess: bool = False
    """what it finds is of interest only where the name itself is nowhere"""
    as_whole: bool = True
    """it makes sense for a qualified name as a whole, as for a heading that has dots in it"""


def _each(find: Callable[[SymbolTable, bytes], Rows]) -> Lookup:
    """A lookup that asks one table after the other and forgives nothing."""
    return lambda tables, name: [(find(table, name), 0) for table in tables]


def _mistyped(tables: Tables, name: bytes) -> list[tuple[Rows, Numbers | int]]:
    return list(find_mistyped(tables, name, typos_forgiven(name)))


_EXACT = Tier("exact", _each(lambda table, name: table.exact(name, case=True)))
_ANY_CASE = Tier("any case", _each(lambda table, name: table.exact(name, case=False)))
_PREFIX = Tier("prefix", _each(lambda table, name: table.prefix(name, case=False)))
_CASED_PREFIX = Tier("prefix, same case", _each(lambda table, name: table.prefix(name, case=True)))
_HUMPS = Tier("humps", _each(lambda table, name: table.humps(name)), is_guess=True, as_whole=False)
_INSIDE = Tier("substring", _each(lambda table, name: table.substring(name, case=False)), is_guess=True)
_CASED_INSIDE = Tier("substring", _each(lambda table, name: table.substring(name, case=True)), is_guess=True)
TYPOS = Tier("typos", _mistyped, is_guess=True, as_whole=False)

EXACT = frozenset({_EXACT.label, _ANY_CASE.label})
"""Labels of the tiers that find the name itself"""


TIERS = 7
"""How many there are at most"""


def typos_forgiven(name: bytes) -> int:
    """How many typos a name found for `name` may have."""
    return 0 if len(name) < SHORTEST_FUZZY else 1 if len(name) < TWO_TYPOS else 2


@dataclass(frozen=True, slots=True)
class Name:
    """What is looked for."""

    whole: bytes
    last: bytes
    """its last part where it is qualified, else the same"""
    qualifier: bytes
    """what stands before that, its parts joined with dots, lower case; empty when it is not qualified"""

    def tiers(self, case: Case) -> list[Tier]:
        """The ways to look for it, the surest first."""
        if case is Case.SENSITIVE:
            return [_EXACT, _CASED_PREFIX, _CASED_INSIDE]
        if len(hump_parts(self.last)) < 2:
            tiers = [_EXACT, _ANY_CASE, _PREFIX, _INSIDE]
        elif self.last.isupper():  # rather a name in capitals than humps
            tiers = [_EXACT, _ANY_CASE, _PREFIX, _INSIDE, _HUMPS]
        else:  # gUN is getUserName before it is gunzip
            tiers = [_EXACT, _ANY_CASE, _CASED_PREFIX, _HUMPS, _PREFIX, _INSIDE]
        return [*tiers, TYPOS] if typos_forgiven(self.last) else tiers

    def belongs(self, part: OpenSegment, rows: Rows) -> Numbers:
        """For each of `rows` 0 when what it belongs to ends with the qualifier, 1 when the path of its file (as
        the name of a module or package) and that do, else 2."""
        table = part.symbols
        files = table.files[rows].tolist()
        chains = [table.qualifiers(row) for row in rows.tolist()]
        of_file: dict[int, RelPath] = {}
        found = np.full(rows.size, 2, np.int64)
        for at, (file, around) in enumerate(zip(files, chains, strict=True)):
            chain = _dotted(b".".join(around))
            if self._ends(chain):
                found[at] = 0
                continue
            if file not in of_file:
                of_file[file] = _module(part.files.path(file))
            module = of_file[file]
            folder = module.rpartition(b".")[0]
            if any(self._ends(b".".join(filter(None, (outer, chain)))) for outer in (module, folder)):
                found[at] = 1
        return found

    def _ends(self, chain: bytes) -> bool:
        return (b"." + chain).endswith(b"." + self.qualifier)


def parse_name(query: str) -> Name:
    """The parts of ``name``, ``Class.method``, ``ns::fn``, ``Class#method``..."""
    whole = query.strip().encode("utf-8", "surrogateescape")
    *around, last = _SEPARATOR.split(whole)
    qualifier = b".".join(part for part in around if part)
    if not last or not qualifier:
        return Name(whole, whole, b"")
    return Name(whole, last, _dotted(qualifier))


def _dotted(qualifier: bytes) -> bytes:
    if b"<" in qualifier:
        qualifier = _GENERIC.sub(b"", qualifier)
    return _SEPARATOR.sub(b".", qualifier).lower()


def _module(path: RelPath) -> bytes:
    """A file's path as the name of a module: ``net.http.server`` of ``net/http/server.go``."""
    folder, slash, name = path.rpartition(b"/")
    stem = name.partition(b".")[0]
    return (folder + slash + stem).replace(b"/", b".").lower()


def kind_codes(kinds: frozenset[str]) -> frozenset[int]:
    """The codes of `kinds`, which may be plurals, or what a language calls them; QueryError for an unknown one."""
    codes: set[int] = set()
    for kind in kinds:
        word = kind.strip().lower()
        spelled = {word, word.removesuffix("s"), word.removesuffix("es"), re.sub("ies$", "y", word)}
        found = {
            code for code, known in enumerate(KINDS) if spelled & {known, *_ALIASES.get(known, "").split()}
        }
        if not found:
            raise QueryError(f"no kind of definition is called {kind!r}; known are {', '.join(KINDS)}")
        codes |= found
    return frozenset(codes)
