"""JavaScript and TypeScript, each with JSX.

Functions define functions here, and so do the callbacks of module wrappers and test suites: bodies are entered,
but only where a hint of a definition stands in them.  What is assigned in them is not indexed, unless it is a
function or a class.
"""

from __future__ import annotations

import re
from typing import Any

from codelode.structure.rules import PRIVATE, PROTECTED, PUBLIC, SCOPE, Definition, Rules, hints_of, types_of

_FUNCTIONS = types_of("function_expression generator_function arrow_function")
_LOCAL = types_of("function method property")
_WRAPPED = types_of("parenthesized_expression as_expression satisfies_expression non_null_expression")
_EXPORTS = (b"exports", b"module.exports", b"this", b"self", b"window", b"global", b"globalThis", b"root")
_MODIFIERS = {b"private": PRIVATE, b"protected": PROTECTED, b"public": PUBLIC}
_EXPORTED = re.compile(
    rb"\bexport\s+(?:default\s+|declare\s+|abstract\s+|async\s+)*(?:(?:const|let|var)\s+)?\Z"
)
_EXPORT_BYTES = 48
# A method in an object has no keyword: it stands at the start of its line, or behind a brace or comma.
_METHOD = (
    rb"(?:async |get |set |\*)*+(?!(?:if|for|while|switch|catch|with|function)\b)[\w$]++"
    rb"\((?:[^()\n]++|\([^()\n]*+\))*+\) ?\{"
)
_HINTS = hints_of(
    b"function", b"=>", b"class ", rb"\n[ \t]*+" + _METHOD, b"{ " + _METHOD, b", " + _METHOD
)  # fmt: skip


def _value(node: Any, field: str) -> str:
    """Type of the expression in `field`, without parentheses and casts."""
    at = node.child_by_field_name(field)
    while at is not None and at.type in _WRAPPED:
        at = next(iter(at.named_children), None)
    return "" if at is None else str(at.type)


_SHOWN_BYTES = 60
"""A value that is no longer, on one line, is a part of the signature."""


def _body_of(field: str) -> Any:
    """Where a signature ends that goes on into the value: at the arrow or the body of a function."""

    def find(node: Any) -> Any:
        at = node.child_by_field_name(field)
        if at is None or at.type not in _FUNCTIONS:
            short = at is not None and at.end_byte - at.start_byte <= _SHOWN_BYTES
            return None if short and at.start_point[0] == at.end_point[0] else at
        if at.type == "arrow_function":
            return next((child for child in at.children if child.type == "=>"), None)
        return at.child_by_field_name("body")

    return find


def _declarator_kind(node: Any, text: bytes, holder: str) -> str:
    value = _value(node, "value")
    if value in _FUNCTIONS:
        return "function"
    if value == "class":
        return "class"
    if holder in _LOCAL:
        return ""
    if value == "call_expression":
        start = node.child_by_field_name("value").start_byte
        if text.startswith(b"require(", start):
            return ""  # an import
    # The parent of a node is not kept: looking at the text is cheaper.
    line = text.rfind(b"\n", 0, node.start_byte) + 1
    for word in reversed(text[line : node.start_byte].split()):
        if word in (b"const", b"let", b"var"):
            return "constant" if word == b"const" else "variable"
    return "constant" if text.startswith(b"const", node.parent.start_byte) else "variable"


def _declared(node: Any) -> Any:
    """The name, or those inside a pattern."""
    name = node.child_by_field_name("name")
    if name is None or name.type == "identifier":
        return name
    found, stack = [], [name]
    while stack:
        at = stack.pop()
        if at.type in ("identifier", "shorthand_property_identifier_pattern"):
            found.append(at)
        elif at.type == "pair_pattern":
            stack.append(at.child_by_field_name("value"))
        elif at.type in ("assignment_pattern", "object_assignment_pattern"):
            stack.append(at.child_by_field_name("left"))
        elif at.type in ("object_pattern", "array_pattern", "rest_pattern"):
            stack += reversed(at.named_children)
    return found


