"""C#."""

from __future__ import annotations

from typing import Any

from codelode.structure.rules import PRIVATE, SCOPE, Definition, Rules, Span, hints_of, types_of
from codelode.structure.tables.modifiers import worded

_worded = worded(types_of("modifier attribute_list"))


def _variables(node: Any) -> Any:
    for child in node.named_children:
        if child.type == "variable_declaration":
            found = [
                at.child_by_field_name("name")
                for at in child.named_children
                if at.type == "variable_declarator"
            ]
            return [name for name in found if name is not None]
    return None


def _field_kind(node: Any, text: bytes, _holder: str) -> str:
    for child in node.children:
        if child.type != "modifier":
            if child.type != "attribute_list":
                break
        elif text[child.start_byte : child.end_byte] == b"const":
            return "constant"
    return "field"


def _operator(node: Any) -> Any:
    """``operator +``, ``operator int``: the keyword, and the sign or the type behind it."""
    children = node.children
    for keyword, operand in zip(children, children[1:], strict=False):
        if keyword.type == "operator":
            return Span(keyword.start_byte, operand.end_byte)
    return None


def _visibility(node: Any, text: bytes, name: bytes) -> int:
    found = _worded(node, text, name)
    if found or node.type not in _MEMBERS:
        return found
    return PRIVATE


_MEMBERS = types_of("field_declaration event_field_declaration constructor_declaration")

CSHARP = Rules(
    language="csharp",
    grammar="tree_sitter_c_sharp:language",
    definitions={
        "namespace_declaration": Definition("module", inside=SCOPE),
        "file_scoped_namespace_declaration": Definition("module", body=""),
        "class_declaration": Definition("class", inside=SCOPE),
        "record_declaration": Definition("class", inside=SCOPE),
        "struct_declaration": Definition("struct", inside=SCOPE),
        "interface_declaration": Definition("interface", inside=SCOPE),
        "enum_declaration": Definition("enum", inside=SCOPE),
        "enum_member_declaration": Definition("constant", body="value"),
        "delegate_declaration": Definition("type", body=""),
        "method_declaration": Definition("method", inside=SCOPE),
        "constructor_declaration": Definition("method", inside=SCOPE),
        "destructor_declaration": Definition("method"),
        "operator_declaration": Definition("method", _operator),
        "conversion_operator_declaration": Definition("method", _operator),
        "local_function_statement": Definition("function", inside=SCOPE),
        "property_declaration": Definition("property", body="accessors"),
        "event_declaration": Definition("event", body="accessors"),
        "event_field_declaration": Definition("event", _variables, body=""),
        "field_declaration": Definition(_field_kind, _variables, body=""),
    },
    containers=types_of(
        "compilation_unit declaration_list enum_member_declaration_list preproc_if preproc_else preproc_elif block "
        "global_statement if_statement try_statement using_statement"
    ),
    sparse=types_of("block"),
    # A local function: a type, a name and parameters, then its body.
    hints=hints_of(rb"\n[ \t]++(?!else )[\w<>\[\], ?.]+ \w++(?:<[\w, ]+>)?\([^;{}()]*+\)\s*+(?:\{|=>|where)"),
    strings=types_of(
        "string_literal verbatim_string_literal raw_string_literal character_literal interpolated_string_expression"
    ),
    interpolations=types_of("interpolation"),
    calls={"invocation_expression": "function", "object_creation_expression": "type"},
    members={
        "member_access_expression": ("expression", "name"),
        "conditional_access_expression": ("condition", ""),
        "qualified_name": ("qualifier", "name"),
    },
    imports=types_of("using_directive"),
    types=types_of("base_list attribute generic_name nullable_type array_type type_argument_list"),
    writes={
        "assignment_expression": "left",
        "prefix_unary_expression": "",
        "postfix_unary_expression": "",
        "variable_declarator": "name",
    },
    visibility=_visibility,
)

TABLES = {"csharp": CSHARP}
