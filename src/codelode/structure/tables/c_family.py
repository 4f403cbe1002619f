"""C and C++."""

from __future__ import annotations

from typing import Any

from codelode.structure.rules import INNER, SCOPE, Definition, Rules, types_of

_NAMES = types_of(
    "identifier field_identifier type_identifier qualified_identifier destructor_name operator_name operator_cast"
)


def _declared(node: Any) -> Any:
    """The name inside nested declarators: ``*(*name[3])(int)``."""
    at = node.child_by_field_name("declarator")
    while at is not None and at.type not in _NAMES:
        deeper = at.child_by_field_name("declarator")
        if deeper is None:  # parenthesised declarators have no field
            deeper = next((child for child in at.named_children if child.type != "attribute_specifier"), None)
        at = deeper
    return at


def _typedef_names(node: Any) -> Any:
    found = []
    for at in node.children_by_field_name("declarator"):
        while at is not None and at.type not in ("type_identifier", "primitive_type", "identifier"):
            at = at.child_by_field_name("declarator") or next(iter(at.named_children), None)
        if at is not None:
            found.append(at)
    return found


def _tagged(kind: str) -> Any:
    """A tag with a body defines; without one it only mentions."""
    return lambda node, _text, _holder: kind if node.child_by_field_name("body") is not None else ""


_CONTAINERS = types_of(
    "translation_unit preproc_if preproc_ifdef preproc_else preproc_elif preproc_elifdef linkage_specification "
    "declaration_list declaration field_declaration_list field_declaration enumerator_list"
)

_DEFINITIONS = {
    "function_definition": Definition("function", _declared),
    "struct_specifier": Definition(_tagged("struct"), inside=SCOPE),
    "union_specifier": Definition(_tagged("union"), inside=SCOPE),
    "enum_specifier": Definition(_tagged("enum"), inside=SCOPE),
    "enumerator": Definition("constant", body="value"),
    "type_definition": Definition("type", _typedef_names, body="", inside=INNER),
    "preproc_def": Definition("macro", body=""),
    "preproc_function_def": Definition("macro", body=""),
}

C = Rules(
    language="c",
    grammar="tree_sitter_c:language",
    definitions=_DEFINITIONS,
    containers=_CONTAINERS,
    strings=types_of("string_literal char_literal system_lib_string"),
    calls={"call_expression": "function"},
    members={"field_expression": ("argument", "field")},
    imports=types_of("preproc_include"),
    types=types_of("type_identifier"),
    writes={
        "assignment_expression": "left",
        "update_expression": "argument",
        "init_declarator": "declarator",
    },
    fragments=True,
    skim=True,
)

TABLES = {"c": C}
