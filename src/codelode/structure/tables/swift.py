"""Swift."""

from __future__ import annotations

from typing import Any

from codelode.structure.rules import PROTECTED, SCOPE, Definition, Rules, hints_of, named, types_of
from codelode.structure.tables.modifiers import worded

_TYPES = ("class", "struct", "enum", "interface", "impl")
_KINDS = {b"struct": "struct", b"enum": "enum", b"extension": "impl"}


def _type_kind(node: Any, text: bytes, _holder: str) -> str:
    keyword = node.child_by_field_name("declaration_kind")
    word = b"" if keyword is None else text[keyword.start_byte : keyword.end_byte]
    return _KINDS.get(word, "class")


def _type_name(node: Any) -> Any:
    """``extension Outer.Inner`` is about ``Inner``."""
    name = node.child_by_field_name("name")
    if name is None or name.type == "type_identifier":
        return name
    parts = [child for child in name.named_children if child.type == "type_identifier"]
    return parts[-1] if parts else None


def _method_kind(_node: Any, _text: bytes, holder: str) -> str:
    return "method" if holder in _TYPES else "function"


def _property_kind(_node: Any, _text: bytes, holder: str) -> str:
    if holder in _TYPES:
        return "property"
    return "" if holder in ("function", "method", "property") else "variable"


def _bound(node: Any) -> Any:
    patterns = [child for child in node.children_by_field_name("name") if child.type == "pattern"]
    names = [pattern.child_by_field_name("bound_identifier") for pattern in patterns]
    return [name for name in names if name is not None] or None


def _cases(node: Any) -> Any:
    return [child for child in node.children_by_field_name("name") if child.type == "simple_identifier"]


SWIFT = Rules(
    language="swift",
    grammar="tree_sitter_swift:language",
    definitions={
        "class_declaration": Definition(_type_kind, _type_name, inside=SCOPE),
        "protocol_declaration": Definition("interface", inside=SCOPE),
        "enum_entry": Definition("constant", _cases, body=""),
        "function_declaration": Definition(_method_kind, inside=SCOPE),
        "protocol_function_declaration": Definition("method", body=""),
        "init_declaration": Definition("method", inside=SCOPE),
        "deinit_declaration": Definition("method", named("deinit")),
        "subscript_declaration": Definition("method", named("subscript"), body=named("computed_property")),
        "property_declaration": Definition(_property_kind, _bound, body="computed_value"),
        "protocol_property_declaration": Definition("property", "name.bound_identifier", body=""),
        "typealias_declaration": Definition("type", body=""),
        "associatedtype_declaration": Definition("type", body=""),
        "macro_declaration": Definition("macro", named("simple_identifier"), body="definition"),
    },
    containers=types_of("source_file class_body enum_class_body protocol_body function_body statements"),
    sparse=types_of("function_body"),
    hints=hints_of(rb"func ", rb"class ", rb"struct ", rb"enum "),
    comments=types_of("comment multiline_comment"),
    strings=types_of("line_string_literal multi_line_string_literal raw_string_literal"),
    interpolations=types_of("interpolated_expression raw_str_interpolation"),
    calls={"call_expression": ""},
    members={"navigation_expression": ("target", "suffix")},
    imports=types_of("import_declaration"),
    types=types_of("type_identifier"),
    writes={"assignment": "target"},
    visibility=worded(types_of("modifiers"), PROTECTED),
    fragments=True,
)

TABLES = {"swift": SWIFT}
