"""What a text defines, as one line a definition: what the tests of the language tables compare."""

from __future__ import annotations

import codelode.structure.definitions as structure
from codelode.structure.definitions import Definitions
from codelode.structure.grammars import load
from codelode.structure.rules import KINDS
from codelode.structure.tables import rules_for


def definitions(language: str, text: str | bytes, extension: str = "") -> tuple[bytes, Definitions]:
    """The text as bytes, and its definitions."""
    rules = rules_for(language)
    assert rules is not None, language
    raw = text.encode() if isinstance(text, str) else text
    return raw, structure.find_definitions(load(rules, extension), raw)


def outline(language: str, text: str | bytes, extension: str = "") -> list[str]:
    """``kind name``, indented by depth, with a qualifier and the separator before the name where it has one."""
    raw, found = definitions(language, text, extension)
    rules = rules_for(language)
    assert rules is not None
    lines = []
    depths: list[int] = []
    for row in range(len(found)):
        parent = found.parents[row]
        depths.append(depths[parent] + 1 if parent >= 0 else 0)
        qualifier = raw[found.qualifier_starts[row] : found.qualifier_ends[row]].decode()
        name = raw[found.name_starts[row] : found.name_ends[row]].decode()
        lines.append(
            f"{'  ' * depths[row]}{KINDS[found.kinds[row]]} "
            f"{qualifier + rules.separator if qualifier else ''}{name}"
        )
    return lines


def names(language: str, text: str | bytes, extension: str = "") -> list[str]:
    """The names that are defined, in order."""
    raw, found = definitions(language, text, extension)
    spans = zip(found.name_starts, found.name_ends, strict=True)
    return [raw[start:end].decode(errors="replace") for start, end in spans]


def part(language: str, text: str, name: str, which: str) -> str:
    """Of the first definition called `name`: its ``whole``, ``signature`` or ``lead`` as text."""
    raw, found = definitions(language, text)
    for row in range(len(found)):
        if raw[found.name_starts[row] : found.name_ends[row]] == name.encode():
            start, end, body, lead = (
                one[row] for one in (found.starts, found.ends, found.bodies, found.leads)
            )
            span = {"whole": (start, end), "signature": (start, body), "lead": (lead, start)}[which]
            return raw[slice(*span)].decode().strip()
    raise AssertionError(f"{name} is not defined")


def assert_spans_hold_together(raw: bytes, found: Definitions) -> None:
    """Every definition lies in the text and holds its lead, its name and its body; parents come first."""
    assert found.starts == sorted(found.starts)
    for row in range(len(found)):
        assert 0 <= found.leads[row] <= found.starts[row] <= found.name_starts[row]
        assert found.name_starts[row] < found.name_ends[row] <= found.ends[row] <= len(raw)
        assert found.starts[row] <= found.bodies[row] <= found.ends[row]
        assert found.parents[row] < row
