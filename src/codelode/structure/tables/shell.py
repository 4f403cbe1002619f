"""Shells: Bash and its family, PowerShell."""

from __future__ import annotations

from typing import Any

from codelode.structure.rules import (
    PRIVATE,
    PUBLIC,
    SCOPE,
    Definition,
    Rules,
    Span,
    hints_of,
    named,
    types_of,
)


def _variable_kind(node: Any, text: bytes, holder: str) -> str:
    """Variables of a script; those of its functions are theirs."""
    if holder:
        return ""
    before = text[text.rfind(b"\n", 0, node.start_byte) + 1 : node.start_byte]
    return "constant" if before.lstrip().startswith((b"readonly", b"declare -r")) else "variable"


_BASH_SPARSE = types_of("compound_statement subshell")

BASH = Rules(
    language="bash",
    grammar="tree_sitter_bash:language",
    definitions={
        "function_definition": Definition("function", inside=SCOPE),
        "variable_assignment": Definition(_variable_kind, body="value"),
    },
    containers=_BASH_SPARSE
    | types_of(
        "program declaration_command if_statement elif_clause else_clause case_statement case_item for_statement "
        "while_statement do_group list redirected_statement"
    ),
    wrappers=types_of("declaration_command"),
    sparse=_BASH_SPARSE,
    hints=hints_of(rb"\(\)", rb"function "),
    strings=types_of(
        "string raw_string ansi_c_string heredoc_body heredoc_content heredoc_start heredoc_end"
    ),
    interpolations=types_of("simple_expansion expansion command_substitution process_substitution"),
    calls={"command": "name"},
    writes={"variable_assignment": "name", "for_statement": "variable"},
    fragments=True,
)


def _unscoped(node: Any) -> Any:
    """``Name`` of ``function script:Name``."""
    name = named("function_name")(node)
    if name is None:
        return None
    return Span(name.start_byte + (name.text or b"").rfind(b":") + 1, name.end_byte)


def _property(node: Any) -> Any:
    """A variable without its dollar sign."""
    name = named("variable")(node)
    return None if name is None else Span(name.start_byte + 1, name.end_byte)


def _visibility(node: Any, text: bytes, _name: bytes) -> int:
    return PRIVATE if text[node.start_byte : node.start_byte + 7].lower() == b"hidden " else PUBLIC


_POWERSHELL_SPARSE = types_of(
    "if_statement else_clause elseif_clauses elseif_clause try_statement catch_clauses catch_clause finally_clause "
    "switch_statement while_statement for_statement foreach_statement statement_block pipeline pipeline_chain command "
    "command_elements array_literal_expression unary_expression script_block_expression script_block"
)

POWERSHELL = Rules(
    language="powershell",
    grammar="tree_sitter_powershell:language",
    definitions={
        "function_statement": Definition("function", _unscoped, body=named("script_block"), inside=SCOPE),
        "class_statement": Definition("class", named("simple_name"), body=named("{"), inside=SCOPE),
        "class_method_definition": Definition("method", named("simple_name"), body=named("script_block")),
        "class_property_definition": Definition("property", _property, body=""),
        "enum_statement": Definition("enum", named("simple_name"), body=named("{"), inside=SCOPE),
        "enum_member": Definition("constant", named("simple_name"), body=""),
    },
    containers=_POWERSHELL_SPARSE
    | types_of("program statement_list named_block_list named_block script_block_body"),
    sparse=_POWERSHELL_SPARSE,
    hints=hints_of(rb"[Ff]unction ", rb"[Cc]lass ", rb"[Ff]ilter "),
    strings=types_of("string_literal expandable_string_literal verbatim_string_characters generic_token"),
    interpolations=types_of("variable sub_expression"),
    calls={"command": "command_name"},
    members={},
    types=types_of("type_literal"),
    writes={"assignment_expression": ""},
    visibility=_visibility,
)

TABLES = {"bash": BASH, "powershell": POWERSHELL}
