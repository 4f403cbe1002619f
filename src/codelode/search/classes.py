"""Classes of the tree: which one a name means in a file, what it inherits, and which methods it has."""

from __future__ import annotations

from collections.abc import Sequence

from codelode.search.codebase import CLASSES, Codebase, Target
from codelode.search.parsed import ParsedFile
from codelode.search.value import FOREIGN, UNKNOWN, Value
from codelode.structure.imports import EVERYTHING
from codelode.structure.modules import EXACT, INSIDE, inside_module
from codelode.structure.scoping import scoping_of

MOST_STEPS = 4
"""Modules that hand on a class to each other"""

_OPEN_CLASSES = frozenset({"go", "rust", "c", "swift", "ruby", "csharp", "jvm", "dart"})
"""Families in which a class's methods can stand outside its body or in several of them"""


class Classes:
    """Finds classes in the files of one question."""

    def __init__(self, codebase: Codebase) -> None:
        self._codebase = codebase
        self._found: dict[tuple[bytes, str], Value] = {}

    def enclosing(self, file: ParsedFile, offset: int) -> Target | None:
        """The class around byte `offset`."""
        outline = file.outline
        if outline is None:
            return None
        for entry in reversed(outline.around(offset)):
            if outline.kind(entry) in CLASSES:
                name = outline.name(entry).decode("utf-8", "replace")
                for one in self._codebase.named(name):
                    if self._is_entry(one, file, entry) and one.kind != "impl":
                        return one
                return self.find(name, file).owner
        for entry in reversed(outline.around(offset)):  # a method that stands outside its class
            name = outline.name(entry).decode("utf-8", "replace")
            for one in self._codebase.named(name):
                if one.path == file.path and int(one.part.symbols.starts[one.row]) == int(
                    outline.starts[entry]
                ):
                    owner = self._codebase.owner(one)
                    return self.find(owner, file).owner if owner else None
        return None

    @staticmethod
    def _is_entry(target: Target, file: ParsedFile, entry: int) -> bool:
        """Whether an entry of a file's outline is the definition `target`."""
        outline = file.outline
        if target.path != file.path or outline is None:
            return False
        return int(target.part.symbols.name_starts[target.row]) == int(outline.name_starts[entry])

    def of(self, target: Target) -> Target | None:
        """The class that a method belongs to."""
        parent = self._codebase.parent(target)
        if parent is not None and parent.kind in CLASSES and parent.kind != "impl":
            return parent
        owner = self._codebase.owner(target)
        file = self._codebase.file(target.part, target.ordinal)
        return self.find(owner, file).owner if owner and file else None

    def find(self, written: str, file: ParsedFile, *, known_only: bool = False) -> Value:
        """The class that `written` names in `file`: FOREIGN when the tree has none of that name, or the file
        imports it from outside; with `known_only` UNKNOWN then."""
        key = (file.path, written)
        if key not in self._found:
            self._found[key] = self._find(written, file)
        found = self._found[key]
        return UNKNOWN if known_only and found.foreign else found

    def _find(self, written: str, file: ParsedFile) -> Value:
        scoping = scoping_of(file.language)
        first, _, rest = written.partition(".")
        name = written.rpartition(".")[2]
        classes = [
            one
            for one in self._codebase.named(name)
            if one.kind in CLASSES
            and one.kind != "impl"
            and self._codebase.scoping(one).family == scoping.family
        ]
        if not rest:
            own = [one for one in classes if one.path == file.path]
            if own:
                return Value(owner=own[0])
        imports = self._codebase.imports(file)
        for one in reversed(imports):
            if one.local != first:
                continue
            wanted = classes if rest or one.name == name else self._codebase.named(one.name)
            module = inside_module(file.language, one.module, one.name) if rest and one.name else one.module
            return self._best(wanted, file, module) or FOREIGN
        if scoping.packages:
            folder = file.path.rpartition(b"/")[0]
            near = [one for one in classes if one.folder == folder]
            if near:
                return Value(owner=near[0])
        for one in imports:
            if one.name == EVERYTHING and not one.local and (found := self._best(classes, file, one.module)):
                return found
        if not classes or scoping.packages:
            return FOREIGN
        if scoping.strict:
            return UNKNOWN
        return (
            Value(owner=classes[0]) if len({self._codebase.owner(one) for one in classes}) == 1 else UNKNOWN
        )

    def _best(
        self, classes: Sequence[Target], file: ParsedFile, module: str, steps: int = MOST_STEPS
    ) -> Value | None:
        """The class that `file` finds in `module`, or in a module that it hands on; None for none."""
        scored = [(self._codebase.match(file, module, one), one) for one in classes if one.kind in CLASSES]
        for wanted in (EXACT, INSIDE):
            for score, one in scored:
                if score == wanted:
                    return Value(owner=one)
            for hub in self._codebase.modules(file, module) if steps and wanted == EXACT else ():
                names = {klass.name for klass in classes} | {EVERYTHING}
                for passed in self._codebase.imports(hub):
                    if passed.name in names and (found := self._best(classes, hub, passed.module, steps - 1)):
                        return found
        return None

    def methods(self, owner: Target, name: str, *, above: bool = False) -> list[Target]:
        """The definitions called `name` that objects of `owner` have: its own, or else those it inherits."""
        return self._methods(owner, name, above, set())

    def _methods(self, owner: Target, name: str, above: bool, seen: set[tuple[str, int]]) -> list[Target]:
        seen.add(owner.key)
        if not above:
            own = [one for one in self._codebase.named(name) if self._belongs(one, owner)]
            if own:
                return own
        file = self._codebase.file(owner.part, owner.ordinal)
        if file is None:
            return []
        for base in self._codebase.bases(owner):
            klass = self.find(base, file).owner
            if klass is not None and klass.key not in seen:
                found = self._methods(klass, name, False, seen)
                if found:
                    return found
        return []

    def _belongs(self, target: Target, owner: Target) -> bool:
        table = target.part.symbols
        if target.part is owner.part and int(table.parents[target.row]) == owner.row:
            return True
        if self._codebase.scoping(target).family not in _OPEN_CLASSES:
            return False
        return self._codebase.owner(target) == owner.name and (
            target.folder == owner.folder or self._codebase.scoping(target).family != "go"
        )

    def may_implement(self, target: Target, owner: Target) -> bool:
        """Whether the method `target` is of a class that extends or implements `owner`."""
        klass = self.of(target)
        if klass is None:
            return False
        if self._codebase.scoping(target).family == "go":
            return owner.kind == "interface" and klass.kind != "interface"
        return self._extends(klass, owner, set())

    def root(self, owners: Sequence[Target]) -> Target | None:
        """The one of `owners` that all others extend; None when they have no such in common."""
        for one in owners:
            if all(other.key == one.key or self._extends(other, one, set()) for other in owners):
                return one
        return None

    def _extends(self, klass: Target, owner: Target, seen: set[tuple[str, int]]) -> bool:
        seen.add(klass.key)
        file = self._codebase.file(klass.part, klass.ordinal)
        if file is None:
            return False
        for base in self._codebase.bases(klass):
            above = self.find(base, file).owner
            if above is None or above.key in seen:
                continue
            if above.key == owner.key or self._extends(above, owner, seen):
                return True
        return False