def _assigned_kind(node: Any, text: bytes, _holder: str) -> str:
    left = node.child_by_field_name("left")
    if left is None or left.type not in ("member_expression", "identifier"):
        return ""
    value = _value(node, "right")
    if value == "class":
        return "class"
    if value not in _FUNCTIONS:
        return ""
    of = left.child_by_field_name("object")
    if of is None:
        return "function"
    is_method = of.type == "this" or text[of.start_byte : of.end_byte].endswith(b".prototype")
    return "method" if is_method else "function"


def _assigned(node: Any) -> Any:
    left = node.child_by_field_name("left")
    return left.child_by_field_name("property") or left


def _owner(node: Any, text: bytes, _name: Any) -> tuple[int, int] | None:
    """``Foo`` of ``Foo.prototype.bar = function``."""
    of = node.child_by_field_name("left").child_by_field_name("object")
    if of is None:
        return None
    owner = text[of.start_byte : of.end_byte].removesuffix(b".prototype")
    return None if owner in _EXPORTS or b"\n" in owner else (of.start_byte, of.start_byte + len(owner))


def _key(field: str) -> Any:
    """A key's name without its quotes."""

    def find(node: Any) -> Any:
        key = node.child_by_field_name(field)
        if key is not None and key.type == "string":
            key = next(iter(key.named_children), None)
        return key

    return find


def _method_kind(node: Any, text: bytes, _holder: str) -> str:
    name = node.child_by_field_name("name")
    if name is None:
        return ""
    words = text[node.start_byte : name.start_byte].split()
    return "property" if b"get" in words or b"set" in words else "method"


def _field_kind(node: Any, _text: bytes, _holder: str) -> str:
    return "method" if _value(node, "value") in _FUNCTIONS else "field"


def _pair_kind(node: Any, _text: bytes, _holder: str) -> str:
    return "method" if _value(node, "value") in _FUNCTIONS else ""


def _expression_kind(kind: str) -> Any:
    """A named function expression defines, unless what it is assigned to has its name already."""

    def find(node: Any, text: bytes, _holder: str) -> str:
        name = node.child_by_field_name("name")
        if name is None:
            return ""
        own = text[name.start_byte : name.end_byte]
        line = text.rfind(b"\n", 0, node.start_byte) + 1
        before = text[line : node.start_byte].rstrip(b" \t=:(").split()
        return "" if before and before[-1].rpartition(b".")[2] == own else kind

    return find


def _visibility(node: Any, text: bytes, name: bytes) -> int:
    if name.startswith(b"#"):
        return PRIVATE
    if node.type in _MEMBERS:
        for child in node.children:
            if child.type == "accessibility_modifier":
                return _MODIFIERS.get(text[child.start_byte : child.end_byte], PUBLIC)
        return PUBLIC
    start = node.start_byte
    return PUBLIC if _EXPORTED.search(text, max(0, start - _EXPORT_BYTES), start) else 0


_MEMBERS = types_of(
    "method_definition field_definition public_field_definition method_signature abstract_method_signature "
    "property_signature"
)

_SPARSE = types_of(
    "statement_block expression_statement if_statement else_clause for_statement for_in_statement while_statement "
    "do_statement try_statement catch_clause finally_clause switch_statement switch_body switch_case switch_default "
    "labeled_statement return_statement call_expression new_expression arguments member_expression "
    "parenthesized_expression object array sequence_expression unary_expression await_expression "
    "ternary_expression binary_expression spread_element arrow_function class_static_block"
)
_CONTAINERS = _SPARSE | types_of("export_statement class_body lexical_declaration variable_declaration")

