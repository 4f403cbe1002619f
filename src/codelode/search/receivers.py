"""What stands before the dot of a call: an object of which class, a module, or something from outside the tree.

Types are read where they are written: annotations, constructors, fields, results, class headers.  What takes more
than that stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from codelode.search.classes import Classes
from codelode.search.codebase import CLASSES, Codebase, Target
from codelode.search.parsed import ParsedFile
from codelode.search.value import FOREIGN, UNKNOWN, Value
from codelode.structure.chains import Link, read_chain
from codelode.structure.imports import Import
from codelode.structure.modules import ELSEWHERE, hands_on, inside_module
from codelode.structure.scoping import Scoping, find_declarations, pattern, scoping_of, type_name

MOST_STEPS = 6
"""Declarations that are followed from one to the next"""

_LITERAL = re.compile(r"[\"'`\[0-9]|[fbru]{1,2}[\"']|(?:True|False|true|false)\b")

_OR = re.compile(r"[ ]+or[ ]+|\s*(?:\|\||\?\?)\s*")
"""Between an expression and what it is when that is nothing"""


Call = Callable[[ParsedFile, int, str, "Value | None"], "Target | None"]
"""(file, offset, name, what it is called on) -> the definition that the call means, if that is sure"""


class Receivers:
    """Finds what expressions are, in the files of one question."""

    def __init__(self, codebase: Codebase, classes: Classes, call: Call) -> None:
        self._codebase = codebase
        self._classes = classes
        self._call = call
        self._steps = 0

    def value(self, file: ParsedFile, offset: int, links: Sequence[Link]) -> Value:
        """What the chain `links` in `file` at byte `offset` comes to."""
        if not links or self._steps >= MOST_STEPS:
            return UNKNOWN
        self._steps += 1
        try:
            value = self._first(file, offset, links[0])
            for link in links[1:]:
                if not value.known or value.foreign:
                    return UNKNOWN  # a foreign container gives back what was put into it
                value = self._next(file, offset, value, link)
            return value
        finally:
            self._steps -= 1

    def _first(self, file: ParsedFile, offset: int, link: Link) -> Value:
        scoping = scoping_of(file.language)
        name = link.name
        if name in scoping.selves and not link.called:
            owner = self._classes.enclosing(file, offset)
            if owner:
                return Value(owner=owner, own=True)
        if (f"{name}()" if link.called else name) in scoping.supers:
            owner = self._classes.enclosing(file, offset)
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
                klass = self._classes.find(name, file)
                return klass if klass.owner is not None else self._imported(file, one)
        klass = self._classes.find(name, file, known_only=True)
        if klass.known:
            return klass
        return self._declared(file, name, 0, len(file.text), offset, top=True) or UNKNOWN

    def _imported(self, file: ParsedFile, one: Import) -> Value:
        """What an imported name is that is no class: a module inside the module, or a variable of it."""
        module = inside_module(file.language, one.module, one.name)
        if not hands_on(file.language) or self._codebase.modules(file, module):
            return Value(module=module, file=file)
        files = self._codebase.modules(file, one.module)
        for hub in files:
            found = self._declared(hub, one.name, 0, len(hub.text), len(hub.text), top=True)
            if found is not None:
                return found
        return UNKNOWN if files else FOREIGN

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
            return Value(module=inside_module(value.file.language, value.module, link.name), file=value.file)
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
            owner = self._classes.enclosing(file, offset)
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
        found = self._declared(file, name, start, end, end, field=True)
        if found is not None and found.known:
            return found
        for method in self._classes.methods(owner, name):
            return self._result(method)  # a property
        for base in self._codebase.bases(owner):
            klass = self._classes.find(base, file)
            if klass.owner is not None and klass.owner.key not in seen:
                inherited = self._field(klass.owner, name, seen)
                if inherited.known:
                    return inherited
        return UNKNOWN

    def _declared(
        self,
        file: ParsedFile,
        name: str,
        start: int,
        end: int,
        offset: int,
        *,
        top: bool = False,
        field: bool = False,
    ) -> Value | None:
        """What the declaration of `name` between `start` and `end` says: the last before `offset`, or the first.

        `top`: only what no definition encloses; `field`: only what no function binds.  None when there is none.
        """
        found = find_declarations(scoping_of(file.language), self._codebase.code(file), name, start, end)
        if top:
            found = [one for one in found if self._is_top(file, one.offset)]
        elif field:
            found = [one for one in found if one.is_field or not self._is_in_function(file, one.offset)]
        else:
            found = [one for one in found if not one.is_field]
        best: Value | None = None
        for one in sorted(
            found, key=lambda one: (one.offset > offset, abs(one.offset - offset), not one.is_type)
        ):
            if one.is_type:
                value = self._of_type(file, one.written)
            else:
                value = self._of_expression(file, one.written, one.offset, "" if one.is_field else name)
            if value is None:
                continue
            if value.known:
                return value
            best = best or value
        return best

    def _is_in_function(self, file: ParsedFile, offset: int) -> bool:
        outline = file.outline
        around = outline.around(offset) if outline is not None else []
        return bool(around) and outline is not None and outline.kind(around[-1]) in ("function", "method")

    def _is_top(self, file: ParsedFile, offset: int) -> bool:
        outline = file.outline
        return outline is not None and all(
            outline.kind(entry) in ("variable", "constant") for entry in outline.around(offset)
        )

    def _of_type(self, file: ParsedFile, written: str) -> Value | None:
        name = type_name(written)
        if not name:
            return None if written.split(" ")[0] in ("return", "new", "else", "throw", "in") else UNKNOWN
        return self._classes.find(name, file)

    def _of_expression(self, file: ParsedFile, written: str, offset: int, itself: str) -> Value:
        """What an expression is that is assigned at byte `offset`; `itself` is what it is assigned to."""
        text = written.strip()
        if _LITERAL.match(text):
            return FOREIGN
        for part in _OR.split(text):
            links = read_chain(part)
            if links and not (len(links) == 1 and links[0].name == itself):
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
            owner = self._classes.of(target)
            return Value(owner=owner) if owner else UNKNOWN
        return self._of_type(file, written) or UNKNOWN
