"""Groovy, and Gradle's scripts in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from codelode.structure.rules import PRIVATE, PROTECTED, PUBLIC, SCOPE, Definition, Rules, named, types_of

_MODIFIERS = {b"private": PRIVATE, b"protected": PROTECTED}


def _declared_kind(_node: Any, _text: bytes, holder: str) -> str:
    return "field" if holder in ("class", "interface", "enum") else "" if holder else "variable"


def _called_kind(node: Any, text: bytes, _holder: str) -> str:
    """``task name``"""
    name = node.child_by_field_name("name")
    is_task = name is not None and text[name.start_byte : name.end_byte] == b"task"
    return "target" if is_task else ""


def _called_name(node: Any) -> Any:
    arguments = node.child_by_field_name("args")
    return None if arguments is None else named("identifier")(arguments)


def _visibility(node: Any, text: bytes, _name: bytes) -> int:
    modifiers = named("modifiers")(node)
    words = text[modifiers.start_byte : modifiers.end_byte].split() if modifiers is not None else ()
    return next((_MODIFIERS[word] for word in words if word in _MODIFIERS), PUBLIC)


GROOVY = Rules(
    language="groovy",
    grammar="tree_sitter_groovy:language",
    definitions={
        "class_declaration": Definition("class", inside=SCOPE),
        "interface_declaration": Definition("interface", inside=SCOPE),
        "enum_declaration": Definition("enum", inside=SCOPE),
        "enum_constant": Definition("constant"),
        "annotation_type_declaration": Definition("interface", inside=SCOPE),
        "method_declaration": Definition("method"),
        "constructor_declaration": Definition("method"),
        "function_definition": Definition("function"),
        "variable_declarator": Definition(_declared_kind, body="value"),
        "juxt_function_call": Definition(_called_kind, _called_name, body=""),
    },
    containers=types_of(
        "program class_body interface_body enum_body enum_body_declarations field_declaration "
        "local_variable_declaration expression_statement"
    ),
    wrappers=types_of("field_declaration local_variable_declaration expression_statement"),
    comments=types_of("line_comment block_comment"),
    strings=types_of("string_literal character_literal"),
    interpolations=types_of("string_interpolation"),
    calls={"method_invocation": "name", "juxt_function_call": "name", "object_creation_expression": "type"},
    members={"method_invocation": ("object", "name"), "field_access": ("object", "field")},
    imports=types_of("import_declaration"),
    types=types_of("type_identifier superclass super_interfaces"),
    writes={"assignment_expression": "left", "variable_declarator": "name"},
    visibility=_visibility,
)

TABLES = {"gradle": replace(GROOVY, language="gradle"), "groovy": GROOVY}
