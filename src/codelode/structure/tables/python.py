"""Python."""

from __future__ import annotations

from typing import Any

from codelode.structure.rules import PRIVATE, PUBLIC, SCOPE, Definition, Rules, types_of


def _function_kind(_node: Any, _text: bytes, holder: str) -> str:
    return "method" if holder == "class" else "function"


def _assigned_kind(node: Any, text: bytes, holder: str) -> str:
    """Assignments of a module and a class define; those of a function do not."""
    if holder not in ("", "class"):
        return ""
    left = node.child_by_field_name("left")
    if left is None or left.type != "identifier":
        return ""
    return "constant" if text[left.start_byte : left.end_byte].isupper() else "variable"


def _visibility(_node: Any, _text: bytes, name: bytes) -> int:
    dunder = name.startswith(b"__") and name.endswith(b"__")
    return PRIVATE if name.startswith(b"_") and not dunder else PUBLIC


PYTHON = Rules(
    language="python",
    grammar="tree_sitter_python:language",
    definitions={
        "function_definition": Definition(_function_kind, inside=SCOPE),
        "class_definition": Definition("class", inside=SCOPE),
        "assignment": Definition(_assigned_kind, "left", body="right"),
        "type_alias_statement": Definition("type", "left", body="right"),
    },
    containers=types_of(
        "module block decorated_definition if_statement else_clause elif_clause try_statement except_clause "
        "finally_clause with_statement for_statement while_statement expression_statement match_statement case_clause"
    ),
    wrappers=types_of("decorated_definition block"),  # comments may stand before a block
    leading=types_of("decorator"),
    strings=types_of("string"),
    interpolations=types_of("interpolation"),
    calls={"call": "function", "decorator": ""},
    members={"attribute": ("object", "attribute")},
    imports=types_of("import_statement import_from_statement future_import_statement"),
    types=types_of("type"),
    writes={
        "assignment": "left",
        "augmented_assignment": "left",
        "named_expression": "name",
        "for_statement": "left",
    },
    docstring=True,
    visibility=_visibility,
    fragments=True,
)

TABLES = {"python": PYTHON}