_DEFINITIONS = {
    "function_declaration": Definition("function", inside=SCOPE),
    "generator_function_declaration": Definition("function", inside=SCOPE),
    "class_declaration": Definition("class", inside=SCOPE),
    "method_definition": Definition(_method_kind, _key("name"), inside=SCOPE),
    "variable_declarator": Definition(_declarator_kind, _declared, body=_body_of("value"), inside=SCOPE),
    "assignment_expression": Definition(
        _assigned_kind, _assigned, body=_body_of("right"), inside=SCOPE, qualifier=_owner
    ),
    "pair": Definition(_pair_kind, _key("key"), body=_body_of("value"), inside=SCOPE),
    "function_expression": Definition(_expression_kind("function"), inside=SCOPE),
    "generator_function": Definition(_expression_kind("function"), inside=SCOPE),
    "class": Definition(_expression_kind("class"), inside=SCOPE),
}

_COMMON: dict[str, Any] = {
    "wrappers": types_of("export_statement lexical_declaration variable_declaration expression_statement"),
    "bodies": _FUNCTIONS,
    "leading": types_of("decorator"),
    "strings": types_of("string template_string regex jsx_text"),
    "interpolations": types_of("template_substitution"),
    "calls": {
        "call_expression": "function",
        "new_expression": "constructor",
        "decorator": "",
        "jsx_opening_element": "name",
        "jsx_self_closing_element": "name",
    },
    "writes": {
        "assignment_expression": "left",
        "augmented_assignment_expression": "left",
        "update_expression": "argument",
        "variable_declarator": "name",
        "for_in_statement": "left",
    },
    "visibility": _visibility,
}

JAVASCRIPT = Rules(
    language="javascript",
    grammar="tree_sitter_javascript:language",
    definitions=_DEFINITIONS
    | {"field_definition": Definition(_field_kind, _key("property"), body=_body_of("value"), inside=SCOPE)},
    containers=_CONTAINERS,
    sparse=_SPARSE,
    hints=_HINTS,
    members={"member_expression": ("object", "property")},
    imports=types_of("import_statement export_clause"),
    types=types_of("class_heritage"),
    **_COMMON,
)


def _enum_member_kind(_node: Any, _text: bytes, holder: str) -> str:
    """A member without a value has no node around its name."""
    return "constant" if holder == "enum" else ""


_TYPED = types_of("as_expression satisfies_expression non_null_expression")

TYPESCRIPT = Rules(
    language="typescript",
    grammar="tree_sitter_typescript:language_typescript",
    variants={"tsx": "tree_sitter_typescript:language_tsx"},
    definitions=_DEFINITIONS
    | {
        "public_field_definition": Definition(
            _field_kind, _key("name"), body=_body_of("value"), inside=SCOPE
        ),
        "abstract_class_declaration": Definition("class", inside=SCOPE),
        "interface_declaration": Definition("interface", inside=SCOPE),
        "enum_declaration": Definition("enum", inside=SCOPE),
        "property_identifier": Definition(_enum_member_kind, lambda node: node, body=""),
        "enum_assignment": Definition("constant", _key("name"), body=_body_of("value")),
        "type_alias_declaration": Definition("type", body=_body_of("value")),
        "function_signature": Definition("function"),
        "method_signature": Definition(_method_kind, _key("name")),
        "abstract_method_signature": Definition(_method_kind, _key("name")),
        "property_signature": Definition("property", _key("name")),
        "internal_module": Definition("module", _key("name"), inside=SCOPE),
        "module": Definition("module", _key("name"), inside=SCOPE),
    },
    containers=_CONTAINERS | _TYPED | types_of("ambient_declaration interface_body enum_body"),
    sparse=_SPARSE | _TYPED,
    hints=_HINTS + hints_of(b"interface ", b"enum ", b"export ", b"type "),
    members={
        "member_expression": ("object", "property"),
        "nested_identifier": ("object", "property"),
        "nested_type_identifier": ("module", "name"),
    },
    imports=types_of("import_statement export_clause"),
    types=types_of("type_identifier nested_type_identifier type_annotation type_arguments class_heritage"),
    **{**_COMMON, "wrappers": _COMMON["wrappers"] | {"ambient_declaration"}},
)

TABLES = {"javascript": JAVASCRIPT, "typescript": TYPESCRIPT}
