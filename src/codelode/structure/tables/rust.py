"""Rust."""

from __future__ import annotations

from typing import Any

from codelode.structure.rules import PRIVATE, PROTECTED, PUBLIC, SCOPE, Definition, Rules, hints_of, types_of

_NESTED = {
    "generic_type": "type",
    "reference_type": "type",
    "pointer_type": "type",
    "array_type": "element",
    "scoped_type_identifier": "name",
}


def _implementor(node: Any) -> Any:
    """The name of the type that an ``impl`` is for."""
    at = node.child_by_field_name("type")
    while at is not None and at.type in _NESTED:
        at = at.child_by_field_name(_NESTED[at.type])
    return at if at is not None and at.type in ("type_identifier", "primitive_type") else None


def _method_kind(_node: Any, _text: bytes, holder: str) -> str:
    return "method" if holder in ("impl", "trait") else "function"


def _visibility(node: Any, text: bytes, _name: bytes) -> int:
    start = node.start_byte
    if not text.startswith(b"pub", start):
        return 0 if node.type in ("enum_variant", "impl_item", "macro_definition") else PRIVATE
    return PROTECTED if text[start + 3 : start + 5].lstrip().startswith(b"(") else PUBLIC


RUST = Rules(
    language="rust",
    grammar="tree_sitter_rust:language",
    definitions={
        "function_item": Definition(_method_kind, inside=SCOPE),
        "function_signature_item": Definition(_method_kind, body=""),
        "struct_item": Definition("struct", inside=SCOPE),
        "union_item": Definition("union", inside=SCOPE),
        "enum_item": Definition("enum", inside=SCOPE),
        "enum_variant": Definition("constant", body="value"),
        "field_declaration": Definition("field", body=""),
        "trait_item": Definition("trait", inside=SCOPE),
        "impl_item": Definition("impl", _implementor, inside=SCOPE),
        "mod_item": Definition("module", inside=SCOPE),
        "type_item": Definition("type", body=""),
        "associated_type": Definition("type", body=""),
        "const_item": Definition("constant", body="value"),
        "static_item": Definition("variable", body="value"),
        "macro_definition": Definition("macro", body=""),
    },
    containers=types_of(
        "source_file declaration_list foreign_mod_item enum_variant_list field_declaration_list block "
        "expression_statement"
    ),
    sparse=types_of("block"),
    hints=hints_of(
        rb"fn ",
        rb"struct ",
        rb"enum ",
        rb"trait ",
        rb"impl[ <]",
        rb"mod ",
        rb"const ",
        rb"static ",
        rb"type ",
        rb"union ",
        rb"macro_rules!",
    ),
    comments=types_of("line_comment block_comment"),
    leading=types_of("attribute_item"),
    strings=types_of("string_literal raw_string_literal char_literal"),
    calls={"call_expression": "function", "macro_invocation": "macro"},
    members={
        "field_expression": ("value", "field"),
        "scoped_identifier": ("path", "name"),
        "scoped_type_identifier": ("path", "name"),
        "generic_function": ("type_arguments", "function"),
    },
    imports=types_of("use_declaration extern_crate_declaration"),
    types=types_of("type_identifier"),
    writes={
        "assignment_expression": "left",
        "compound_assignment_expr": "left",
        "let_declaration": "pattern",
    },
    separator="::",
    visibility=_visibility,
    fragments=True,
)

TABLES = {"rust": RUST}
