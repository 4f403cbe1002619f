"""PHP."""

from __future__ import annotations

from typing import Any

from codelode.structure.rules import (
    PRIVATE,
    PROTECTED,
    PUBLIC,
    SCOPE,
    Definition,
    Rules,
    hints_of,
    named,
    types_of,
)

_MODIFIERS = {b"public": PUBLIC, b"protected": PROTECTED, b"private": PRIVATE}
_FUNCTIONS = types_of("anonymous_function arrow_function")
_ELEMENTS = types_of("const_element property_element")


def _called_kind(node: Any, text: bytes, _holder: str) -> str:
    """``define('NAME', 1)``"""
    function = node.child_by_field_name("function")
    if function is None:
        return ""
    return "constant" if text[function.start_byte : function.end_byte].lower() == b"define" else ""


def _called_name(node: Any) -> Any:
    arguments = node.child_by_field_name("arguments")
    first = next(iter(arguments.named_children), None)
    value = next(iter(first.named_children), None) if first is not None else None
    if value is None or value.type not in ("string", "encapsed_string"):
        return None
    return next((child for child in value.named_children if child.type == "string_content"), None)


def _assigned_kind(node: Any, _text: bytes, holder: str) -> str:
    """A function without a name that the file gives one."""
    right = node.child_by_field_name("right")
    return "function" if holder == "" and right is not None and right.type in _FUNCTIONS else ""


def _variable(field: str) -> Any:
    """The name of a variable, without its dollar sign."""

    def find(node: Any) -> Any:
        variable = node.child_by_field_name(field)
        if variable is None or variable.type != "variable_name":
            return None
        return next(iter(variable.named_children), None)

    return find


def _visibility(node: Any, text: bytes, _name: bytes) -> int:
    if node.type in _ELEMENTS:
        line = text.rfind(b"\n", 0, node.start_byte) + 1
        words = text[line : node.start_byte].split()
        return next((_MODIFIERS[word] for word in words if word in _MODIFIERS), PUBLIC)
    for child in node.children:
        if child.type == "visibility_modifier":
            return _MODIFIERS.get(text[child.start_byte : child.end_byte].lower(), PUBLIC)
    return PUBLIC


_SPARSE = types_of(
    "compound_statement expression_statement if_statement else_clause else_if_clause colon_block while_statement "
    "for_statement foreach_statement switch_statement switch_block case_statement default_statement try_statement "
    "catch_clause finally_clause return_statement object_creation_expression anonymous_class arguments argument "
    "member_call_expression scoped_call_expression function_call_expression anonymous_function arrow_function "
    "parenthesized_expression array_creation_expression array_element_initializer formal_parameters "
    "unary_op_expression"
)
_CONTAINERS = types_of(
    "program declaration_list enum_declaration_list const_declaration property_declaration"
)

PHP = Rules(
    language="php",
    grammar="tree_sitter_php:language_php",
    definitions={
        "namespace_definition": Definition("module", inside=SCOPE),
        "class_declaration": Definition("class", inside=SCOPE),
        "interface_declaration": Definition("interface", inside=SCOPE),
        "trait_declaration": Definition("trait", inside=SCOPE),
        "enum_declaration": Definition("enum", inside=SCOPE),
        "enum_case": Definition("constant", body="value"),
        "const_element": Definition("constant", named("name"), body=""),
        "property_element": Definition("field", _variable("name"), body="default_value"),
        "property_promotion_parameter": Definition("field", _variable("name"), body="default_value"),
        "method_declaration": Definition("method", inside=SCOPE),
        "function_definition": Definition("function", inside=SCOPE),
        "function_call_expression": Definition(_called_kind, _called_name, body="", inside=SCOPE),
        "assignment_expression": Definition(_assigned_kind, _variable("left"), body="right", inside=SCOPE),
    },
    containers=_CONTAINERS | _SPARSE,
    wrappers=types_of("const_declaration property_declaration expression_statement"),
    bodies=_FUNCTIONS,
    sparse=_SPARSE,
    hints=hints_of(
        rb"function\s++&?\w", rb"class ", rb"interface ", rb"trait ", rb"define\(", rb"const ", rb"enum ",
        rb"private ", rb"protected ", rb"public ", rb"= (?:static )?(?:function|fn) ?\(",
    ),
    strings=types_of("string encapsed_string heredoc nowdoc text shell_command_expression"),
    interpolations=types_of(
        "variable_name member_access_expression nullsafe_member_access_expression subscript_expression "
        "member_call_expression scoped_property_access_expression dynamic_variable_name"
    ),
    calls={
        "function_call_expression": "function",
        "member_call_expression": "name",
        "nullsafe_member_call_expression": "name",
        "scoped_call_expression": "name",
        "object_creation_expression": "",
        "attribute": "",
    },
    members={
        "member_access_expression": ("object", "name"),
        "nullsafe_member_access_expression": ("object", "name"),
        "member_call_expression": ("object", "name"),
        "nullsafe_member_call_expression": ("object", "name"),
        "scoped_call_expression": ("scope", "name"),
        "scoped_property_access_expression": ("scope", "name"),
    },
    imports=types_of("namespace_use_declaration"),
    types=types_of("named_type base_clause class_interface_clause use_declaration"),
    writes={
        "assignment_expression": "left",
        "augmented_assignment_expression": "left",
        "reference_assignment_expression": "left",
        "update_expression": "argument",
    },
    separator="::",
    visibility=_visibility,
)  # fmt: skip

TABLES = {"php": PHP}
