"""From a file's text to its definitions, or the reason why it has none."""

from __future__ import annotations

from codelode.model import StructureState
from codelode.structure import grammars, tables
from codelode.structure.definitions import Definitions, SlowParse, find_definitions

NO_DEFINITIONS = Definitions()
"""Shared: nobody adds to it."""


def extract(language: str, extension: str, text: bytes, max_bytes: int) -> tuple[StructureState, Definitions]:
    """The definitions in `text` (UTF-8) that belong in the index, and how that went.

    `extension` is the file's, lower case, without the dot; texts of more than `max_bytes` are not parsed.
    """
    rules = tables.rules_for(language) if language else None
    if rules is None or not rules.indexed:
        return StructureState.NONE, NO_DEFINITIONS
    if len(text) > max_bytes:
        return StructureState.TOO_LARGE, NO_DEFINITIONS
    try:
        grammar = grammars.load(rules, extension)
    except ImportError:
        return StructureState.NO_GRAMMAR, NO_DEFINITIONS
    try:
        return StructureState.PARSED, find_definitions(grammar, text)
    except SlowParse:
        return StructureState.TOO_SLOW, NO_DEFINITIONS
