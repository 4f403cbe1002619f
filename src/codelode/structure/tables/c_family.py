"""C, C++ and Objective-C."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from codelode.structure.rules import INNER, PRIVATE, SCOPE, Definition, Rules, Span, hints_of, types_of

_NAMES = types_of("identifier field_identifier type_identifier destructor_name operator_name primitive_type")
_NESTING = types_of("qualified_identifier template_function template_method template_type dependent_name")
_CLASSES = ("class", "struct", "union")


def _first(node: Any) -> Any:
    return next(iter(node.named_children), None)


def _inmost(node: Any) -> Any:
    """The name inside nested declarators and qualified names: ``*(*name[3])(int)``, ``a::b<int>::name``."""
    at = node
    while at is not None and at.type not in _NAMES:
        if at.type == "operator_cast":
            return _cast_name(at)
        if at.type in _NESTING:
            at = at.child_by_field_name("name") or _first(at)
            continue
        deeper = at.child_by_field_name("declarator")
        if deeper is None:  # parenthesised declarators and references have no field
            deeper = next((child for child in at.named_children if child.type not in _SKIPPED), None)
        at = deeper
    return at


def _cast_name(node: Any) -> Any:
    """``operator bool`` of ``operator bool() const``."""
    at = node.child_by_field_name("declarator")
    while at is not None and at.type != "abstract_function_declarator":
        at = at.child_by_field_name("declarator")
    return None if at is None else Span(node.start_byte, at.start_byte)


_SKIPPED = types_of("attribute_specifier attribute_declaration ms_call_modifier type_qualifier comment")


def _declared(node: Any) -> Any:
    name = _inmost(node.child_by_field_name("declarator"))
    if (
        name is None
        or isinstance(name, Span)
        or name.type != "identifier"
        or node.child_by_field_name("type") is not None
    ):
        return name
    return _named_by_macro(name, _parameter_names(node))


def _named_by_macro(macro: Any, arguments: list[Any]) -> Any:
    """What ``SYSCALL_DEFINE1(close, ...) {`` or ``TEST(Suite, Case) {`` defines: the macro's name says little.

    `arguments`: for each its name when it is one and no more, else None.
    """
    if not arguments or not macro.text.isupper():
        return macro
    return (arguments[1] if len(arguments) == 2 else None) or arguments[0] or macro


def _parameter_names(node: Any) -> list[Any]:
    """For each parameter of a definition its name when it is one and no more, else None."""
    declarator = node.child_by_field_name("declarator")
    parameters = declarator.child_by_field_name("parameters") if declarator is not None else None
    names = []
    for parameter in parameters.named_children if parameters is not None else ():
        name = parameter if parameter.type == "identifier" else _first(parameter)
        alone = name is not None and name.end_byte == parameter.end_byte and name.type in _NAMES
        names.append(name if alone else None)
    return names


def _typedef_names(node: Any) -> Any:
    found = [_inmost(at) for at in node.children_by_field_name("declarator")]
    return [name for name in found if name is not None]


def _variables(node: Any) -> Any:
    """What a declaration outside functions defines; prototypes and what is ``extern`` only mention."""
    first = node.child(0)
    if first.type == "storage_class_specifier" and first.child(0).type == "extern":
        return None
    names = []
    for declarator in node.children_by_field_name("declarator"):
        if declarator.type != "init_declarator":
            continue  # a prototype, or ``void __init``: the beginning of a function that macros broke
        name = _inmost(declarator)
        if name is not None and not isinstance(name, Span) and name.type == "identifier":
            names.append(name)
    return names or None


def _only_child(node: Any) -> Any:
    return _first(node) if node.type in ("parenthesized_declarator", "reference_declarator") else None


def _called(node: Any) -> Any:
    """``SYSCALL_DEFINE3(...) {...}``: a macro call, then a body."""
    call = _first(node)
    if call is None or call.type != "call_expression" or _following_body(node) is None:
        return None
    function, arguments = call.child_by_field_name("function"), call.child_by_field_name("arguments")
    if function is None or arguments is None or function.type != "identifier":
        return None
    return _named_by_macro(
        function, [one if one.type == "identifier" else None for one in arguments.named_children]
    )


def _following_body(node: Any) -> Any:
    after = node.next_sibling
    return after if after is not None and after.type == "compound_statement" else None


def _tagged(kind: str) -> Any:
    """A tag with a body defines; without one it only mentions."""
    return lambda node, _text, _holder: kind if node.child_by_field_name("body") is not None else ""


def _global(_node: Any, _text: bytes, holder: str) -> str:
    return "variable" if holder in ("", "module") else ""


def _macro_function(_node: Any, _text: bytes, holder: str) -> str:
    return "" if holder in ("function", "method") else "function"


def _visibility(node: Any, text: bytes, _name: bytes) -> int:
    """What is ``static`` is its file's own; but ``static inline`` is how headers define functions for all."""
    start = node.start_byte
    own = text.startswith(b"static", start) and b"inline" not in text[start : start + 40]
    return PRIVATE if own else 0


_CONTAINERS = types_of(
    "translation_unit preproc_if preproc_ifdef preproc_else preproc_elif preproc_elifdef linkage_specification "
    "declaration_list field_declaration_list field_declaration enumerator_list"
)

_LONE_MACRO = rb"\n([ \t]*+(?:static )?[A-Z][A-Z0-9_]{3,}\([^;{}\n]*\))(?=\r?\n\s*[\w#/}])"
"""A macro called on a line of its own, without a semicolon: the grammar takes what follows for its rest."""
_EXPORTED = rb"%s\s+([A-Z][A-Z0-9_]+(?:\([^()\n]*\))?)(?=\s+[A-Za-z_]\w*\s*(?:final\s*)?[:{])"
"""A macro between the keyword and the name: ``class EXPORT_API Name {``."""

_ATTRIBUTE = (
    rb"(__(?:printf|scanf|alloc_size|realloc_size|malloc|section|aligned|assume_aligned|acquires|releases|"
    rb"must_hold|nonnull|alias|cleanup|no_sanitize|format\w*)\([^()\n]*\))"
)
"""A macro named after an attribute of GCC's, with arguments: the grammar takes it for the name of a function, as in
``static __always_inline __alloc_size(1) void *kmalloc(size_t size, gfp_t flags)``."""

_BRACED = types_of("declaration field_declaration")

_DEFINITIONS = {
    "function_definition": Definition("function", _declared),
    "struct_specifier": Definition(_tagged("struct"), inside=SCOPE),
    "union_specifier": Definition(_tagged("union"), inside=SCOPE),
    "enum_specifier": Definition(_tagged("enum"), inside=SCOPE),
    "enumerator": Definition("constant", body="value"),
    "type_definition": Definition("type", _typedef_names, body="", inside=INNER),
    "declaration": Definition(_global, _variables, body="", inside=INNER),
    "expression_statement": Definition(_macro_function, _called, body=_following_body),
    "preproc_def": Definition("macro", body=""),
    "preproc_function_def": Definition("macro", body=""),
}

C = Rules(
    language="c",
    grammar="tree_sitter_c:language",
    definitions=_DEFINITIONS,
    containers=_CONTAINERS,
    braced=_BRACED,
    unreadable=hints_of(_LONE_MACRO, _ATTRIBUTE),
    strings=types_of("string_literal char_literal system_lib_string"),
    calls={"call_expression": "function"},
    members={"field_expression": ("argument", "field")},
    imports=types_of("preproc_include"),
    types=types_of("type_identifier"),
    writes={
        "assignment_expression": "left",
        "update_expression": "argument",
        "init_declarator": "declarator",
    },
    visibility=_visibility,
    fragments=True,
    skim=True,
)


def _method_kind(node: Any, _text: bytes, holder: str) -> str:
    """A member function, in its class or outside of it: ``int Class::method() {}``."""
    if holder in _CLASSES or _qualified(node) is not None:
        return "method"
    return "function"


def _qualified(node: Any) -> Any:
    """The qualified name that a definition declares, if it does."""
    at = node.child_by_field_name("declarator")
    while at is not None and at.type != "qualified_identifier":
        at = at.child_by_field_name("declarator") or _only_child(at)
    return at


def _qualifier(node: Any, _text: bytes, name: Any) -> tuple[int, int] | None:
    """What stands before the last ``::`` of a qualified name; the suite of ``TEST(Suite, Case)``."""
    outer = node.child_by_field_name("name")  # of a class
    if outer is None or outer.type != "qualified_identifier":
        outer = _qualified(node)
    if outer is None:
        names = [] if node.child_by_field_name("type") else _parameter_names(node)
        suite = names[0] if len(names) == 2 and names[1] == name else None
        return None if suite is None else (suite.start_byte, suite.end_byte)
    start = end = outer.start_byte
    while outer is not None and outer.type == "qualified_identifier":
        scope = outer.child_by_field_name("scope")
        end = scope.end_byte if scope is not None else end
        outer = outer.child_by_field_name("name")
    return (start, end) if start < end <= name.start_byte else None


def _class_name(node: Any) -> Any:
    return _inmost(node.child_by_field_name("name"))


def _abstract(node: Any, _text: bytes, holder: str) -> str:
    """A pure virtual method: nothing else will define it."""
    if holder not in _CLASSES or node.child_by_field_name("default_value") is None:
        return ""
    at = node.child_by_field_name("declarator")
    while at is not None and at.type != "function_declarator":
        at = at.child_by_field_name("declarator") or _only_child(at)
    return "" if at is None else "method"


_LOCAL_TYPES = hints_of(
    rb"struct\s[^;(){}=]*+\{", rb"class\s[^;(){}=]*+\{", rb"union[\s{][^;(){}=]*+", rb"enum[\s{][^;(){}=]*+",
    rb"using\s+\w+\s*=", rb"typedef\s",
)  # fmt: skip

CPP = Rules(
    language="cpp",
    grammar="tree_sitter_cpp:language",
    definitions=_DEFINITIONS
    | {
        "function_definition": Definition(_method_kind, _declared, inside=SCOPE, qualifier=_qualifier),
        "class_specifier": Definition(_tagged("class"), _class_name, inside=SCOPE, qualifier=_qualifier),
        "struct_specifier": Definition(_tagged("struct"), _class_name, inside=SCOPE, qualifier=_qualifier),
        "union_specifier": Definition(_tagged("union"), _class_name, inside=SCOPE, qualifier=_qualifier),
        "field_declaration": Definition(_abstract, _declared, body="default_value", inside=INNER),
        "declaration": replace(_DEFINITIONS["declaration"], qualifier=_qualifier),
        "alias_declaration": Definition("type", body="type"),
        "concept_definition": Definition("type", body=""),
        "namespace_definition": Definition("module", inside=SCOPE),
        "namespace_alias_definition": Definition("module", body=""),
    },
    containers=_CONTAINERS - {"field_declaration"}
    | types_of(
        "template_declaration compound_statement if_statement else_clause for_statement for_range_loop "
        "while_statement do_statement switch_statement case_statement labeled_statement try_statement catch_clause"
    ),
    wrappers=types_of("template_declaration"),
    braced=_BRACED,
    unreadable=hints_of(_LONE_MACRO, _ATTRIBUTE, _EXPORTED % b"class", _EXPORTED % b"struct"),
    sparse=types_of("compound_statement"),
    hints=_LOCAL_TYPES,
    leading=types_of("attribute_declaration template_parameter_list requires_clause"),
    strings=types_of("string_literal char_literal system_lib_string raw_string_literal"),
    calls={"call_expression": "function", "new_expression": "type"},
    members={
        "field_expression": ("argument", "field"),
        "qualified_identifier": ("scope", "name"),
        "template_function": ("arguments", "name"),
        "template_method": ("arguments", "name"),
    },
    imports=types_of("preproc_include using_declaration"),
    types=types_of("type_identifier"),
    writes={
        "assignment_expression": "left",
        "update_expression": "argument",
        "init_declarator": "declarator",
    },
    separator="::",
    fragments=True,
    skim=True,
)

TABLES = {"c": C, "cpp": CPP}
