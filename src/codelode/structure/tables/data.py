"""JSON, YAML and TOML: the upper levels of their keys, for an outline; never in the index."""

from __future__ import annotations

from typing import Any

from codelode.structure.rules import SCOPE, Definition, Rules, Span, named, types_of


def _quoted(node: Any) -> Any:
    """A key without its quotes; none for an empty one."""
    if node is None:
        return None
    if node.type in ("string", "quoted_key", "double_quote_scalar", "single_quote_scalar"):
        return Span(node.start_byte + 1, node.end_byte - 1)
    return node


JSON = Rules(
    language="json",
    grammar="tree_sitter_json:language",
    definitions={
        "pair": Definition(
            "key", lambda node: _quoted(node.child_by_field_name("key")), body="value", inside=SCOPE
        )
    },
    containers=types_of("document object"),
    strings=types_of("string"),
    indexed=False,
    max_depth=6,
)


def _yaml_key(node: Any) -> Any:
    key = node.child_by_field_name("key")
    return None if key is None or not key.named_children else _quoted(key.named_children[-1])


_YAML_PAIR = Definition("key", _yaml_key, body="value", inside=SCOPE)

YAML = Rules(
    language="yaml",
    grammar="tree_sitter_yaml:language",
    definitions={"block_mapping_pair": _YAML_PAIR, "flow_pair": _YAML_PAIR},
    containers=types_of("stream document block_node block_mapping block_sequence block_sequence_item"),
    wrappers=types_of("document block_node block_mapping"),
    strings=types_of("string_scalar double_quote_scalar single_quote_scalar block_scalar"),
    indexed=False,
    max_depth=10,
)

_key = named("bare_key", "dotted_key", "quoted_key")


def _toml_key(node: Any) -> Any:
    return _quoted(_key(node))


def _after_key(node: Any) -> Any:
    """The value of a pair, or what follows the header of a table."""
    return node.named_children[1] if node.named_child_count > 1 else None


_TOML_KEY = Definition("key", _toml_key, body=_after_key, inside=SCOPE)

TOML = Rules(
    language="toml",
    grammar="tree_sitter_toml:language",
    definitions={"pair": _TOML_KEY, "table": _TOML_KEY, "table_array_element": _TOML_KEY},
    containers=types_of("document inline_table"),
    strings=types_of("string"),
    indexed=False,
    max_depth=6,
)

TABLES = {"json": JSON, "toml": TOML, "yaml": YAML}
