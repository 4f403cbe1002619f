"""Java, Kotlin and Scala."""

from __future__ import annotations

from typing import Any

from codelode.structure.rules import PUBLIC, SCOPE, Definition, Rules, hints_of, named, types_of
from codelode.structure.tables.modifiers import worded

_CLASSES = ("class", "interface", "enum", "trait", "struct", "constant")


def _method_kind(_node: Any, _text: bytes, holder: str) -> str:
    return "method" if holder in _CLASSES else "function"


# Java


def _declarators(node: Any) -> Any:
    names = [
        declarator.child_by_field_name("name") for declarator in node.children_by_field_name("declarator")
    ]
    return [name for name in names if name is not None]


def _java_field(node: Any, text: bytes, _holder: str) -> str:
    first = node.child(0)
    words = text[first.start_byte : first.end_byte].split() if first.type == "modifiers" else ()
    return "constant" if b"static" in words and b"final" in words else "field"


JAVA = Rules(
    language="java",
    grammar="tree_sitter_java:language",
    definitions={
        "class_declaration": Definition("class", inside=SCOPE),
        "record_declaration": Definition("class", inside=SCOPE),
        "interface_declaration": Definition("interface", inside=SCOPE),
        "annotation_type_declaration": Definition("interface", inside=SCOPE),
        "enum_declaration": Definition("enum", inside=SCOPE),
        "enum_constant": Definition("constant", inside=SCOPE),
        "method_declaration": Definition("method", inside=SCOPE),
        "constructor_declaration": Definition("method", inside=SCOPE),
        "compact_constructor_declaration": Definition("method", inside=SCOPE),
        "annotation_type_element_declaration": Definition("method", body="value"),
        "field_declaration": Definition(_java_field, _declarators, body="", inside=SCOPE),
        "constant_declaration": Definition("constant", _declarators, body=""),
        "module_declaration": Definition("module"),
    },
    containers=types_of(
        "program class_body interface_body enum_body enum_body_declarations annotation_type_body block "
        "constructor_body variable_declarator static_initializer local_variable_declaration expression_statement "
        "return_statement method_invocation argument_list object_creation_expression lambda_expression "
        "assignment_expression if_statement for_statement enhanced_for_statement while_statement try_statement "
        "try_with_resources_statement throw_statement synchronized_statement catch_clause finally_clause"
    ),
    sparse=types_of("block constructor_body variable_declarator"),
    # A local class, or one without a name; the second has methods, and a body behind `new Name(...)`.
    hints=hints_of(rb"class ", rb"interface ", rb"enum ", rb"record ", rb"new [^;{}]*?\)\s*+\{"),
    comments=types_of("line_comment block_comment"),
    strings=types_of("string_literal character_literal"),
    interpolations=types_of("string_interpolation"),
    calls={"method_invocation": "name", "object_creation_expression": "type"},
    members={
        "field_access": ("object", "field"),
        "scoped_identifier": ("scope", "name"),
        "method_invocation": ("object", "name"),
    },
    imports=types_of("import_declaration package_declaration"),
    types=types_of(
        "type_identifier scoped_type_identifier generic_type annotation marker_annotation modifiers"
    ),
    writes={"assignment_expression": "left", "update_expression": "", "variable_declarator": "name"},
    visibility=worded(types_of("modifiers")),
    fragments=True,
)


# Kotlin


def _kotlin_class(node: Any, text: bytes, _holder: str) -> str:
    for child in node.children:
        if child.type == "interface":
            return "interface"
        if child.type == "modifiers" and b"enum" in text[child.start_byte : child.end_byte].split():
            return "enum"
        if child.type == "class":
            break
    return "class"


def _kotlin_property(node: Any, text: bytes, holder: str) -> str:
    if holder in ("function", "method"):
        return ""
    first = node.child(0)
    if first.type == "modifiers" and b"const" in text[first.start_byte : first.end_byte].split():
        return "constant"
    return "property" if holder in _CLASSES else "variable"


def _kotlin_variables(node: Any) -> Any:
    for child in node.children:
        if child.type == "variable_declaration":
            return _identifier(child)
        if child.type == "multi_variable_declaration":
            names = [_identifier(one) for one in child.named_children if one.type == "variable_declaration"]
            return [name for name in names if name is not None]
    return None


_identifier = named("identifier")


def _kotlin_parameter(node: Any, _text: bytes, _holder: str) -> str:
    """``class Point(val x: Int)``: a parameter of a constructor that is a property too."""
    return "property" if any(child.type in ("val", "var") for child in node.children) else ""


