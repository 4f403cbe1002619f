"""Go."""

from __future__ import annotations

from typing import Any

from codelode.structure.rules import PRIVATE, PUBLIC, SCOPE, Definition, Rules, hints_of, types_of

_TYPES = ("struct", "interface", "type")


def _type_kind(node: Any, _text: bytes, holder: str) -> str:
    if holder in _TYPES:
        return ""  # its declaration was taken
    made = node.child_by_field_name("type")
    return {"struct_type": "struct", "interface_type": "interface"}.get(made.type if made else "", "type")


def _only_spec(node: Any) -> Any:
    """What a declaration without parentheses declares; those of one in parentheses count for themselves."""
    children = node.children
    return children[1] if len(children) > 1 and children[1].type.endswith(("_spec", "_alias")) else None


def _declared_type(node: Any, text: bytes, holder: str) -> str:
    spec = _only_spec(node)
    if spec is None:
        return ""
    return "type" if spec.type == "type_alias" else _type_kind(spec, text, holder)


def _names(node: Any) -> Any:
    return [name for name in node.children_by_field_name("name") if name.type != ","]


def _spec_names(node: Any) -> Any:
    return _names(_only_spec(node))


def _spec_body(field: str) -> Any:
    return lambda node: _only_spec(node).child_by_field_name(field)


def _alias_kind(_node: Any, _text: bytes, holder: str) -> str:
    return "" if holder == "type" else "type"


def _global(kind: str) -> Any:
    """For a declaration of one thing, and for each of several."""

    def find(node: Any, _text: bytes, holder: str) -> str:
        if holder in ("function", "method", kind):
            return ""
        return kind if node.type.endswith("_spec") or _only_spec(node) is not None else ""

    return find


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
        "type_declaration": Definition(_declared_type, _spec_names, body=_spec_body("type"), inside=SCOPE),
        "type_spec": Definition(_type_kind, body="type", inside=SCOPE),
        "type_alias": Definition(_alias_kind, body="type"),
        "method_elem": Definition("method", body=""),
        "field_declaration": Definition("field", _names, body=""),
        "const_declaration": Definition(
            _global("constant"), _spec_names, body=_spec_body("value"), inside=SCOPE
        ),
        "var_declaration": Definition(
            _global("variable"), _spec_names, body=_spec_body("value"), inside=SCOPE
        ),
        "const_spec": Definition(_global("constant"), _names, body="value"),
        "var_spec": Definition(_global("variable"), _names, body="value"),
    },
    containers=types_of(
        "source_file var_spec_list struct_type interface_type "
        "field_declaration_list block statement_list if_statement for_statement"
    ),
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
