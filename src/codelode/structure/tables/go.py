"""Go."""

from __future__ import annotations

from typing import Any

from codelode.structure.rules import PRIVATE, PUBLIC, SCOPE, Definition, Rules, hints_of, types_of


def _type_kind(node: Any, _text: bytes, _holder: str) -> str:
    made = node.child_by_field_name("type")
    return {"struct_type": "struct", "interface_type": "interface"}.get(made.type if made else "", "type")


def _names(node: Any) -> Any:
    return [name for name in node.children_by_field_name("name") if name.type != ","]


def _global(kind: str) -> Any:
    return lambda _node, _text, holder: "" if holder in ("function", "method") else kind


def _receiver(node: Any, _text: bytes, _name: Any) -> tuple[int, int] | None:
    """The type's name in ``func (r *Type[T]) method()``."""
    at = node.child_by_field_name("receiver")
    while at is not None and at.type != "type_identifier":
        named = at.named_children
        at = at.child_by_field_name("type") or (named[0] if named else None)
    return None if at is None else (at.start_byte, at.end_byte)


def _visibility(_node: Any, _text: bytes, name: bytes) -> int:
    return PUBLIC if name[:1].decode(errors="replace").isupper() or name[:1] > b"\x7f" else PRIVATE


GO = Rules(
    language="go",
    grammar="tree_sitter_go:language",
    definitions={
        "function_declaration": Definition("function", inside=SCOPE),
        "method_declaration": Definition("method", inside=SCOPE, qualifier=_receiver),
        "type_spec": Definition(_type_kind, body="type", inside=SCOPE),
        "type_alias": Definition("type", body="type"),
        "method_elem": Definition("method", body=""),
        "field_declaration": Definition("field", _names, body=""),
        "const_spec": Definition(_global("constant"), _names, body="value"),
        "var_spec": Definition(_global("variable"), _names, body="value"),
    },
    containers=types_of(
        "source_file type_declaration const_declaration var_declaration var_spec_list struct_type interface_type "
        "field_declaration_list block statement_list if_statement for_statement"
    ),
    wrappers=types_of("type_declaration const_declaration var_declaration"),
    sparse=types_of("block"),
    hints=hints_of(rb"type [\w(]"),
    strings=types_of("interpreted_string_literal raw_string_literal rune_literal"),
    calls={"call_expression": "function", "type_conversion_expression": "type"},
    members={
        "selector_expression": ("operand", "field"),
        "qualified_type": ("package", "name"),
        "generic_type": ("type_arguments", "type"),
    },
    imports=types_of("import_declaration package_clause"),
    types=types_of("type_identifier"),
    writes={
        "assignment_statement": "left",
        "short_var_declaration": "left",
        "inc_statement": "",
        "dec_statement": "",
        "range_clause": "left",
        "var_spec": "name",
    },
    visibility=_visibility,
    fragments=True,
)

TABLES = {"go": GO}
