"""Zig."""

from __future__ import annotations

from typing import Any

from codelode.structure.rules import PRIVATE, PUBLIC, SCOPE, Definition, Rules, hints_of, named, types_of

_MADE = {
    "struct_declaration": "struct",
    "union_declaration": "union",
    "enum_declaration": "enum",
    "opaque_declaration": "struct",
    "error_set_declaration": "enum",
}
_TYPES = ("struct", "union", "enum")


def _variable_kind(node: Any, text: bytes, holder: str) -> str:
    """A declaration makes a type, a constant or a variable; an import that is not passed on defines nothing."""
    value = node.children[-2] if node.child_count > 1 else None  # before the semicolon
    made = _MADE.get(value.type) if value is not None else None
    if made is not None:
        return made
    if holder in ("function", "method"):
        return ""
    words = text[node.start_byte : node.start_byte + 40].split()
    if value is not None and value.type == "builtin_function" and words[:1] != [b"pub"]:
        callee = value.child(0)
        if text[callee.start_byte : callee.end_byte] == b"@import":
            return ""
    return "variable" if b"var" in words[:3] else "constant"


def _method_kind(_node: Any, _text: bytes, holder: str) -> str:
    return "method" if holder in _TYPES else "function"


def _field_kind(_node: Any, _text: bytes, holder: str) -> str:
    return "constant" if holder == "enum" else "field"


def _test_name(node: Any) -> Any:
    for child in node.named_children:
        if child.type == "identifier":
            return child
        if child.type == "string":
            return next((part for part in child.named_children if part.type == "string_content"), None)
    return None


def _visibility(node: Any, text: bytes, _name: bytes) -> int:
    return PUBLIC if text.startswith((b"pub ", b"export "), node.start_byte) else PRIVATE


ZIG = Rules(
    language="zig",
    grammar="tree_sitter_zig:language",
    definitions={
        "variable_declaration": Definition(_variable_kind, named("identifier"), body="", inside=SCOPE),
        "function_declaration": Definition(_method_kind, inside=SCOPE),
        "container_field": Definition(_field_kind, body=""),
        "test_declaration": Definition("function", _test_name, body=named("block")),
    },
    containers=types_of(
        "source_file struct_declaration union_declaration enum_declaration opaque_declaration block "
        "expression_statement return_expression"
    ),
    sparse=types_of("block"),
    hints=hints_of(rb"struct\b[^;{]*\{", rb"enum\b[^;{]*\{", rb"union\b[^;{]*\{"),
    strings=types_of("string multiline_string character"),
    calls={"call_expression": "function"},
    members={"field_expression": ("object", "member")},
    writes={"assignment_expression": "left"},
    visibility=_visibility,
    fragments=True,
)

TABLES = {"zig": ZIG}
