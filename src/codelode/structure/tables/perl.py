"""Perl."""

from __future__ import annotations

from typing import Any

from codelode.structure.rules import SCOPE, Definition, Rules, Span, hints_of, named, types_of

_VARIABLES = types_of("scalar array hash glob")


def _last_name(node: Any) -> Any:
    """``C`` of ``package A::B::C``."""
    name = node.child_by_field_name("name")
    return None if name is None else Span(name.start_byte + name.text.rfind(b":") + 1, name.end_byte)


def _owner(node: Any, _text: bytes, name: Any) -> tuple[int, int] | None:
    whole = node.child_by_field_name("name")
    return None if whole.start_byte == name.start_byte else (whole.start_byte, name.start_byte - 2)


def _variable(node: Any) -> Any:
    """The name in ``$name``, ``my $name``, ``*name``; of a list of them, none."""
    if node is not None and node.type == "variable_declaration":
        node = node.child_by_field_name("variable")
    if node is None or node.type not in _VARIABLES:
        return None
    return named("varname")(node)


def _assigned_kind(node: Any, text: bytes, holder: str) -> str:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None or _variable(left) is None:
        return ""
    if right.type == "anonymous_subroutine_expression":
        return "function"
    ours = text.startswith(b"our", left.start_byte)
    return "variable" if ours or (holder == "" and left.type == "variable_declaration") else ""


def _used_kind(node: Any, text: bytes, _holder: str) -> str:
    """``use constant NAME => 1``, ``use constant { A => 1, B => 2 }``"""
    module = node.child_by_field_name("module")
    is_constant = module is not None and text[module.start_byte : module.end_byte] == b"constant"
    return "constant" if is_constant else ""


def _constants(node: Any) -> Any:
    values = named("list_expression", "anonymous_hash_expression")(node)
    if values is None:
        return None
    if values.type == "list_expression":
        first = values.named_children[0]
        return first if first.type == "autoquoted_bareword" else None
    inner = named("list_expression")(values)
    # Every other one is a value, which can be a bareword too: it is one only in front of an arrow.
    return [child for child in (inner.named_children if inner else ()) if child.type == "autoquoted_bareword"]


def _called_kind(node: Any, text: bytes, _holder: str) -> str:
    """``has name => (is => 'ro')`` of Moose and its kin"""
    function = node.child_by_field_name("function")
    return "property" if function is not None and text.startswith(b"has ", function.start_byte) else ""


def _called_name(node: Any) -> Any:
    arguments = node.child_by_field_name("arguments")
    first = next(iter(arguments.named_children), None) if arguments is not None else None
    if first is not None and first.type in ("string_literal", "interpolated_string_literal"):
        return first.child_by_field_name("content")
    return first if first is not None and first.type == "autoquoted_bareword" else None


PERL = Rules(
    language="perl",
    grammar="tree_sitter_perl:language",
    definitions={
        "package_statement": Definition(
            "module", _last_name, body=named("block"), inside=SCOPE, qualifier=_owner
        ),
        "class_statement": Definition(
            "class", _last_name, body=named("block"), inside=SCOPE, qualifier=_owner
        ),
        "subroutine_declaration_statement": Definition("function", inside=SCOPE),
        "method_declaration_statement": Definition("method", inside=SCOPE),
        "assignment_expression": Definition(
            _assigned_kind, lambda node: _variable(node.child_by_field_name("left")), body="right"
        ),
        "use_statement": Definition(_used_kind, _constants, body=""),
        "ambiguous_function_call_expression": Definition(_called_kind, _called_name, body=""),
    },
    containers=types_of("source_file expression_statement block phaser_statement conditional_statement"),
    wrappers=types_of("expression_statement"),
    comments=types_of("comment pod"),
    sparse=types_of("block phaser_statement conditional_statement"),
    hints=hints_of(rb"sub ", rb"method ", rb"our "),
    strings=types_of(
        "string_literal interpolated_string_literal quoted_word_list heredoc_content command_string pod"
    ),
    interpolations=types_of("scalar array"),
    calls={
        "function_call_expression": "function",
        "ambiguous_function_call_expression": "function",
        "method_call_expression": "method",
    },
    members={"method_call_expression": ("invocant", "method")},
    imports=types_of("use_statement require_expression"),
    writes={"assignment_expression": "left"},
    separator="::",
    fragments=True,
)

TABLES = {"perl": PERL}
