"""Grammars that a user adds in the settings: a table of their own, checked, and turned into `Rules`.

::

    [grammars.nim]
    module = "tree_sitter_nim"           # or library = "/path/to/libtree-sitter-nim.so"
    extensions = ["nim"]
    containers = ["source_file"]
    comments = ["comment"]
    calls = { call = "function" }
    [grammars.nim.definitions]
    proc_declaration = "function"        # the kind; its name is in the field "name"
    type_declaration = { kind = "type", name = "identifier", inside = "scope" }
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from codelode.errors import SettingsError
from codelode.structure import tables
from codelode.structure.rules import INNER, KINDS, LEAF, SCOPE, Definition, Rules

_SETS = ("containers", "comments", "leading", "strings", "interpolations", "imports", "types")
_FIELDS = ("calls", "writes")
_KNOWN = ("module", "library", "extensions", "definitions", *_SETS, *_FIELDS, "members", "separator")
_DEFINITION = ("kind", "name", "body", "inside")


@dataclass(frozen=True, slots=True)
class CustomGrammar:
    """One entry of the setting `grammars`."""

    rules: Rules
    extensions: tuple[str, ...]
    """lower case, without the dot"""


@cache
def parse(specs: tuple[str, ...]) -> tuple[CustomGrammar, ...]:
    """The grammars of the setting, each given as JSON with its language (see `settings.coerce`).

    Raises SettingsError that names the language and the key.
    """
    return tuple(_one(json.loads(spec)) for spec in specs)


def register(specs: tuple[str, ...]) -> dict[str, str]:
    """Make the tables of these grammars known to this process; returns file extension -> language."""
    found: dict[str, str] = {}
    for grammar in parse(specs):
        tables.add(grammar.rules)
        found.update(dict.fromkeys(grammar.extensions, grammar.rules.language))
    return found


def _one(spec: dict[str, Any]) -> CustomGrammar:
    language = spec.pop("language")
    where = f"grammars.{language}"
    for key in spec:
        if key not in _KNOWN:
            raise SettingsError(f"{where}: unknown key {key!r}; known are {', '.join(_KNOWN)}")
    if ("module" in spec) == ("library" in spec):
        raise SettingsError(f"{where}: give either module (a Python package) or library (a shared library)")
    extensions = _strings(where, "extensions", spec.get("extensions"))
    if not extensions:
        raise SettingsError(f'{where}: extensions says which files it is for, e.g. extensions = ["nim"]')
    definitions = spec.get("definitions")
    if not isinstance(definitions, dict) or not definitions:
        raise SettingsError(f"{where}: definitions must be a table of node type = kind")
    source = f"{spec['module']}:language" if "module" in spec else f"{spec['library']}"
    more: dict[str, Any] = {key: frozenset(_strings(where, key, spec[key])) for key in _SETS if key in spec}
    more |= {key: _texts(where, key, spec[key]) for key in _FIELDS if key in spec}
    if "members" in spec:
        more["members"] = _pairs(where, spec["members"])
    if "separator" in spec:
        more["separator"] = str(spec["separator"])
    named = {node: _definition(where, node, value) for node, value in definitions.items()}
    rules = Rules(language=language, grammar=source, definitions=named, **more)
    return CustomGrammar(rules, tuple(one.lower().removeprefix(".") for one in extensions))


def _definition(where: str, node: str, value: Any) -> Definition:
    given = {"kind": value} if isinstance(value, str) else value
    if not isinstance(given, dict) or "kind" not in given:
        raise SettingsError(
            f"{where}.definitions: {node} must be a kind, or a table with kind, name, body, inside"
        )
    for key, text in given.items():
        if key not in _DEFINITION or not isinstance(text, str):
            raise SettingsError(
                f"{where}.definitions.{node}: {key!r} must be one of {', '.join(_DEFINITION)}, a string"
            )
    if given["kind"] not in KINDS:
        raise SettingsError(
            f"{where}.definitions.{node}: unknown kind {given['kind']!r}; known are {', '.join(KINDS)}"
        )
    if given.get("inside", LEAF) not in (LEAF, SCOPE, INNER):
        raise SettingsError(
            f"{where}.definitions.{node}: inside must be {SCOPE!r} or {INNER!r}, or be left out"
        )
    return Definition(**given)


def _strings(where: str, key: str, value: Any) -> Iterable[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise SettingsError(f"{where}: {key} must be a list of strings")
    return value


def _texts(where: str, key: str, value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise SettingsError(f"{where}: {key} must be a table of node type = field")
    return value


def _pairs(where: str, value: Any) -> dict[str, tuple[str, str]]:
    if not isinstance(value, dict) or not all(
        isinstance(one, list) and len(one) == 2 and all(isinstance(field, str) for field in one)
        for one in value.values()
    ):
        raise SettingsError(f"{where}: members must be a table of node type = [object field, member field]")
    return {node: (one[0], one[1]) for node, one in value.items()}
