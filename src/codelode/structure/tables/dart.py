"""Dart."""

from __future__ import annotations

from typing import Any

from codelode.structure.rules import INNER, PRIVATE, PUBLIC, SCOPE, Definition, Rules, named, types_of

_TYPES = ("class", "enum", "impl")
_LISTS = types_of("initialized_identifier_list static_final_declaration_list")
_identifier = named("identifier")
_SIGNATURES = types_of(
    "function_signature getter_signature setter_signature operator_signature constructor_signature "
    "factory_constructor_signature constant_constructor_signature redirecting_factory_constructor_signature"
)


def _signature_name(node: Any) -> Any:
    if node.type == "method_signature":
        node = next((child for child in node.named_children if child.type in _SIGNATURES), node)
    if node.type == "operator_signature":
        children = node.children
        return next((children[at + 1] for at, one in enumerate(children) if one.type == "operator"), None)
    names = node.children_by_field_name("name") or [
        child for child in node.named_children if child.type == "identifier"
    ]
    names = [name for name in names if name.type == "identifier"]
    return names[-1] if names else None  # ``Class.named()`` is known as ``named``


def _following_body(node: Any) -> Any:
    after = node.next_sibling
    return after if after is not None and after.type == "function_body" else None


def _method_kind(_node: Any, _text: bytes, holder: str) -> str:
    return "method" if holder in _TYPES else "function"


def _field_kind(node: Any, _text: bytes, _holder: str) -> str:
    return "constant" if any(child.type == "const_builtin" for child in node.children) else "field"


def _variable_kind(_node: Any, _text: bytes, holder: str) -> str:
    return "" if holder in _TYPES else "variable"


def _constant_kind(_node: Any, _text: bytes, holder: str) -> str:
    return "" if holder in _TYPES else "constant"


def _fields(node: Any) -> Any:
    lists = (child for child in node.named_children if child.type in _LISTS)
    names = [_identifier(one) for found in lists for one in found.named_children]
    return [name for name in names if name is not None] or None


def _alias(node: Any) -> Any:
    """``typedef Name = ...`` or ``typedef Result Name(...)``."""
    children = node.named_children
    for before, after in zip(children, children[1:], strict=False):
        if after.type == "formal_parameter_list" and before.type == "type_identifier":
            return before
    return next((child for child in children if child.type == "type_identifier"), None)


def _visibility(_node: Any, _text: bytes, name: bytes) -> int:
    return PRIVATE if name.startswith(b"_") else PUBLIC


_FUNCTION = Definition(_method_kind, _signature_name, body=_following_body)

DART = Rules(
    language="dart",
    grammar="tree_sitter_dart:language",
    definitions={
        "class_definition": Definition("class", inside=SCOPE),
        "mixin_declaration": Definition("class", _identifier, body=named("class_body"), inside=SCOPE),
        "extension_declaration": Definition("impl", inside=SCOPE),
        "extension_type_declaration": Definition("class", inside=SCOPE),
        "enum_declaration": Definition("enum", inside=SCOPE),
        "enum_constant": Definition("constant", body=""),
        "type_alias": Definition("type", _alias, body=""),
        "method_signature": _FUNCTION,
        **dict.fromkeys(_SIGNATURES, _FUNCTION),
        "declaration": Definition(_field_kind, _fields, body="", inside=INNER),
        "initialized_identifier": Definition(_variable_kind, _identifier, body=""),
        "static_final_declaration": Definition(_constant_kind, _identifier, body=""),
    },
    containers=types_of(
        "program class_body enum_body extension_body initialized_identifier_list static_final_declaration_list"
    ),
    comments=types_of("comment documentation_comment"),
    leading=types_of("annotation"),
    strings=types_of("string_literal"),
    interpolations=types_of("template_substitution"),
    imports=types_of("import_or_export part_directive part_of_directive library_name"),
    types=types_of("type_identifier"),
    writes={"assignment_expression": "left"},
    visibility=_visibility,
)

TABLES = {"dart": DART}
