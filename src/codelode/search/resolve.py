"""Which definitions a call may mean, likeliest first: by scope, by import, by what the receiver is, by folder.

A call that certainly means something else, or something outside the tree, means none of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from codelode.model import Role
from codelode.search.classes import Classes
from codelode.search.codebase import CALLABLE, Codebase, Target
from codelode.search.mentions import NameMatcher
from codelode.search.parsed import ParsedFile
from codelode.search.receivers import Receivers
from codelode.search.value import Value
from codelode.structure.chains import read_chain
from codelode.structure.imports import EVERYTHING
from codelode.structure.modules import ELSEWHERE, EXACT
from codelode.structure.scoping import Scoping, scoping_of

MOST_RELATED = 50
"""Classes with a method of one name whose common base is looked for"""

MOST_CANDIDATES = 500
"""Definitions of one name that are told apart; a name that more share says nothing"""

MOST_STEPS = 4
"""Modules that hand on a name to each other"""

_DEFAULT = re.compile(
    rb"^export\s+default\s+(?:async\s+)?(?:(?:function\*?|class)\s+)?(\w+)|\b(\w+)\s+as\s+default\b", re.M
)
"""What a JavaScript module exports as its default"""

_FUNCTIONS = frozenset({"function", "method"})


class CallSite(NamedTuple):
    """A call in a file."""

    file: ParsedFile
    name: str
    """what is called, without what stands before the dot"""
    start: int
    """byte of the name"""
    receiver: str | None
    """what stands before the dot; None for a bare name"""


class Meaning(NamedTuple):
    """A definition that a call may mean."""

    target: Target
    confidence: float
    """1.0 when scope, import or the receiver's class decides"""
    why: str


