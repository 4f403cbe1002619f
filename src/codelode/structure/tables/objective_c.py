"""Objective-C: C and its classes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from codelode.structure.rules import SCOPE, Definition, named, types_of
from codelode.structure.tables.c_family import C

_identifier = named("identifier")


def _interface_kind(node: Any, _text: bytes, _holder: str) -> str:
    """A category adds to a class that is defined elsewhere."""
    return "class" if node.child_by_field_name("category") is None else "impl"


def _declared_kind(_node: Any, _text: bytes, holder: str) -> str:
    """What a protocol asks for; a class's declarations have their definitions in its implementation."""
    return "method" if holder == "interface" else ""


def _property_name(node: Any) -> Any:
    at = next((child for child in node.named_children if child.type == "struct_declaration"), None)
    while at is not None and at.type != "identifier":
        below = [child for child in at.named_children if child.type in _DECLARATORS]
        at = below[-1] if below else None
    return at


_DECLARATORS = types_of("struct_declarator pointer_declarator identifier")

OBJECTIVE_C = replace(
    C,
    language="objc",
    grammar="tree_sitter_objc:language",
    definitions={
        **C.definitions,
        "class_interface": Definition(_interface_kind, _identifier, body="", inside=SCOPE),
        "class_implementation": Definition("impl", _identifier, body="", inside=SCOPE),
        "protocol_declaration": Definition("interface", _identifier, body="", inside=SCOPE),
        "method_definition": Definition("method", _identifier, body=named("compound_statement")),
        "method_declaration": Definition(_declared_kind, _identifier, body=""),
        "property_declaration": Definition("property", _property_name, body=""),
    },
    containers=C.containers | types_of("implementation_definition qualified_protocol_interface_declaration"),
    calls={**C.calls, "message_expression": "method"},
    members={**C.members, "message_expression": ("receiver", "method")},
    imports=C.imports | types_of("module_import"),
    fragments=False,
    skim=False,  # a method's first line ends with no parenthesis
)

TABLES = {"objc": OBJECTIVE_C}
