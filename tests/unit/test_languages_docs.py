"""The table in docs/languages.md against the tables in the code, the names of files and the declared dependencies."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from codelode.structure import tables
from codelode.structure.rules import KINDS
from codelode.text import languages

ROOT = Path(__file__).parents[2]
ROWS = {
    language: (set(re.findall(r"`([^`]+)`", files)), grammar, source, kinds)
    for language, files, grammar, source, kinds in re.findall(
        r"^\| (\w+) \| (.+?) \| (tree-sitter-[\w-]+) \| (\S+) \| (.+?) \|$",
        (ROOT / "docs" / "languages.md").read_text("utf-8"),
        re.MULTILINE,
    )
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def packages(requirements: list[str]) -> set[str]:
    return {re.split(r"[>=<; ]", one)[0] for one in requirements}


def test_every_table_has_its_row() -> None:
    assert sorted(ROWS) == sorted(tables.languages())


def test_rows_name_the_grammar_and_where_it_comes_from() -> None:
    own, extra = packages(PROJECT["dependencies"]), packages(PROJECT["optional-dependencies"]["languages"])
    for language, (_, grammar, source, _) in ROWS.items():
        rules = tables.rules_for(language)
        assert rules is not None
        assert rules.grammar.partition(":")[0].replace("_", "-") == grammar
        assert grammar in (own if source == "codelode" else extra), language
    assert {grammar for _, grammar, _, _ in ROWS.values()} == {
        one for one in own | extra if one.startswith("tree-sitter-")
    }


def test_rows_name_the_files() -> None:
    for extension, language in languages._BY_EXTENSION.items():
        assert language not in ROWS or f".{extension.decode()}" in ROWS[language][0]
    for language, (files, *_) in ROWS.items():
        for name in files:
            path = f"a{name}" if languages.of_path(f"a{name}".encode()) else name
            assert languages.of_path(path.encode()) == language, name


def test_rows_name_the_kinds() -> None:
    for language, (*_, kinds) in ROWS.items():
        rules = tables.rules_for(language)
        assert rules is not None
        listed = set(kinds.removesuffix(" (outline only)").split(", "))
        fixed = {one.kind for one in rules.definitions.values() if isinstance(one.kind, str)}
        assert fixed <= listed <= set(KINDS), language
        assert kinds.endswith("(outline only)") is not rules.indexed
