"""What stands before the dot of a call: an object of which class, a module, or something from outside the tree.

Types are read where they are written: annotations, constructors, fields, results, class headers.  What takes more
than that stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from codelode.search.codebase import CLASSES, Codebase, Target
from codelode.search.parsed import ParsedFile
from codelode.structure.chains import Link, read_chain
from codelode.structure.imports import EVERYTHING
from codelode.structure.modules import ELSEWHERE, EXACT, INSIDE
from codelode.structure.scoping import Scoping, pattern, scoping_of, type_name

MOST_STEPS = 6
"""Declarations that are followed from one to the next"""

_EXPRESSION = 600
"""Bytes of an assigned expression that are looked at"""

_LITERAL = re.compile(r"[\"'`\[{0-9]|[fbru]{1,2}[\"']|(?:True|False|true|false)\b")

_OR = re.compile(r"[ ]+or[ ]+|\s*(?:\|\||\?\?)\s*")
"""Between an expression and what it is when that is nothing"""

_OPEN_CLASSES = frozenset({"go", "rust", "c", "swift", "ruby", "csharp", "jvm", "dart"})
"""Families in which a class's methods can stand outside its body or in several of them"""


class Value(NamedTuple):
    """What an expression is; unknown when nothing is set."""

    owner: Target | None = None
    """the class that it is, or is an object of"""
    module: str | None = None
    """the module that it is, as the file that imports it calls it"""
    file: ParsedFile | None = None
    """the file that imports the module"""
    foreign: bool = False
    """something from outside the tree"""
    own: bool = False
    """the enclosing object itself"""
    above: bool = False
    """only what it inherits counts"""

    @property
    def known(self) -> bool:
        """Whether anything is."""
        return self.foreign or self.owner is not None or self.module is not None


UNKNOWN = Value()
FOREIGN = Value(foreign=True)

Call = Callable[[ParsedFile, int, str, "Value | None"], "Target | None"]
"""(file, offset, name, what it is called on) -> the definition that the call means, if that is sure"""


