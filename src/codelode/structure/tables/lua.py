"""Lua."""

from __future__ import annotations

from typing import Any

from codelode.structure.rules import SCOPE, Definition, Rules, hints_of, types_of

_INDEXED = {"dot_index_expression": "field", "method_index_expression": "method"}


def _last(name: Any) -> Any:
    """``c`` of ``a.b.c`` and ``a.b:c``."""
    if name is None or name.type == "identifier":
        return name
    return name.child_by_field_name(_INDEXED[name.type]) if name.type in _INDEXED else None


def _target(node: Any) -> Any:
    """What an assignment assigns to, if that is one thing."""
    names = next(iter(node.named_children), None)
    return names.named_children[0] if names is not None and names.named_child_count == 1 else None


def _function_kind(node: Any, _text: bytes, _holder: str) -> str:
    name = node.child_by_field_name("name")
    return "method" if name is not None and name.type == "method_index_expression" else "function"


def _assigned_kind(node: Any, text: bytes, holder: str) -> str:
    target = _target(node)
    if target is None or node.named_child_count < 2:
        return ""
    value = node.named_children[1].child_by_field_name("value")
    if value is not None and value.type == "function_definition":
        return "function"
    if holder != "" or target.type != "identifier":
        return ""
    if value is not None and value.type == "function_call" and text.startswith(b"require", value.start_byte):
        return ""  # an import
    name = text[target.start_byte : target.end_byte]
    return "constant" if len(name) > 1 and name.isupper() else "variable"


def _field_kind(node: Any, _text: bytes, _holder: str) -> str:
    value = node.child_by_field_name("value")
    return "function" if value is not None and value.type == "function_definition" else ""


def _field_name(node: Any) -> Any:
    name = node.child_by_field_name("name")
    return name if name is not None and name.type == "identifier" else None


def _values(node: Any) -> Any:
    return next((child for child in node.named_children if child.type == "expression_list"), None)


def _owner(node: Any, _text: bytes, _name: Any) -> tuple[int, int] | None:
    """``a.b`` of ``a.b.c``."""
    name = _target(node) if node.type == "assignment_statement" else node.child_by_field_name("name")
    table = name.child_by_field_name("table") if name is not None else None
    return None if table is None else (table.start_byte, table.end_byte)


_SPARSE = types_of(
    "block expression_list table_constructor function_definition return_statement function_call arguments "
    "parenthesized_expression if_statement else_statement elseif_statement for_statement while_statement "
    "repeat_statement do_statement"
)

LUA = Rules(
    language="lua",
    grammar="tree_sitter_lua:language",
    definitions={
        "function_declaration": Definition(
            _function_kind,
            lambda node: _last(node.child_by_field_name("name")),
            inside=SCOPE,
            qualifier=_owner,
        ),
        "assignment_statement": Definition(
            _assigned_kind, lambda node: _last(_target(node)), body=_values, inside=SCOPE, qualifier=_owner
        ),
        "field": Definition(_field_kind, _field_name, body="value", inside=SCOPE),
    },
    containers=_SPARSE | types_of("chunk variable_declaration"),
    wrappers=types_of("variable_declaration"),
    bodies=types_of("function_definition"),
    sparse=_SPARSE,
    hints=hints_of(rb"function"),
    strings=types_of("string"),
    calls={"function_call": "name"},
    members={
        "dot_index_expression": ("table", "field"),
        "method_index_expression": ("table", "method"),
    },
    writes={"assignment_statement": ""},
    fragments=True,
)

TABLES = {"lua": LUA}
