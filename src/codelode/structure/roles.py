"""What a mention of a name is for: from its leaf the syntax tree is climbed with the language's table.

Only mentions are looked at, found by exact search before, so that a file costs its parse and little else.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from codelode.model import Role
from codelode.structure.grammars import Grammar
from codelode.structure.parsing import SlowParse, parse

if TYPE_CHECKING:
    from tree_sitter import Node

_MACRO_TEXT = "preproc_arg"
"""C's grammar keeps the text of a ``#define`` as one token."""
_MACROS = frozenset({"preproc_def", "preproc_function_def"})
_MACRO_HEAD, _MACRO_TAIL = b"void f(void){", b"\n;}\n"
_CONTINUED = re.compile(rb"\\(\r?)\n")

_TOKENS = "token_tree"
"""Rust's grammar keeps the arguments of a macro as tokens."""

_NEAR = 3
"""Levels of the tree above a name at which an error makes its role doubtful"""

_DECLARES = re.compile(rb"\b(?:def|defp|fn|fun|func|function|class|sub|proc|interface|struct|trait)\s+$")
_MEMBER = re.compile(rb"([\w$@]+(?:\(\))?)\s*(?:\?\.|\.|->|::)\s*$")

_TYPED = frozenset({"type", "return_type", "returns"})
"""Fields that hold types"""

_BOUND = ("variable_declaration", "property_declaration", "variable_declarator")
"""Ends of the names of nodes that declare a variable, in grammars whose table keeps them for definitions"""

_BLOCKS = ("block", "_body", "compound_statement", "program")
"""Ends of the names of nodes that limit where a name is seen"""

_OBJECTS = ("object", "receiver", "scope")
"""Fields of a call itself in which grammars without a member node keep what the method is called on"""


class Mention(NamedTuple):
    """A name in its place."""

    role: Role
    receiver: bytes | None = None
    """of a call or an assignment: the text before the dot; None for a bare name"""


class _Step(NamedTuple):
    node: Node
    field: str | None
    """the node's field in its parent"""


def read_mention(grammar: Grammar, root: Node, text: bytes, start: int, end: int) -> Mention | None:
    """What the name at bytes `start` to `end` of `text`, parsed as `root`, is for.

    Names of definitions that only the walk recognises are left to its caller.  None when the mention is a part of
    a longer name (``foo`` in ``$foo`` or ``foo-bar``, where the language lets names have such characters).
    """
    steps = _descend(root, start, end)
    leaf = steps[-1].node
    if leaf.type == _MACRO_TEXT and len(steps) > 1 and steps[-2].node.type in _MACROS:
        return _in_macro(grammar, leaf, text, start, end)
    rules = grammar.rules
    outside = _outside_code(steps, rules.comments, rules.strings, rules.interpolations, rules.imports)
    if outside is not None:
        return Mention(outside)
    if _is_longer_name(leaf, text, start, end):
        return None
    if len(steps) > 1 and steps[-2].node.type == _TOKENS:
        return _among_tokens(leaf, text)
    if any(step.node.is_error for step in steps[-_NEAR:]) and text[end : end + 1] == b"(":
        return _in_wreckage(text, start)
    return _Climb(grammar, steps, text).read()


def block_around(root: Node, offset: int) -> tuple[int, int]:
    """The span of the innermost block in which byte `offset` stands."""
    for step in reversed(_descend(root, offset, offset + 1)):
        if step.node.type.endswith(_BLOCKS):
            return step.node.start_byte, step.node.end_byte
    return root.start_byte, root.end_byte


def _descend(root: Node, start: int, end: int) -> list[_Step]:
    """The nodes around the span, from the root down to the smallest."""
    # A cursor gives the fields on its way, and Node.parent would descend from the root each time.
    cursor = root.walk()
    steps = [_Step(root, None)]
    while cursor.goto_first_child_for_byte(start) is not None:
        node = cursor.node
        if node is None or node.start_byte > start or node.end_byte < end:
            break
        steps.append(_Step(node, cursor.field_name))
    return steps


def _outside_code(
    steps: list[_Step],
    comments: frozenset[str],
    strings: frozenset[str],
    interpolations: frozenset[str],
    imports: frozenset[str],
) -> Role | None:
    """COMMENT, STRING or IMPORT when the innermost such node says so; code interpolated in a string is code."""
    text: Role | None = None
    code = False
    for step in reversed(steps):
        kind = step.node.type
        if kind in imports:
            return Role.IMPORT
        if text is None and not code:
            if kind in comments:
                return Role.COMMENT
            if kind in interpolations:
                code = True
            elif kind in strings:
                text = Role.STRING  # the path in an import statement is a string too
    return text


def _is_longer_name(leaf: Node, text: bytes, start: int, end: int) -> bool:
    if leaf.child_count or (leaf.start_byte == start and leaf.end_byte == end):
        return False
    kind = leaf.type
    if "identifier" in kind:
        return True
    whole = text[leaf.start_byte : leaf.end_byte]
    return ("name" in kind or "sym" in kind) and whole.strip(b"@$:?!") != text[start:end]


