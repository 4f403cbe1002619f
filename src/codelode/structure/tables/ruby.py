"""Ruby."""

from __future__ import annotations

from typing import Any

from codelode.structure.rules import SCOPE, Definition, Rules, Span, hints_of, types_of

_MAKERS = (b"Struct.new", b"Class.new", b"Module.new", b"Data.define", b"Object.const_set")
_CALLS = {
    b"attr_accessor": "property",
    b"attr_reader": "property",
    b"attr_writer": "property",
    b"attr": "property",
    b"mattr_accessor": "property",
    b"cattr_accessor": "property",
    b"class_attribute": "property",
    b"define_method": "method",
    b"define_singleton_method": "method",
    b"alias_method": "method",
    b"task": "target",
}
"""methods that define what their arguments name: all of them for properties, else the first"""
_TYPES = ("class", "module")


def _method_kind(_node: Any, _text: bytes, holder: str) -> str:
    return "method" if holder in _TYPES else "function"


def _call_kind(node: Any, text: bytes, _holder: str) -> str:
    method = node.child_by_field_name("method")
    if method is None or node.child_by_field_name("receiver") is not None:
        return ""
    return _CALLS.get(text[method.start_byte : method.end_byte], "")


def _call_names(node: Any) -> Any:
    arguments = node.child_by_field_name("arguments")
    if arguments is None:
        return None
    found = [name for child in arguments.named_children if (name := _literal(child)) is not None]
    several = _CALLS[node.child_by_field_name("method").text] == "property"
    return found if several else found[:1]


def _literal(node: Any) -> Any:
    """The name in ``:name``, ``"name"``, and ``name: [...]`` or ``:name => [...]``."""
    if node.type == "pair":
        node = node.child_by_field_name("key")
    if node.type == "simple_symbol":
        return Span(node.start_byte + 1, node.end_byte)
    if node.type == "string":
        return next((child for child in node.named_children if child.type == "string_content"), None)
    return node if node.type == "hash_key_symbol" else None


def _assigned_kind(node: Any, text: bytes, _holder: str) -> str:
    right = node.child_by_field_name("right")
    if right is not None and right.type == "call" and text.startswith(_MAKERS, right.start_byte):
        return "class"
    return "constant"


def _constants(node: Any) -> Any:
    left = node.child_by_field_name("left")
    if left is None:
        return None
    if left.type == "left_assignment_list":
        return [child for child in left.named_children if child.type == "constant"]
    if left.type == "scope_resolution":
        left = left.child_by_field_name("name")
    return left if left is not None and left.type == "constant" else None


def _last_name(node: Any) -> Any:
    """``C`` of ``class A::B::C``."""
    name = node.child_by_field_name("name")
    if name is not None and name.type == "scope_resolution":
        return name.child_by_field_name("name")
    return name


def _scope(field: str) -> Any:
    """``A::B`` of ``A::B::C``."""

    def find(node: Any, _text: bytes, _name: Any) -> tuple[int, int] | None:
        name = node.child_by_field_name(field)
        scope = name.child_by_field_name("scope") if name is not None else None
        return None if scope is None else (scope.start_byte, scope.end_byte)

    return find


_SPARSE = types_of(
    "call argument_list block do_block block_body then if unless else elsif while until begin rescue ensure case when "
    "if_modifier unless_modifier rescue_modifier parenthesized_statements begin_block end_block lambda return"
)

RUBY = Rules(
    language="ruby",
    grammar="tree_sitter_ruby:language",
    definitions={
        "module": Definition("module", _last_name, inside=SCOPE, qualifier=_scope("name")),
        "class": Definition("class", _last_name, inside=SCOPE, qualifier=_scope("name")),
        "method": Definition(_method_kind, inside=SCOPE),
        "singleton_method": Definition("method", inside=SCOPE),
        "assignment": Definition(
            _assigned_kind, _constants, body="right", inside=SCOPE, qualifier=_scope("left")
        ),
        "operator_assignment": Definition(
            "constant", _constants, body="right", inside=SCOPE, qualifier=_scope("left")
        ),
        "alias": Definition("method", body=""),
        "call": Definition(_call_kind, _call_names, body="block", inside=SCOPE),
    },
    containers=_SPARSE | types_of("program body_statement singleton_class"),
    wrappers=types_of("call argument_list body_statement"),  # comments may stand before a body
    sparse=_SPARSE | types_of("method singleton_method assignment"),
    hints=hints_of(
        rb"def ", rb"class ", rb"module ", rb"attr", rb"alias", rb"define_", rb"_accessor", rb"Class\.new",
        rb"\n[ \t]*+([A-Z]\w*+ *\|{0,2}=[^=>~])", rb"\btask",
    ),
    strings=types_of(
        "string heredoc_body simple_symbol delimited_symbol regex string_array symbol_array subshell hash_key_symbol"
    ),
    interpolations=types_of("interpolation"),
    calls={"call": "method"},
    members={"call": ("receiver", "method"), "scope_resolution": ("scope", "name")},
    types=types_of("superclass"),
    writes={"assignment": "left", "operator_assignment": "left"},
    separator="::",
    fragments=True,
)  # fmt: skip

TABLES = {"ruby": RUBY}
