"""SQL, as far as the dialects agree."""

from __future__ import annotations

from typing import Any

from codelode.structure.rules import SCOPE, Definition, Rules, Span, named, types_of


def _unquoted(name: Any) -> Any:
    if name is None or name.text[:1] not in (b"`", b'"', b"["):
        return name
    return Span(name.start_byte + 1, name.end_byte - 1)


def _object(node: Any) -> Any:
    """``name`` of ``schema.name``."""
    reference = named("object_reference")(node)
    return None if reference is None else _unquoted(reference.child_by_field_name("name"))


def _schema(node: Any, _text: bytes, _name: Any) -> tuple[int, int] | None:
    reference = named("object_reference")(node)
    schema = reference.child_by_field_name("schema") if reference is not None else None
    return None if schema is None else (schema.start_byte, schema.end_byte)


def _column_kind(_node: Any, _text: bytes, holder: str) -> str:
    return "field" if holder == "table" else ""


def _created(kind: str, *bodies: str) -> Definition:
    body = named(*bodies) if bodies else ""
    return Definition(kind, _object, body=body, inside=SCOPE, qualifier=_schema)


SQL = Rules(
    language="sql",
    grammar="tree_sitter_sql:language",
    definitions={
        "create_table": _created("table", "column_definitions"),
        "create_view": _created("view", "create_query"),
        "create_materialized_view": _created("view", "create_query"),
        "create_function": _created("function", "function_body"),
        "create_trigger": _created("event"),
        "create_type": _created("type"),
        "create_sequence": _created("variable"),
        "create_index": Definition(
            "index", lambda node: _unquoted(node.child_by_field_name("column")), body=""
        ),
        "create_schema": Definition("module", lambda node: _unquoted(named("identifier")(node)), body=""),
        "create_database": Definition("module", lambda node: _unquoted(named("identifier")(node)), body=""),
        "column_definition": Definition(
            _column_kind, lambda node: _unquoted(node.child_by_field_name("name")), body=""
        ),
    },
    containers=types_of("program statement column_definitions transaction"),
    wrappers=types_of("statement"),
    comments=types_of("comment marginalia"),
    strings=types_of("literal"),
    calls={"invocation": ""},
    members={"object_reference": ("schema", "name")},
)

TABLES = {"sql": SQL}
