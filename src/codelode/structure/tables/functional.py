"""Haskell and OCaml."""

from __future__ import annotations

from typing import Any

from codelode.structure.rules import INNER, SCOPE, Definition, Rules, named, types_of


def _haskell_kind(_node: Any, _text: bytes, holder: str) -> str:
    return "method" if holder in ("class", "impl") else "function"


def _haskell_name(node: Any) -> Any:
    """The name of an equation: ``f x``, ``x <+> y``; several of a signature: ``f, g :: Int``."""
    name = node.child_by_field_name("name")
    if name is None and (names := node.child_by_field_name("names")) is not None:
        return list(names.named_children)
    if name is None and (infix := named("infix")(node)) is not None:
        name = infix.child_by_field_name("operator")
    if name is not None and name.type == "prefix_id":  # (<+>) :: ...
        name = next(iter(name.named_children), None)
    return name


def _constructor(node: Any) -> Any:
    name = node.child_by_field_name("name")
    inner = node.child_by_field_name("constructor")
    return name if name is not None else inner.child_by_field_name("name") if inner is not None else None


HASKELL = Rules(
    language="haskell",
    grammar="tree_sitter_haskell:language",
    definitions={
        "function": Definition(_haskell_kind, _haskell_name, body="match"),
        "bind": Definition(_haskell_kind, _haskell_name, body="match"),
        "signature": Definition(_haskell_kind, _haskell_name, body=""),
        "data_type": Definition("type", body="constructors", inside=SCOPE),
        "newtype": Definition("type", body="constructor", inside=SCOPE),
        "type_synonym": Definition("type", body="type"),
        "type_family": Definition("type", body="closed_family"),
        "data_family": Definition("type", body=""),
        "class": Definition("class", body="declarations", inside=SCOPE),
        "instance": Definition("impl", body="declarations", inside=SCOPE),
        "data_constructor": Definition("constant", _constructor, body="", inside=INNER),
        "newtype_constructor": Definition("constant", body="", inside=INNER),
        "gadt_constructor": Definition("constant", body="type"),
        "field_name": Definition("field", named("variable"), body=""),
    },
    containers=types_of(
        "haskell declarations class_declarations instance_declarations data_constructors gadt_constructors record "
        "fields field foreign_import foreign_export"
    ),
    wrappers=types_of("declarations class_declarations instance_declarations"),  # comments stand before them
    comments=types_of("comment haddock"),
    leading=types_of("pragma"),
    strings=types_of("string char"),
    calls={"apply": "function"},
    imports=types_of("import"),
    types=types_of("name type_params deriving context"),
    clauses=True,
)


def _binding_kind(node: Any, _text: bytes, _holder: str) -> str:
    body = node.child_by_field_name("body")
    takes = any(child.type == "parameter" for child in node.named_children)
    if takes or (body is not None and body.type in ("fun_expression", "function_expression")):
        return "function"
    return "variable"


def _plain(name: Any) -> Any:
    """A value's name, or the operator in ``( + )``; None for other patterns."""
    if name is not None and name.type == "parenthesized_operator":
        return next(iter(name.named_children), None)
    return name if name is not None and name.type == "value_name" else None


def _pattern(node: Any) -> Any:
    return _plain(node.child_by_field_name("pattern"))


def _value(node: Any) -> Any:
    return _plain(named("value_name", "parenthesized_operator")(node))


OCAML = Rules(
    language="ocaml",
    grammar="tree_sitter_ocaml:language_ocaml",
    variants={"mli": "tree_sitter_ocaml:language_ocaml_interface"},
    definitions={
        "let_binding": Definition(_binding_kind, _pattern),
        "value_specification": Definition("function", _value, body=""),
        "external": Definition("function", _value, body=""),
        "type_binding": Definition("type", inside=SCOPE),
        "constructor_declaration": Definition("constant", named("constructor_name"), body=""),
        "field_declaration": Definition("field", named("field_name"), body=""),
        "module_binding": Definition("module", named("module_name"), inside=SCOPE),
        "module_type_definition": Definition("interface", named("module_type_name"), inside=SCOPE),
        "class_binding": Definition("class", named("class_name"), inside=SCOPE),
        "class_type_binding": Definition("interface", named("class_type_name"), inside=SCOPE),
        "method_definition": Definition("method", named("method_name")),
        "method_specification": Definition("method", named("method_name"), body=""),
        "instance_variable_definition": Definition("field", named("instance_variable_name")),
    },
    containers=types_of(
        "compilation_unit value_definition type_definition variant_declaration record_declaration "
        "exception_definition module_definition structure signature functor class_definition "
        "class_type_definition object_expression class_body_type include_module"
    ),
    wrappers=types_of(
        "value_definition type_definition exception_definition module_definition class_definition "
        "class_type_definition"
    ),
    leading=types_of("item_attribute"),
    strings=types_of("string quoted_string character"),
    calls={"application_expression": "function"},
    members={"field_get_expression": ("", "field")},
    imports=types_of("open_module include_module"),
    types=types_of("type_constructor_path type_constructor"),
)

TABLES = {"haskell": HASKELL, "ocaml": OCAML}
