"""The comparison with ctags: what counts as found, and the cause of what does not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from bench.ctags import CALLABLE, TYPE, Tag
from bench.definitions import compare, files_of, index, why_missing

from codelode.structure.definitions import find_definitions
from codelode.structure.grammars import load
from codelode.structure.tables import rules_for

TEXT = b"struct point { int x; };\nint\nf(void)\n{\n\tint local;\n}\nTEST_F(Suite, Case) {\n}\n"


def missing(name: str, line: int, kinds: frozenset[str]) -> str:
    rules = rules_for("cpp")
    assert rules is not None
    grammar = load(rules)
    source = index("a.cc", TEXT, grammar, find_definitions(grammar, TEXT))
    return why_missing(Tag("a.cc", name, line, "kind"), source, kinds)


def test_found_is_what_has_the_name_the_kind_and_a_line_of_the_signature() -> None:
    assert missing("point", 1, TYPE) == ""
    assert missing("f", 3, CALLABLE) == ""
    assert missing("f", 2, CALLABLE) == ""
    assert missing("TEST_F", 7, CALLABLE) == ""


def test_causes() -> None:
    assert missing("point", 1, CALLABLE) == "kind differs: kind of ctags is a struct of ours"
    assert "on another line" in missing("f", 5, CALLABLE)
    assert missing("local", 5, TYPE).startswith("nothing taken from")
    assert (
        missing("x", 1, TYPE)
        == "nothing taken from: field_declaration_list > field_declaration > field_identifier"
    )
    assert missing("struct", 1, TYPE) == "ctags takes a keyword for a name"
    assert missing("absent", 1, TYPE) == "the name does not stand on the line that ctags names"


@pytest.mark.skipif(shutil.which("ctags") is None, reason="ctags is not installed")
def test_a_folder_is_compared(tmp_path: Path) -> None:
    (tmp_path / "a.c").write_text("#define A 1\nenum e { B };\nint f(void) { return A; }\n")
    (tmp_path / "b.py").write_text("def g(): pass\n")
    row = compare("c", "owner/name", tmp_path, 1)
    assert files_of("c", tmp_path) == ["a.c"]
    assert (row["ctags"], row["found"], row["recall"]) == (4, 4, 1.0)
    assert row["kinds"]["function"] == [1, 1]
    assert row["differences"] == []
