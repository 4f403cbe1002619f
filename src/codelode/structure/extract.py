"""From a file's text to its definitions, or the reason why it has none."""

from __future__ import annotations

from functools import cache

from codelode.model import StructureState
from codelode.structure import grammars, tables
from codelode.structure.definitions import Definitions, find_definitions
from codelode.structure.grammars import Grammar
from codelode.structure.parsing import SlowParse

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
    grammar = _grammar(language, extension if extension in rules.variants else "")
    if grammar is None:
        return StructureState.NO_GRAMMAR, NO_DEFINITIONS
    try:
        return StructureState.PARSED, find_definitions(grammar, text)
    except SlowParse:
        return StructureState.TOO_SLOW, NO_DEFINITIONS


@cache
def _grammar(language: str, variant: str) -> Grammar | None:
    """None when there is none that can be used; `codelode doctor` says why.  Asked once, not for every file."""
    rules = tables.rules_for(language)
    try:
        return grammars.load(rules, variant) if rules else None
    except (ImportError, ValueError):
        return None