KOTLIN = Rules(
    language="kotlin",
    grammar="tree_sitter_kotlin:language",
    definitions={
        "class_declaration": Definition(
            _kotlin_class, body=named("class_body", "enum_class_body"), inside=SCOPE
        ),
        "object_declaration": Definition("class", body=named("class_body"), inside=SCOPE),
        "companion_object": Definition("class", body=named("class_body"), inside=SCOPE),
        "enum_entry": Definition("constant", _identifier, body=named("class_body"), inside=SCOPE),
        "function_declaration": Definition(_method_kind, body=named("function_body"), inside=SCOPE),
        "secondary_constructor": Definition("method", named("constructor"), body=named("block")),
        "property_declaration": Definition(_kotlin_property, _kotlin_variables, body="", inside=SCOPE),
        "class_parameter": Definition(_kotlin_parameter, _identifier, body=""),
        "type_alias": Definition("type", "type", body=""),
    },
    containers=types_of(
        "source_file class_body enum_class_body primary_constructor class_parameters function_body block "
        "object_literal anonymous_initializer call_expression annotated_lambda lambda_literal value_arguments "
        "value_argument return_expression if_expression try_expression when_expression assignment annotated_expression "
        "infix_expression binary_expression parenthesized_expression navigation_expression"
    ),
    sparse=types_of(
        "function_body block object_literal anonymous_initializer call_expression lambda_literal value_arguments "
        "infix_expression binary_expression parenthesized_expression navigation_expression"
    ),
    hints=hints_of(rb"fun ", rb"class ", rb"interface ", rb"object[ :{]"),
    comments=types_of("line_comment block_comment"),
    strings=types_of("string_literal multiline_string_literal character_literal"),
    interpolations=types_of("interpolation"),
    calls={"call_expression": "", "constructor_invocation": ""},
    members={"navigation_expression": ("", "")},
    imports=types_of("import package_header"),
    types=types_of("user_type"),
    writes={"assignment": "left"},
    visibility=worded(types_of("modifiers"), PUBLIC),
    fragments=True,
)


# Scala


def _scala_value(node: Any, text: bytes, holder: str) -> str:
    if holder in ("function", "method", "variable", "field"):
        return ""
    return "field" if holder in _CLASSES else "variable"


def _scala_names(node: Any) -> Any:
    pattern = node.child_by_field_name("pattern")
    if pattern is None:
        return None
    if pattern.type == "identifier":
        return pattern
    return [child for child in pattern.named_children if child.type == "identifier"] or None


SCALA = Rules(
    language="scala",
    grammar="tree_sitter_scala:language",
    definitions={
        "class_definition": Definition("class", inside=SCOPE),
        "object_definition": Definition("class", inside=SCOPE),
        "package_object": Definition("module", inside=SCOPE),
        "trait_definition": Definition("trait", inside=SCOPE),
        "enum_definition": Definition("enum", inside=SCOPE),
        "simple_enum_case": Definition("constant", body=""),
        "full_enum_case": Definition("constant", body=""),
        "function_definition": Definition(_method_kind, inside=SCOPE),
        "function_declaration": Definition(_method_kind, body=""),
        "val_definition": Definition(_scala_value, _scala_names, body="value", inside=SCOPE),
        "var_definition": Definition(_scala_value, _scala_names, body="value"),
        "val_declaration": Definition(_scala_value, body=""),
        "var_declaration": Definition(_scala_value, body=""),
        "given_definition": Definition(_scala_value, "name", inside=SCOPE),
        "type_definition": Definition("type", body="type"),
    },
    containers=types_of(
        "compilation_unit template_body with_template_body enum_body enum_case_definitions extension_definition "
        "package_clause block indented_block instance_expression"
    ),
    sparse=types_of("block indented_block instance_expression"),
    hints=hints_of(rb"def ", rb"class ", rb"object ", rb"trait "),
    comments=types_of("comment block_comment"),
    strings=types_of("string character_literal interpolated_string"),
    interpolations=types_of("interpolation"),
    calls={"call_expression": "function", "instance_expression": ""},
    members={
        "field_expression": ("value", "field"),
        "generic_function": ("type_arguments", "function"),
        "infix_expression": ("left", "operator"),
    },
    imports=types_of("import_declaration package_clause"),
    types=types_of("type_identifier"),
    writes={"assignment_expression": "left"},
    visibility=worded(types_of("modifiers annotation"), PUBLIC),
    fragments=True,
)

TABLES = {"java": JAVA, "kotlin": KOTLIN, "scala": SCALA}
