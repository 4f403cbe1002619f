"""Grammars that are installed, compiled against their tables, loaded when a file first needs them."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from codelode.structure import tables
from codelode.structure.rules import KINDS, BodyFinder, Definition, KindFinder, QualifierFinder, Rules

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Parser

NOTHING, COMMENT, LEADING, CONTAINER, DEFINITION = range(5)
"""What the walk does at a node"""


@dataclass(frozen=True, slots=True)
class CompiledDefinition:
    """A `Definition` with its fields as numbers."""

    kind: int | None
    """code of the kind; None when `find_kind` decides"""
    find_kind: KindFinder | None
    find_names: Callable[[Node], Any]
    body: int
    """field number; 0 for none"""
    find_body: BodyFinder | None
    """instead of `body`"""
    inside: str
    qualifier: QualifierFinder | None


@dataclass(frozen=True, slots=True)
class Grammar:
    """A language that can be parsed."""

    rules: Rules
    language: Language
    parser: Parser
    actions: dict[int, int]
    """what to do, by node kind number; kinds that are missing (the parser's own ERROR too): nothing"""
    definitions: dict[int, CompiledDefinition]
    wrappers: frozenset[int]
    bodies: frozenset[int]
    sparse: frozenset[int]
    braced: frozenset[int]
    leading: frozenset[int]
    """node kind numbers of what the table calls so"""


def load(rules: Rules, extension: str = "") -> Grammar:
    """The grammar for files of `rules.language` with this `extension`; loaded once a process.

    Raises ImportError when its package is not installed, ValueError when it has none of the table's node types
    or an ABI that this tree-sitter does not read.
    """
    return _load(_Key(rules), rules.variants.get(extension, rules.grammar))


class _Key:
    """Rules by identity: their mappings cannot be hashed."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules

    def __hash__(self) -> int:
        return id(self.rules)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.rules is self.rules


@cache
def _load(key: _Key, source: str) -> Grammar:
    from tree_sitter import Language, Parser

    rules = key.rules
    language = Language(_capsule(source, rules.language))
    kinds = _kinds_by_name(language)
    actions: dict[int, int] = {}
    for action, names in (
        (CONTAINER, rules.containers),
        (LEADING, rules.leading),
        (COMMENT, rules.comments),
        (DEFINITION, rules.definitions),
    ):
        for name in names:
            for kind in kinds.get(name, ()):
                actions[kind] = action
    definitions = {
        kind: _compile(definition, language)
        for name, definition in rules.definitions.items()
        for kind in kinds.get(name, ())
    }
    if not definitions:
        raise ValueError(f"{source} has none of the node types that the table of {rules.language} names")
    wrappers, bodies, sparse, braced, leading = (
        frozenset(kind for name in names for kind in kinds.get(name, ()))
        for names in (rules.wrappers, rules.bodies, rules.sparse, rules.braced, rules.leading)
    )
    return Grammar(
        rules, language, Parser(language), actions, definitions, wrappers, bodies, sparse, braced, leading
    )


def _capsule(source: str, language: str) -> object:
    """What `Language` takes: a capsule around the grammar's pointer."""
    if not source.endswith((".so", ".dylib", ".dll")):
        module, _, function = source.partition(":")
        found: object = getattr(importlib.import_module(module), function)()
        return _wrap(found) if isinstance(found, int) else found
    import ctypes

    try:
        function_of = getattr(ctypes.CDLL(source), f"tree_sitter_{language}")
    except OSError as exc:
        raise ImportError(f"{source}: {exc}") from exc
    except AttributeError as exc:
        raise ValueError(f"{source} has no function tree_sitter_{language}") from exc
    function_of.restype = ctypes.c_void_p
    return _wrap(function_of())


def _wrap(pointer: int) -> object:
    """Packages built for older versions of tree-sitter give the bare pointer."""
    import ctypes

    capsule = ctypes.pythonapi.PyCapsule_New
    capsule.restype, capsule.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
    return capsule(pointer, b"tree_sitter.Language", None)


def unknown_types(rules: Rules) -> list[str]:
    """Node types and fields that the table names and none of its grammars has: a table gone stale."""
    key = _Key(rules)
    kinds, languages = set[str](), []
    for source in {rules.grammar, *rules.variants.values()}:
        languages.append(_load(key, source).language)
        kinds.update(_kinds_by_name(languages[-1]))
    mentioned = {
        *rules.containers, *rules.wrappers, *rules.bodies, *rules.sparse, *rules.braced,
        *rules.comments, *rules.leading, *rules.strings, *rules.interpolations, *rules.imports,
        *rules.types, *rules.definitions, *rules.calls, *rules.members, *rules.writes,
    }  # fmt: skip
    fields = {*rules.calls.values(), *rules.writes.values(), *itertools.chain(*rules.members.values())}
    fields.update(one.body for one in rules.definitions.values() if isinstance(one.body, str))
    unknown = {name for name in mentioned if name not in kinds}
    unknown.update(
        name for name in fields if name and not any(one.field_id_for_name(name) for one in languages)
    )
    return sorted(unknown)


def _kinds_by_name(language: Language) -> dict[str, list[int]]:
    # One name can have several numbers: aliases, and a keyword that is called like a rule.
    found: dict[str, list[int]] = {}
    for kind in range(language.node_kind_count):
        if language.node_kind_is_named(kind) and (name := language.node_kind_for_id(kind)):
            found.setdefault(name, []).append(kind)
    return found


def _compile(definition: Definition, language: Language) -> CompiledDefinition:
    kind, body = definition.kind, definition.body
    return CompiledDefinition(
        kind=None if callable(kind) else KINDS.index(kind),
        find_kind=kind if callable(kind) else None,
        find_names=definition.name if callable(definition.name) else _by_fields(definition.name, language),
        body=0 if callable(body) or not body else language.field_id_for_name(body) or 0,
        find_body=body if callable(body) else None,
        inside=definition.inside,
        qualifier=definition.qualifier,
    )


def _by_fields(path: str, language: Language) -> Callable[[Node], Any]:
    steps: list[tuple[int, bool]] = []
    for part in path.split("."):
        number = language.field_id_for_name(part.rstrip("*"))
        if number is None:
            raise ValueError(f"the grammar has no field {part!r}")
        steps.append((number, part.endswith("*")))
    if len(steps) == 1 and not steps[0][1]:
        only = steps[0][0]
        return lambda node: node.child_by_field_id(only)

    def find(node: Node) -> Node | None:
        at: Node | None = node
        for number, repeated in steps:
            if at is None:
                return None
            at = at.child_by_field_id(number)
            while repeated and at is not None and (deeper := at.child_by_field_id(number)) is not None:
                at = deeper
        return at

    return find


def installed_version(rules: Rules) -> str:
    """Version of the package that holds the grammar; "" when it is not installed, or not a package."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(rules.grammar.partition(":")[0].replace("_", "-"))
    except (PackageNotFoundError, ValueError):
        return ""


def grammar_version(language: str) -> str:
    """By what files of `language` are parsed now: a version, or "" for nothing."""
    rules = tables.rules_for(language)
    return installed_version(rules) if rules else ""


def changed_grammars(used: Mapping[str, str]) -> list[str]:
    """The languages whose grammar has another version than the one in `used`."""
    return sorted(language for language, version in used.items() if grammar_version(language) != version)