class Resolver:
    """Resolves the calls of one question."""

    def __init__(self, codebase: Codebase) -> None:
        self._codebase = codebase
        self._classes = Classes(codebase)
        self._receivers = Receivers(codebase, self._classes, self._called_by)
        self._shadows: dict[tuple[bytes, int, str], bool] = {}

    def meanings(self, site: CallSite) -> list[Meaning]:
        """The definitions that `site` may mean, likeliest first; none when they all are ruled out."""
        if site.receiver is None:
            return self._bare(site)
        return self._on(site, self._receivers.value(site.file, site.start, read_chain(site.receiver)))

    def _called_by(self, file: ParsedFile, offset: int, name: str, on: Value | None) -> Target | None:
        """What a call means, for `Receivers`: the likeliest definition if it is a sure one."""
        site = CallSite(file, name, offset, None)
        found = self._bare(site) if on is None else self._on(site, on)
        return found[0].target if found and found[0].confidence >= 0.9 else None

    def _named(self, site: CallSite, name: str) -> list[Target]:
        family = scoping_of(site.file.language).family
        return [
            one
            for one in self._codebase.named(name)
            if one.kind in CALLABLE and self._codebase.scoping(one).family == family
        ]

    # ---- a bare name -------------------------------------------------------------------------------------

    def _bare(self, site: CallSite) -> list[Meaning]:
        scoping = scoping_of(site.file.language)
        targets = self._named(site, site.name)
        local = self._in_scope(site, scoping, targets)
        if local is not None:
            return local
        free = [one for one in targets if not self._is_member(one) and not self._is_nested(one)]
        own = [one for one in free if one.path == site.file.path]
        if own and scoping.anonymous:
            own = _innermost(site, own)
            free = [one for one in free if one.path != site.file.path]
        if own:
            return _shared(own, 1.0, "same file")
        if scoping.packages:
            folder = site.file.path.rpartition(b"/")[0]
            near = [one for one in free if one.folder == folder]
            if near:
                return _shared(near, 1.0, "same package")
        imported = self._imported(site, scoping)
        if imported is not None:
            return imported
        if scoping.strict:
            return []
        return self._anywhere(site, scoping, free)

    def _in_scope(self, site: CallSite, scoping: Scoping, targets: Sequence[Target]) -> list[Meaning] | None:
        """The meaning that the definitions around the call give; none when it is a variable; None for no say."""
        outline = site.file.outline
        if outline is None:
            return []
        around = outline.around(site.start)
        for entry in reversed(around):
            if outline.kind(entry) in _FUNCTIONS:
                inside = [one for one in targets if self._stands_in(one, site.file, entry)]
                if inside:
                    return _shared(inside, 1.0, "scope")
                if self._is_variable(site, entry):
                    return []
        if scoping.implicit_self:
            owner = self._classes.enclosing(site.file, site.start)
            if owner is not None:
                methods = self._classes.methods(owner, site.name)
                if methods:
                    return _shared(methods, 1.0, "scope")
        return None

    def _stands_in(self, target: Target, file: ParsedFile, entry: int) -> bool:
        """Whether `target` is defined in the function `entry` of `file`, not deeper in another."""
        outline = file.outline
        if target.path != file.path or outline is None:
            return False
        around = outline.around(target.part.symbols.name_starts[target.row])
        return len(around) > 1 and around[-2] == entry

    def _is_nested(self, target: Target) -> bool:
        """Whether it is seen in the function around it only."""
        parent = self._codebase.parent(target)
        while parent is not None:
            if parent.kind in _FUNCTIONS:
                return True
            parent = self._codebase.parent(parent)
        return False

    def _is_member(self, target: Target) -> bool:
        return target.kind in ("method", "property", "field") or (
            target.kind in ("function", "variable", "constant") and bool(self._codebase.owner(target))
        )

    def _is_variable(self, site: CallSite, entry: int) -> bool:
        """Whether the function `entry` binds the name itself: a parameter, a variable, a function of its own."""
        key = (site.file.path, entry, site.name)
        if key not in self._shadows:
            self._shadows[key] = self._binds(site, entry)
        return self._shadows[key]

    def _binds(self, site: CallSite, entry: int) -> bool:
        file, outline = site.file, site.file.outline
        if outline is None:
            return False
        start, end = int(outline.starts[entry]), int(outline.ends[entry])
        name = site.name.encode()
        for first, last in NameMatcher.of(name).find_all(file.text[start:end]):
            at = start + first
            if at == outline.name_starts[entry]:
                continue
            mention = file.mention(at, start + last)
            if mention is None or mention.receiver is not None:
                continue
            if mention.role is Role.WRITE and _innermost_function(file, at) == entry:
                return True
            if mention.role is Role.DEFINITION and _innermost_function(file, at) == entry:
                return True
        return False

    def _imported(self, site: CallSite, scoping: Scoping) -> list[Meaning] | None:
        """What the file's imports make of the name; none when it comes from outside; None when none has it."""
        file = site.file
        for one in reversed(self._codebase.imports(file)):
            if one.local != site.name or not one.name:
                continue
            return self._from_module(file, one.module, one.name)
        found: list[Meaning] = []
        if scoping.family != "c":
            for one in self._codebase.imports(file):
                if one.name == EVERYTHING and not one.local:
                    found += self._from_module(file, one.module, site.name)
        return found or None

    def _from_module(
        self, file: ParsedFile, module: str, name: str, steps: int = MOST_STEPS
    ) -> list[Meaning]:
        """The definitions called `name` in a module that `file` imports, or in those whose names it hands on."""
        targets = self._named(CallSite(file, name, 0, None), name)
        holder = re.split(r"[./:\\\\]", module)[-1]  # a static import names the class
        holder = re.split(r"[./:\\\\]", module)[-1]  # a static import names the class
        free = [
            one
            for one in targets
            if not self._is_nested(one) and (not self._is_member(one) or self._codebase.owner(one) == holder)
        ]
        scored = [(self._codebase.match(file, module, one), one) for one in free]
        exact = [one for score, one in scored if score == EXACT]
        if exact:
            return _shared(exact, 1.0, "import")
        if steps:
            for hub in self._codebase.modules(file, module):
                found = self._handed_on(hub, name, steps - 1)
                if found:
                    return found
        inside = [one for score, one in scored if score != ELSEWHERE]
        return _shared(inside, 0.9, "import")

    def _handed_on(self, hub: ParsedFile, name: str, steps: int) -> list[Meaning]:
        """The definitions that the file `hub` imports under `name`, or exports as its default."""
        if name == "default" and (exported := _DEFAULT.search(hub.text)):
            name = (exported[1] or exported[2]).decode("utf-8", "replace")
            targets = self._named(CallSite(hub, name, 0, None), name)
            own = [one for one in targets if one.path == hub.path]
            if own:
                return _shared(own, 1.0, "import")
        for one in self._codebase.imports(hub):
            if one.local == name and one.name:
                return self._from_module(hub, one.module, one.name, steps)
        for one in self._codebase.imports(hub):
            if one.name == EVERYTHING:
                found = self._from_module(hub, one.module, name, steps)
                if found:
                    return found
        return []

    def _anywhere(self, site: CallSite, scoping: Scoping, free: list[Target]) -> list[Meaning]:
        """For languages in which what is global in one file is seen in all others."""
        if len(free) > MOST_CANDIDATES:
            return []
        if scoping.family == "c":
            free = [one for one in free if not self._is_hidden(one)]
            included = [one for one in free if self._is_included(site.file, one)]
            free = included + [one for one in free if one not in included]
            if included and included[0].kind == "macro":
                return _shared(included, 1.0, "include")
        if len(free) == 1:
            return [Meaning(free[0], 1.0, "only definition")]
        ranked = sorted(free, key=lambda one: _distance(site.file.path, one.path))
        return [Meaning(one, 0.5, "folder") for one in ranked]

    def _is_hidden(self, target: Target) -> bool:
        """Whether it is seen in its own file only: static, or a macro, and not in a header."""
        if target.path.endswith((b".h", b".hh", b".hpp", b".hxx", b".inl", b".inc", b".ipp", b".tpp")):
            return False
        return (
            target.kind == "macro"
            or " static " in f" {' '.join(self._codebase.before_name(target).split())} "
        )

    def _is_included(self, file: ParsedFile, target: Target) -> bool:
        return any(
            self._codebase.match(file, one.module, target) == EXACT for one in self._codebase.imports(file)
        )

    # ---- a name behind a dot -----------------------------------------------------------------------------

    def _on(self, site: CallSite, value: Value) -> list[Meaning]:
        if value.foreign:
            return []
        if value.module is not None:
            return self._from_module(value.file or site.file, value.module, site.name)
        if value.owner is not None:
            return self._of_class(site, value)
        return self._unsure(site)

    def _of_class(self, site: CallSite, value: Value) -> list[Meaning]:
        owner = value.owner
        if owner is None:
            return []
        found = self._classes.methods(owner, site.name, above=value.above)
        why = "scope" if value.own else "receiver"
        if found and owner.kind not in ("interface", "trait"):
            return _shared(found, 1.0, why)
        others = [
            one
            for one in self._named(site, site.name)
            if self._is_member(one) and one not in found and self._classes.may_implement(one, owner)
        ]
        if found:
            return _shared(found, 1.0, why) + _shared(others, 0.7, "implements")
        return _shared(others, 0.7, "subclass")

    def _unsure(self, site: CallSite) -> list[Meaning]:
        scoping = scoping_of(site.file.language)
        if scoping.family == "c" and site.file.language == "c":
            return []  # a field that holds a function: any function of that type
        if site.name in scoping.common:
            return []
        members = [one for one in self._named(site, site.name) if one.kind == "method"]
        owners: dict[tuple[str, int], Target] = {}
        for one in members:
            klass = self._classes.of(one)
            if klass is None:
                return []
            owners[klass.key] = klass
        if len(owners) > MOST_RELATED:
            return []
        root = self._classes.root(list(owners.values()))
        if root is None:
            return []
        own = self._classes.methods(root, site.name)
        return _shared(
            own, 0.7 if len(owners) == 1 else 0.6, "only class with it" if len(owners) == 1 else "base class"
        )