def _in_macro(grammar: Grammar, token: Node, text: bytes, start: int, end: int) -> Mention | None:
    """Read the mention in the text of a ``#define`` as if that text were statements."""
    body = _CONTINUED.sub(rb" \1 ", text[token.start_byte : token.end_byte])
    shift = len(_MACRO_HEAD) - token.start_byte
    whole = _MACRO_HEAD + body + _MACRO_TAIL
    try:
        root = parse(grammar.parser, whole).root_node
    except SlowParse:
        return Mention(Role.READ)
    return read_mention(grammar, root, whole, start + shift, end + shift)


def _among_tokens(leaf: Node, text: bytes) -> Mention:
    after, before = leaf.next_sibling, leaf.prev_sibling
    if after is None or after.type != _TOKENS or text[after.start_byte] != ord("("):
        return Mention(Role.READ)
    if before is not None and before.type in (".", "::"):
        return Mention(Role.CALL, _text_of(before.prev_sibling, text))
    return Mention(Role.CALL)


def _in_wreckage(text: bytes, start: int) -> Mention:
    """Judge a name before a parenthesis by the text: the parser could not read what it stands in."""
    before = text[text.rfind(b"\n", 0, start) + 1 : start]
    if _DECLARES.search(before):
        return Mention(Role.DEFINITION)
    member = _MEMBER.search(before)
    return Mention(Role.CALL, member[1] if member else None)


def _text_of(node: Node | None, text: bytes) -> bytes | None:
    # Node.text would ask the tree for the text it was parsed from.
    return None if node is None else text[node.start_byte : node.end_byte]


class _Climb:
    """From the leaf up, until something says what the name is for."""

    def __init__(self, grammar: Grammar, steps: list[_Step], text: bytes) -> None:
        self._grammar = grammar
        self._steps = steps
        self._text = text
        self._receiver: Node | None = None
        self._prototype = False

    def read(self) -> Mention:
        rules = self._grammar.rules
        steps = self._steps
        whole = True  # the name, and nothing computed from it, is what the node at hand stands for
        is_type = steps[-1].node.type in rules.types
        for at in range(len(steps) - 1, 0, -1):
            child, parent = steps[at], steps[at - 1].node
            kind = parent.type
            if whole:
                if (found := self._named_by(child, parent, kind)) is not None:
                    return found
                whole = self._stands_for(child, parent, kind)
            if kind in rules.types or child.field in _TYPED:
                is_type = True
            elif child.field == "body":
                break  # what stands around a body says nothing of what is in it
        return Mention(Role.TYPE if is_type else Role.READ)

    def _named_by(self, child: _Step, parent: Node, kind: str) -> Mention | None:
        """The role that `parent` gives to the name `child`; None when it gives none."""
        rules = self._grammar.rules
        if kind in rules.calls and _is_field(child, parent, rules.calls[kind]):
            receiver = self._receiver or _object_of(parent, rules.members.get(kind))
            return Mention(Role.CALL, _text_of(receiver, self._text))
        if kind in rules.writes and _is_field(child, parent, rules.writes[kind]):
            return Mention(Role.WRITE, _text_of(self._receiver, self._text))
        definition = self._grammar.definitions.get(parent.kind_id)
        if definition is not None and child.field == "name" and definition.kind is not None:
            return Mention(Role.DEFINITION)
        if child.field == "declarator":
            if kind == "function_declarator" and child.node.type != "parenthesized_declarator":
                self._prototype = True
            elif kind == "declaration":
                return Mention(Role.DEFINITION if self._prototype else Role.WRITE)
        if "target" in kind:
            return Mention(Role.WRITE)
        if "parameter" in kind and child.field in ("name", "pattern", "declarator", None):
            return Mention(Role.TYPE if self._is_type(child) else Role.WRITE)
        if kind.endswith(_BOUND) and child.field in ("name", None) and not self._is_type(child):
            return Mention(Role.WRITE)
        return None

    def _is_type(self, child: _Step) -> bool:
        types = self._grammar.rules.types
        return child.node.type in types or self._steps[-1].node.type in types

    def _stands_for(self, child: _Step, parent: Node, kind: str) -> bool:
        """Whether `parent` too stands for the name: it is the member of an access, or only wrapped."""
        member = self._grammar.rules.members.get(kind)
        if member is not None:
            if not _is_member(child, parent, member[1]):
                return False
            if self._receiver is None and not member[0].endswith("arguments"):
                self._receiver = _object_in(parent, member[0])
            return True
        if child.field in ("name", "function", "declarator"):
            return True
        if kind.endswith(("pattern", "_list", "tuple")):
            return "argument" not in kind
        if "qualified" in kind:
            return child.node.end_byte == parent.end_byte
        if kind.startswith(("generic", "template")):
            return child.node.start_byte == parent.start_byte
        return parent.named_child_count == 1


def _is_field(child: _Step, parent: Node, field: str) -> bool:
    if field:
        return child.field == field
    first = parent.named_child(0)
    return (
        first is not None
        and first.start_byte == child.node.start_byte
        and first.end_byte == child.node.end_byte
    )


def _is_member(child: _Step, parent: Node, field: str) -> bool:
    if field:
        return child.field == field
    return parent.named_child_count > 1 and child.node.end_byte == parent.end_byte


def _object_in(parent: Node, field: str) -> Node | None:
    return parent.child_by_field_name(field) if field else parent.named_child(0)


def _object_of(call: Node, member: tuple[str, str] | None) -> Node | None:
    fields = (member[0], *_OBJECTS) if member else _OBJECTS
    for name in fields:
        found = call.child_by_field_name(name)
        if found is not None:
            return found
    return None
