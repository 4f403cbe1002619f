"""The vocabulary of the language tables: which nodes of a grammar are definitions, containers, calls, imports.

A table (one `Rules` a language, in `structure.tables`) names node types and fields of its tree-sitter grammar.
What no declaration can say is a small function of a node, written next to the table that uses it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from tree_sitter import Node


class Span(NamedTuple):
    """A name that is only a part of a node: a symbol without its colon."""

    start_byte: int
    end_byte: int


NodeFinder = Callable[["Node"], "Node | Span | Sequence[Node | Span] | None"]
KindFinder = Callable[["Node", bytes, str], str]
BodyFinder = Callable[["Node"], "Node | None"]
QualifierFinder = Callable[["Node", bytes, "Node"], "tuple[int, int] | None"]

KINDS = (
    "function", "method", "class", "struct", "union", "interface", "trait", "enum", "constant", "variable",
    "field", "property", "type", "macro", "module", "impl", "heading", "key", "table", "view", "index",
    "selector", "id", "target", "rule", "event", "resource",
)  # fmt: skip
"""Every kind of definition, in the order of its code on disk: append only."""

PUBLIC, PROTECTED, PRIVATE = 1, 2, 3
"""Visibility where the language shows it; 0 where it does not."""

INNER = "inner"
SCOPE = "scope"
LEAF = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """How a node type defines something."""

    kind: str | KindFinder
    """One of KINDS, or a function of (node, text, kind of the enclosing definition or "") that gives one, or ""
    when this node defines nothing"""
    name: str | NodeFinder = "name"
    """Field that holds the name; ``a.b`` walks fields, ``declarator*`` follows a field as long as there is one.
    Or a function of the node that gives the name's node or `Span`, a list of them for several definitions, or
    None."""
    body: str | BodyFinder = "body"
    """Field at whose start the signature ends; without such a child it ends with the node.  Or a function of the
    node that gives the body, which may stand behind the node: then the definition ends where its body does."""
    inside: str = LEAF
    """Whether definitions are looked for inside: LEAF no; SCOPE yes, as children of this one; INNER yes, as
    its siblings (for a node that both defines something and wraps other definitions)"""
    qualifier: QualifierFinder | None = None
    """Where the name says whose it is, a function of (node, text, the name's node) that gives the span of that:
    ``ns::Class`` of ``int ns::Class::method()``, the receiver's type of a Go method.  None for an unqualified name."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The table of one language.  Node types are those of its grammar; unknown ones are an error in the tests."""

    language: str
    """as `text.languages` calls it"""
    grammar: str
    """``module:function`` that gives the tree-sitter language, e.g. ``tree_sitter_c:language``, or the path of a
    shared library with a function ``tree_sitter_<language>``"""
    definitions: Mapping[str, Definition]
    """node type -> what it defines"""
    containers: frozenset[str] = frozenset()
    """node types that are descended into without being definitions; anything else is never entered"""
    wrappers: frozenset[str] = frozenset()
    """those containers that are a part of the first definition in them (``export``, a decorated definition): what
    leads them leads it"""
    bodies: frozenset[str] = frozenset()
    """those containers and definitions that are functions, even where they have no name: the enclosing definition
    of what stands in them counts as a function when its kind is found"""
    sparse: frozenset[str] = frozenset()
    """those containers and definitions that seldom hold a definition: entered only where `hints` match inside"""
    hints: tuple[re.Pattern[bytes], ...] = ()
    """what every definition in a `sparse` container has: a keyword, an arrow; of a pattern with a group, its place
    is what counts.  Patterns that begin with a literal are searched fifty times as fast as others"""
    braced: frozenset[str] = frozenset()
    """those containers and definitions in which definitions stand between braces only: entered where one opens"""
    comments: frozenset[str] = frozenset({"comment"})
    leading: frozenset[str] = frozenset()
    """node types besides comments that belong to the definition after them (attributes, annotations).  One that is
    in `definitions` too leads where it defines nothing"""
    strings: frozenset[str] = frozenset()
    """node types in which an identifier is text only; what is interpolated in them is code again"""
    interpolations: frozenset[str] = frozenset()
    """node types inside strings that hold code"""
    calls: Mapping[str, str] = field(default_factory=dict)
    """call node type -> field of what is called ("" for the first named child)"""
    members: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """member access or qualified name -> (field of the object, field of the member)"""
    imports: frozenset[str] = frozenset()
    """statement node types that import names"""
    types: frozenset[str] = frozenset()
    """node types that are, or wrap, a mention of a type"""
    writes: Mapping[str, str] = field(default_factory=dict)
    """assignment node type -> field of its target ("" for the first named child)"""
    separator: str = "."
    """between the parts of a qualified name"""
    clauses: bool = False
    """definitions of one kind and name that follow each other are one: the signature and the equations of a function
    in Haskell, the clauses of one in Elixir"""
    docstring: bool = False
    """the first string of a body is its documentation (Python)"""
    visibility: Callable[[Node, bytes, bytes], int] | None = None
    """(node, text, name) -> PUBLIC, PROTECTED, PRIVATE or 0"""
    indexed: bool = True
    """False for data formats: their keys are shown by `outline`, parsed when asked, and never kept in the index"""
    unreadable: tuple[re.Pattern[bytes], ...] = ()
    """what the grammar stumbles over and nothing is defined by: blanked out before parsing for definitions.  Of a
    pattern with a group only that"""
    max_depth: int = 64
    """containers inside containers that are entered"""
    fragments: bool = False
    """A definition cut out of its file parses as it does inside it"""
    skim: bool = False
    """Bodies are cut out before parsing for definitions (`structure.skim`); C and its family"""
    variants: Mapping[str, str] = field(default_factory=dict)
    """file extension -> another grammar for it, e.g. ``{"tsx": "tree_sitter_typescript:language_tsx"}``"""


def named(*types: str) -> BodyFinder:
    """A finder of names or bodies: the first child that has one of the `types`."""

    def find(node: Any) -> Any:
        for child in node.children:
            if child.type in types:
                return child
        return None

    return find


def hints_of(*patterns: bytes) -> tuple[re.Pattern[bytes], ...]:
    """Compiled hints, or what is unreadable."""
    return tuple(map(re.compile, patterns))


def types_of(text: str) -> frozenset[str]:
    """Node types from a blank-separated list."""
    return frozenset(text.split())