def _innermost(site: CallSite, targets: Sequence[Target]) -> list[Target]:
    """Those of `targets`, all in the file of `site`, whose block is the nearest around it."""
    blocks = [(site.file.block_around(int(one.part.symbols.name_starts[one.row])), one) for one in targets]
    seen = [(end - start, one) for (start, end), one in blocks if start <= site.start < end]
    nearest = min((size for size, _ in seen), default=0)
    return [one for size, one in seen if size == nearest]


def _innermost_function(file: ParsedFile, offset: int) -> int:
    outline = file.outline
    if outline is None:
        return -1
    for entry in reversed(outline.around(offset)):
        if outline.kind(entry) in _FUNCTIONS and outline.name_starts[entry] != offset:
            return entry
    return -1


def _shared(targets: Sequence[Target], confidence: float, why: str) -> list[Meaning]:
    """Several that are equally near (overloads, variants of a build) share one rank."""
    return [Meaning(one, confidence, why) for one in targets]


def _distance(a: bytes, b: bytes) -> tuple[int, bytes]:
    """Steps between two folders, then the path, so that the order is a total one."""
    ours, theirs = a.split(b"/")[:-1], b.split(b"/")[:-1]
    same = 0
    for left, right in zip(ours, theirs, strict=False):
        if left != right:
            break
        same += 1
    return len(ours) + len(theirs) - 2 * same, b
