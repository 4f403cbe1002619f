"""Julia."""

from __future__ import annotations

from typing import Any

from codelode.structure.rules import SCOPE, Definition, Rules, hints_of, named, types_of

_HEADS = types_of(
    "signature call_expression where_expression typed_expression parametrized_type_expression binary_expression "
    "type_head field_expression"
)
_TYPES = ("struct", "type")


def _head(node: Any) -> Any:
    """The name in ``M.f(x)::T where T``, ``S{T} <: A``."""
    at = node
    while at is not None and at.type in _HEADS:
        parts = at.named_children
        at = None if not parts else parts[-1] if at.type == "field_expression" else parts[0]
    return at if at is not None and at.type in ("identifier", "operator") else None


def _after(*types: str) -> Any:
    """The body: what follows the first child that has one of the `types`."""

    def find(node: Any) -> Any:
        children = iter(node.named_children)
        return next(children, None) if any(child.type in types for child in children) else None

    return find


def _function_name(node: Any) -> Any:
    signature = named("signature")(node)
    first = next(iter(signature.named_children), None) if signature is not None else None
    return None if first is None or first.type == "argument_list" else _head(first)


def _type_name(node: Any) -> Any:
    return _head(named("type_head")(node))


def _assigned_kind(node: Any, text: bytes, holder: str) -> str:
    left = next(iter(node.named_children), None)
    if left is None:
        return ""
    at = left
    while at.type in ("where_expression", "typed_expression") and at.named_children:
        at = at.named_children[0]
    if at.type == "call_expression":
        return "function"
    if holder not in ("", "module") or at.type != "identifier":
        return ""
    line = text.rfind(b"\n", 0, node.start_byte) + 1
    return "constant" if b"const" in text[line : node.start_byte].split() else "variable"


def _field_kind(_node: Any, _text: bytes, holder: str) -> str:
    return "field" if holder == "struct" else ""


_SPARSE = types_of(
    "function_definition compound_statement if_statement else_clause elseif_clause let_statement for_statement "
    "while_statement try_statement do_clause quote_statement"
)

JULIA = Rules(
    language="julia",
    grammar="tree_sitter_julia:language",
    definitions={
        "module_definition": Definition("module", body=_after("identifier"), inside=SCOPE),
        "function_definition": Definition("function", _function_name, body=_after("signature"), inside=SCOPE),
        "macro_definition": Definition("macro", _function_name, body=_after("signature")),
        "assignment": Definition(_assigned_kind, lambda node: _head(node.named_children[0]), body=""),
        "struct_definition": Definition("struct", _type_name, body=_after("type_head"), inside=SCOPE),
        "typed_expression": Definition(_field_kind, _head, body=""),
        "abstract_definition": Definition("type", _type_name, body=""),
        "primitive_definition": Definition("type", _type_name, body=""),
    },
    containers=(_SPARSE - {"function_definition"})
    | types_of("source_file const_statement macrocall_expression macro_argument_list"),
    wrappers=types_of("const_statement macrocall_expression macro_argument_list"),
    comments=types_of("line_comment block_comment"),
    leading=types_of("string_literal"),
    sparse=_SPARSE,
    hints=hints_of(rb"function ", rb"struct ", rb"\) ?= "),
    strings=types_of("string_literal command_literal prefixed_string_literal character_literal"),
    interpolations=types_of("string_interpolation"),
    calls={"call_expression": "", "macrocall_expression": ""},
    members={"field_expression": ("value", "")},
    imports=types_of("using_statement import_statement"),
    types=types_of("type_head curly_expression"),
    writes={"assignment": ""},
    fragments=True,
)

TABLES = {"julia": JULIA}