class Receivers:
    """Finds what expressions are, in the files of one question."""

    def __init__(self, codebase: Codebase, call: Call) -> None:
        self._codebase = codebase
        self._call = call
        self._steps = 0
        self._classes: dict[tuple[bytes, str], Value] = {}

    def value(self, file: ParsedFile, offset: int, links: Sequence[Link]) -> Value:
        """What the chain `links` in `file` at byte `offset` comes to."""
        if not links or self._steps >= MOST_STEPS:
            return UNKNOWN
        self._steps += 1
        try:
            value = self._first(file, offset, links[0])
            for link in links[1:]:
                if not value.known or value.foreign:
                    return value
                value = self._next(file, offset, value, link)
            return value
        finally:
            self._steps -= 1

    def _first(self, file: ParsedFile, offset: int, link: Link) -> Value:
        scoping = scoping_of(file.language)
        name = link.name
        if name in scoping.selves and not link.called:
            owner = self.enclosing_class(file, offset)
            if owner:
                return Value(owner=owner, own=True)
        if (f"{name}()" if link.called else name) in scoping.supers:
            owner = self.enclosing_class(file, offset)
            return Value(owner=owner, own=True, above=True) if owner else UNKNOWN
        if link.called:
            found = self._call(file, offset, name, None)
            return self._result(found) if found else self._made_by(file, name)
        bound = self._local(file, offset, name)
        if bound is not None:
            return bound
        for one in self._codebase.imports(file):
            if one.local and (one.local == name or one.local.partition(".")[0] == name):
                if not one.name:
                    return Value(module=one.module if one.local == name else name, file=file)
                klass = self.find_class(name, file)
                if klass.owner is not None:
                    return klass
                return Value(module=_inside(file.language, one.module, one.name), file=file)
        klass = self.find_class(name, file, known_only=True)
        if klass.known:
            return klass
        return self._declared(file, name, 0, len(file.text), offset, top=True) or UNKNOWN

    def _made_by(self, file: ParsedFile, name: str) -> Value:
        """What a call gives of which no definition is known."""
        outside = any(one.local == name for one in self._codebase.imports(file))
        return FOREIGN if outside or (name[:1].isupper() and not self._codebase.named(name)) else UNKNOWN

    def _next(self, file: ParsedFile, offset: int, value: Value, link: Link) -> Value:
        if link.called:
            found = self._call(file, offset, link.name, value)
            return self._result(found) if found else UNKNOWN
        if value.module is not None and value.file is not None:
            inside = [
                one
                for one in self._codebase.named(link.name)
                if one.kind in CLASSES and self._codebase.match(value.file, value.module, one) != ELSEWHERE
            ]
            if inside:
                return Value(owner=inside[0])
            return Value(module=_inside(value.file.language, value.module, link.name), file=value.file)
        return self._field(value.owner, link.name, set()) if value.owner else UNKNOWN

    # ---- variables and fields ----------------------------------------------------------------------------

    def _local(self, file: ParsedFile, offset: int, name: str) -> Value | None:
        """What a variable of the functions around `offset`, or a field that is seen there, is; None for no such."""
        outline = file.outline
        if outline is None:
            return None
        for entry in reversed(outline.around(offset)):
            if outline.kind(entry) not in ("function", "method"):
                continue
            start, end = int(outline.starts[entry]), int(outline.ends[entry])
            found = self._declared(file, name, start, end, offset)
            if found is not None:
                return found
        if scoping_of(file.language).implicit_self:
            owner = self.enclosing_class(file, offset)
            field = self._field(owner, name, set()) if owner is not None else UNKNOWN
            if field.known:
                return field
        return None

    def _field(self, owner: Target, name: str, seen: set[tuple[str, int]]) -> Value:
        """What a field of a class, or of a class that it extends, is."""
        seen.add(owner.key)
        file = self._codebase.file(owner.part, owner.ordinal)
        if file is None or not file.fresh:
            return UNKNOWN
        table = owner.part.symbols
        start, end = int(table.starts[owner.row]), int(table.ends[owner.row])
        found = self._declared(file, name, start, end, end)
        if found is not None and found.known:
            return found
        for method in self.methods(owner, name):
            return self._result(method)  # a property
        for base in self._codebase.bases(owner):
            klass = self.find_class(base, file)
            if klass.owner is not None and klass.owner.key not in seen:
                inherited = self._field(klass.owner, name, seen)
                if inherited.known:
                    return inherited
        return UNKNOWN

    def _declared(
        self, file: ParsedFile, name: str, start: int, end: int, offset: int, *, top: bool = False
    ) -> Value | None:
        """What the declaration of `name` between `start` and `end` says: the last before `offset`, or the first.

        `top`: only what no definition encloses.  None when there is none.
        """
        scoping = scoping_of(file.language)
        text = self._codebase.code(file)[start:end]
        found = [
            (start + match.start(1), is_type, match[1] if is_type else text[match.start(1) :][:_EXPRESSION])
            for is_type, templates in ((True, scoping.declared), (False, scoping.assigned))
            for template in templates
            for match in pattern(template, name).finditer(text)
        ]
        if top and found:
            outline = file.outline
            found = [one for one in found if outline is not None and self._is_top(file, one[0])]
        best: Value | None = None
        for _, is_type, written in sorted(
            found, key=lambda one: (one[0] > offset, abs(one[0] - offset), not one[1])
        ):
            value = (
                self._of_type(file, written) if is_type else self._of_expression(file, written, start, name)
            )
            if value is None:
                continue
            if value.known:
                return value
            best = best or value
        return best

    def _is_top(self, file: ParsedFile, offset: int) -> bool:
        outline = file.outline
        return outline is not None and all(
            outline.kind(entry) in ("variable", "constant") for entry in outline.around(offset)
        )

    def _of_type(self, file: ParsedFile, written: str) -> Value | None:
        name = type_name(written)
        if not name:
            return None if written.split(" ")[0] in ("return", "new", "else", "throw", "in") else UNKNOWN
        return self.find_class(name, file)

    def _of_expression(self, file: ParsedFile, written: str, offset: int, name: str) -> Value:
        text = written.strip()
        if _LITERAL.match(text):
            return FOREIGN
        for part in _OR.split(text):
            links = read_chain(part)
            if links and not (len(links) == 1 and links[0].name == name):
                value = self.value(file, offset, links)
                if value.known:
                    return value
        return UNKNOWN

    def _result(self, target: Target) -> Value:
        """What calling `target` gives."""
        if target.kind in CLASSES:
            return Value(owner=target)
        scoping = self._codebase.scoping(target)
        if not scoping.result:
            return UNKNOWN
        file = self._codebase.file(target.part, target.ordinal)
        signature = self._codebase.signature(target)
        if file is None or not signature:
            return UNKNOWN
        return self._declared_result(scoping, signature, file, target)

    def _declared_result(self, scoping: Scoping, signature: str, file: ParsedFile, target: Target) -> Value:
        found = pattern(scoping.result, "").findall(signature.strip().rstrip(":").strip())
        if not found:
            return UNKNOWN
        written = found[-1]
        if written.strip("\"' &") in ("Self", "this", "static", "self"):
            owner = self.class_of(target)
            return Value(owner=owner) if owner else UNKNOWN
        return self._of_type(file, written) or UNKNOWN

    # ---- classes -----------------------------------------------------------------------------------------

    def enclosing_class(self, file: ParsedFile, offset: int) -> Target | None:
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
                return self.find_class(name, file).owner
        for entry in reversed(outline.around(offset)):  # a method that stands outside its class
            name = outline.name(entry).decode("utf-8", "replace")
            for one in self._codebase.named(name):
                if one.path == file.path and int(one.part.symbols.starts[one.row]) == int(
                    outline.starts[entry]
                ):
                    owner = self._codebase.owner(one)
                    return self.find_class(owner, file).owner if owner else None
        return None

    @staticmethod
    def _is_entry(target: Target, file: ParsedFile, entry: int) -> bool:
        """Whether an entry of a file's outline is the definition `target`."""
        outline = file.outline
        if target.path != file.path or outline is None:
            return False
        return int(target.part.symbols.name_starts[target.row]) == int(outline.name_starts[entry])

    def class_of(self, target: Target) -> Target | None:
        """The class that a method belongs to."""
        parent = self._codebase.parent(target)
        if parent is not None and parent.kind in CLASSES and parent.kind != "impl":
            return parent
        owner = self._codebase.owner(target)
        file = self._codebase.file(target.part, target.ordinal)
        return self.find_class(owner, file).owner if owner and file else None

    def find_class(self, written: str, file: ParsedFile, *, known_only: bool = False) -> Value:
        """The class that `written` names in `file`: FOREIGN when the tree has none of that name, or the file
        imports it from outside; with `known_only` UNKNOWN then."""
        key = (file.path, written)
        if key not in self._classes:
            self._classes[key] = self._find_class(written, file)
        found = self._classes[key]
        return UNKNOWN if known_only and found.foreign else found

    def _find_class(self, written: str, file: ParsedFile) -> Value:
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
            module = _inside(file.language, one.module, one.name) if rest and one.name else one.module
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
            klass = self.find_class(base, file).owner
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
        klass = self.class_of(target)
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
            above = self.find_class(base, file).owner
            if above is None or above.key in seen:
                continue
            if above.key == owner.key or self._extends(above, owner, seen):
                return True
        return False


def _inside(language: str, module: str, name: str) -> str:
    """The module `name` inside another."""
    separator = {"rust": "::", "go": "/", "javascript": "/", "typescript": "/", "php": "\\"}.get(
        language, "."
    )
    return module + name if module.endswith(separator) else f"{module}{separator}{name}"
