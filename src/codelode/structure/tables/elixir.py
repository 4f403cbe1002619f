"""Elixir: everything is a call, also what defines."""

from __future__ import annotations

from typing import Any

from codelode.structure.rules import PRIVATE, PUBLIC, SCOPE, Definition, Rules, Span, hints_of, types_of

_CALLS = {
    b"defmodule": "module",
    b"defprotocol": "interface",
    b"defimpl": "impl",
    b"def": "function",
    b"defp": "function",
    b"defdelegate": "function",
    b"defn": "function",
    b"defnp": "function",
    b"defmacro": "macro",
    b"defmacrop": "macro",
    b"defguard": "macro",
    b"defguardp": "macro",
}
_ATTRIBUTES = {
    b"type": "type",
    b"typep": "type",
    b"opaque": "type",
    b"callback": "method",
    b"macrocallback": "method",
}
_NO_CONSTANTS = frozenset(
    b"after_compile before_compile behaviour compile default deprecated derive describetag dialyzer doc "
    b"enforce_keys external_resource file impl moduledoc moduletag on_definition on_load optional_callbacks "
    b"since shortdoc spec tag typedoc vsn".split(b" ")
)
"""module attributes that say something about what follows them"""


def _target(node: Any, text: bytes) -> bytes:
    target = node.child_by_field_name("target") if node is not None else None
    return b"" if target is None else text[target.start_byte : target.end_byte]


def _first_argument(node: Any) -> Any:
    arguments = next((child for child in node.named_children if child.type == "arguments"), None)
    return None if arguments is None else next(iter(arguments.named_children), None)


def _call_kind(node: Any, text: bytes, _holder: str) -> str:
    return _CALLS.get(_target(node, text), "")


def _defined(node: Any) -> Any:
    """The name in ``name``, ``name(a)``, ``name(a) when b``, ``name :: type``, ``a + b``; ``C`` of ``A.B.C``."""
    at = _first_argument(node)
    while at is not None and at.type in ("call", "binary_operator"):
        if at.type == "binary_operator" and at.child_by_field_name("operator").type not in ("when", "::"):
            return at.child_by_field_name("operator")
        at = at.child_by_field_name("target" if at.type == "call" else "left")
    if at is not None and at.type == "alias":
        return Span(at.start_byte + at.text.rfind(b".") + 1, at.end_byte)
    return at if at is not None and at.type in ("identifier", "operator_identifier") else None


def _owner(node: Any, _text: bytes, name: Any) -> tuple[int, int] | None:
    """``A.B`` of ``defmodule A.B.C``."""
    first = _first_argument(node)
    if first is None or first.type != "alias" or name.start_byte == first.start_byte:
        return None
    return first.start_byte, name.start_byte - 1


def _do_block(node: Any) -> Any:
    return next((child for child in node.named_children if child.type == "do_block"), None)


def _attribute_kind(node: Any, text: bytes, _holder: str) -> str:
    operand = node.child_by_field_name("operand")
    if operand is None or operand.type != "call" or not text.startswith(b"@", node.start_byte):
        return ""
    name = _target(operand, text)
    return "" if name in _NO_CONSTANTS else _ATTRIBUTES.get(name, "constant")


def _attribute_name(node: Any) -> Any:
    operand = node.child_by_field_name("operand")
    target = operand.child_by_field_name("target")
    return _defined(operand) if target.text in _ATTRIBUTES else target


def _visibility(node: Any, text: bytes, _name: bytes) -> int:
    if node.type != "call":
        return 0
    return PRIVATE if _target(node, text) in (b"defp", b"defmacrop", b"defguardp", b"defnp") else PUBLIC


ELIXIR = Rules(
    language="elixir",
    grammar="tree_sitter_elixir:language",
    definitions={
        "call": Definition(_call_kind, _defined, body=_do_block, inside=SCOPE, qualifier=_owner),
        "unary_operator": Definition(_attribute_kind, _attribute_name, body=""),
    },
    containers=types_of("source do_block"),
    leading=types_of("unary_operator"),
    sparse=types_of("call do_block"),
    hints=hints_of(rb"def", rb"\n[ ]*+(@)"),
    strings=types_of("string charlist sigil quoted_content atom quoted_atom keyword quoted_keyword"),
    interpolations=types_of("interpolation"),
    calls={"call": "target"},
    members={"dot": ("left", "right")},
    clauses=True,
    visibility=_visibility,
)

TABLES = {"elixir": ELIXIR}
