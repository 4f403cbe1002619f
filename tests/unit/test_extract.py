"""From a file to its definitions, or the reason why there are none."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from codelode.model import StructureState
from codelode.structure import custom, extract, parsing, tables
from codelode.structure.rules import KINDS

LIMIT = 1 << 19


@pytest.fixture(autouse=True)
def only_our_tables() -> Iterator[None]:
    yield
    tables._added.clear()
    extract._grammar.cache_clear()


def add(**spec: object) -> None:
    extract._grammar.cache_clear()
    custom.register((json.dumps(spec),))


def test_what_is_parsed() -> None:
    state, found = extract.extract("python", "py", b"def f():\n    pass\n", LIMIT)
    assert state is StructureState.PARSED
    assert [KINDS[kind] for kind in found.kinds] == ["function"]


@pytest.mark.parametrize("language", ["", "text", "diff"])
def test_languages_without_definitions(language: str) -> None:
    state, found = extract.extract(language, "x", b"def f(): pass\n", LIMIT)
    assert (state, len(found)) == (StructureState.NONE, 0)


def test_the_limit_counts_bytes() -> None:
    text = b"def f(): pass\n"
    assert extract.extract("python", "py", text, len(text))[0] is StructureState.PARSED
    assert extract.extract("python", "py", text, len(text) - 1)[0] is StructureState.TOO_LARGE


def test_a_parse_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "PARSE_SECONDS", 0.0)
    long = b"int x = (1 + 2) * 3;\n" * 20_000
    assert len(long) > parsing.TIMED_BYTES
    assert extract.extract("c", "c", long, LIMIT)[0] is StructureState.TOO_SLOW
    monkeypatch.undo()
    state, found = extract.extract("c", "c", b"int f(void) { return 1; }\n", LIMIT)
    assert (state, len(found)) == (StructureState.PARSED, 1), "the parser can be used again"


def test_a_grammar_that_is_not_there() -> None:
    add(language="nim", module="tree_sitter_of_nobody", extensions=["nim"], definitions={"proc": "function"})
    assert extract.extract("nim", "nim", b"proc f() = 1\n", LIMIT)[0] is StructureState.NO_GRAMMAR
    add(language="nim", library="/nowhere/nim.so", extensions=["nim"], definitions={"proc": "function"})
    assert extract.extract("nim", "nim", b"proc f() = 1\n", LIMIT)[0] is StructureState.NO_GRAMMAR


def test_a_table_for_another_grammar() -> None:
    wrong = {"no_such_node": "function"}
    add(language="snake", module="tree_sitter_python", extensions=["snake"], definitions=wrong)
    assert extract.extract("snake", "snake", b"def f(): pass\n", LIMIT)[0] is StructureState.NO_GRAMMAR


def test_a_grammar_of_ones_own() -> None:
    add(
        language="snake",
        module="tree_sitter_python",
        extensions=["snake"],
        containers=["module", "block"],
        definitions={
            "function_definition": "function",
            "class_definition": {"kind": "class", "body": "body", "inside": "scope"},
        },
    )
    text = b"class A:\n    def f(self): pass\nx = 1\n"
    state, found = extract.extract("snake", "snake", text, LIMIT)
    assert state is StructureState.PARSED
    names = [text[a:b] for a, b in zip(found.name_starts, found.name_ends, strict=True)]
    assert list(zip(names, found.parents, strict=True)) == [(b"A", -1), (b"f", 0)]


def test_it_goes_before_ours() -> None:
    classes = {"class_definition": "class"}
    add(
        language="python",
        module="tree_sitter_python",
        extensions=["py"],
        definitions=classes,
        containers=["module"],
    )
    _, found = extract.extract("python", "py", b"def f(): pass\nclass A: pass\n", LIMIT)
    assert [KINDS[kind] for kind in found.kinds] == ["class"]
