"""Files that tell how to build and deploy: Make, Dockerfile, Terraform."""

from __future__ import annotations

import re
from typing import Any

from codelode.structure.rules import SCOPE, Definition, Rules, named, types_of


def _targets(node: Any) -> Any:
    """Targets that have a name: no pattern, no special one, nothing computed."""
    targets = named("targets")(node)
    if targets is None:
        return None
    words: list[Any] = [child for child in targets.named_children if child.type == "word"]
    return [word for word in words if not word.text.startswith(b".") and b"%" not in word.text]


def _assigned_kind(node: Any, text: bytes, _holder: str) -> str:
    """What ``+=`` adds to is defined elsewhere."""
    name = node.child_by_field_name("name")
    if name is None or b"$" in text[name.start_byte : name.end_byte]:
        return ""
    return "" if any(child.type == "+=" for child in node.children) else "variable"


# The grammar reads ``obj-$(CONFIG_X) += x.o`` as a rule, on to the end of the file, and stumbles over ``$(@:x=y)``.
_APPENDED = re.compile(
    rb"(?:^|\n)[ \t]*(?:[^\s#:=]*\$[({](?:[^\n=:]++|:\w+=\w*[)}])*[+:?!]?=|[\w.-]+[ \t]*\+=)"
    rb"(?:[^\n\\]|\\.|\\\r?\n|\\\Z)*"
)
_AUTOMATIC = re.compile(rb"\$[({][@<^?*%+|][^(){}\n]*[)}]")

MAKE = Rules(
    language="make",
    grammar="tree_sitter_make:language",
    definitions={
        "rule": Definition("target", _targets, body=named("recipe")),
        "variable_assignment": Definition(_assigned_kind, body="value"),
        "define_directive": Definition("macro", body="value"),
    },
    containers=types_of(
        "makefile conditional else_directive elsif_directive export_directive override_directive private_directive"
    ),
    wrappers=types_of("export_directive override_directive private_directive"),
    calls={"function_call": "function"},
    imports=types_of("include_directive"),
    writes={"variable_assignment": "name"},
    unreadable=(_APPENDED, _AUTOMATIC),
)


def _stage(node: Any) -> Any:
    """The stage's alias, else the image it starts from."""
    alias = node.child_by_field_name("as")
    image = named("image_spec")(node)
    return alias if alias is not None or image is None else image.child_by_field_name("name")


DOCKERFILE = Rules(
    language="dockerfile",
    grammar="tree_sitter_dockerfile:language",
    definitions={
        "from_instruction": Definition("target", _stage, body=""),
        "arg_instruction": Definition("variable", body="default"),
        "env_pair": Definition("variable", body="value"),
    },
    containers=types_of("source_file env_instruction"),
    wrappers=types_of("env_instruction"),
    strings=types_of("double_quoted_string single_quoted_string json_string"),
    interpolations=types_of("expansion"),
)

_BLOCKS = {
    b"resource": "resource",
    b"data": "resource",
    b"ephemeral": "resource",
    b"module": "module",
    b"variable": "variable",
    b"output": "variable",
    b"provider": "resource",
}


def _block_kind(node: Any, text: bytes, holder: str) -> str:
    name = named("identifier")(node)
    if holder or name is None:
        return ""
    return _BLOCKS.get(text[name.start_byte : name.end_byte], "")


def _labels(node: Any) -> list[Any]:
    return [child for child in node.named_children if child.type == "string_lit"]


def _last_label(node: Any) -> Any:
    labels = _labels(node)
    return named("template_literal")(labels[-1]) if labels else None


def _type_label(node: Any, _text: bytes, _name: Any) -> tuple[int, int] | None:
    """``aws_instance`` of ``resource "aws_instance" "web"``."""
    labels = _labels(node)
    if len(labels) < 2:
        return None
    return labels[0].start_byte + 1, labels[0].end_byte - 1


def _attribute_kind(_node: Any, _text: bytes, holder: str) -> str:
    """Locals, and the values in a ``.tfvars`` file."""
    return "" if holder else "variable"


TERRAFORM = Rules(
    language="terraform",
    grammar="tree_sitter_hcl:language",
    definitions={
        "block": Definition(
            _block_kind, _last_label, body=named("block_start"), inside=SCOPE, qualifier=_type_label
        ),
        "attribute": Definition(_attribute_kind, named("identifier"), body=named("expression")),
    },
    containers=types_of("config_file body"),
    wrappers=types_of("body"),  # a comment at the top stands before it
    strings=types_of("template_literal heredoc_template"),
    interpolations=types_of("template_interpolation"),
    calls={"function_call": ""},
)

TABLES = {"dockerfile": DOCKERFILE, "make": MAKE, "terraform": TERRAFORM}
