"""Skimming: what is cut out of C-like text, and that no definition outside of the holes is lost by it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from outlines import assert_spans_hold_together, definitions

from codelode.structure.definitions import Definitions, walk
from codelode.structure.grammars import Grammar, load
from codelode.structure.parsing import parse
from codelode.structure.rules import KINDS
from codelode.structure.skim import skim
from codelode.structure.tables import rules_for

BODY = b"int f(int a)\n{\n\treturn a;\n}\nint b;\n"


def grammar(language: str) -> Grammar:
    rules = rules_for(language)
    assert rules is not None
    return load(rules)


def unskimmed(language: str, text: bytes) -> list[tuple[str, bytes, int, int]]:
    """Kind, name and span of every definition but macros, found in the whole text."""
    found = walk(grammar(language), parse(grammar(language).parser, text), text)
    return rows(text, found)


def skimmed(language: str, text: bytes) -> list[tuple[str, bytes, int, int]]:
    return rows(*definitions(language, text))


def rows(text: bytes, found: Definitions) -> list[tuple[str, bytes, int, int]]:
    entries = [
        (KINDS[kind], text[start:end], first, last)
        for kind, start, end, first, last in zip(
            found.kinds,
            found.name_starts,
            found.name_ends,
            found.starts,
            found.ends,
            strict=True,
        )
    ]
    return [entry for entry in entries if entry[0] != "macro"]


def test_a_body_is_cut_out_and_offsets_lead_back() -> None:
    result = skim(BODY)
    assert result.text == b"int f(int a)\n{}\nint b;\n"
    origins = result.origins_of(range(len(result.text)))
    assert bytes(BODY[origin] for origin in origins) == result.text
    assert result.ends_of([0, len(result.text)]) == [0, len(BODY)]
    brace = result.text.index(b"}")
    assert result.ends_of([brace]) == [BODY.index(b"{") + 1], "a span ends before the hole"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"int f(void) { return 1; }\n",  # the brace does not end its line
        b"struct s {\n\tint a;\n};\n",
        b'extern "C" {\nint f(void);\n}\n',
        b"namespace a {\nint f();\n}\n",
        b"enum e {\n\tA,\n};\n",
        b"\tint f()\n\t{\n\t\treturn 1;\n\t}\n",  # not in column 0
        b"int f()\r\n{\r\n\treturn 1;\r\n}\r\n",
        b"auto f = [](int x) {\n  return x;\n};\n",
        b"int f()\n{\n\treturn 1;\n",
    ],
)
def test_any_other_layout_stays_whole(text: bytes) -> None:
    assert skim(text).text == text


def test_an_initialiser_is_cut_out() -> None:
    assert skim(b"int a[] = {\n\t1, 2\n};\nint b;\n").text == b"int a[] = {};\nint b;\n"


def test_a_body_with_a_hint_stays() -> None:
    text = b"void f() {\n  struct Local { int a; };\n}\nvoid g() {\n  int x;\n}\n"
    rules = rules_for("cpp")
    assert rules is not None
    assert skim(text, rules.hints).text == text.replace(b"\n  int x;\n", b"")


def test_macros_are_found_by_a_pattern_and_left_out() -> None:
    text = b"#define A 1\n  # define B(x) \\\n  ((x) + /* \n */ 2)\n/*\n#define COMMENTED 3\n*/\nint x;\n"
    macros = [text[start:end] for _, _, start, end in skim(text).macros]
    assert macros == [b"A", b"B"]
    assert b"define A" not in skim(text).text


def test_variables_that_macros_define_are_found_by_a_pattern() -> None:
    text = (
        b"static DEFINE_MUTEX(lock);\nDEFINE_PER_CPU(struct rq, queues);\nDEFINE_TABLE(names,\n\tcall(1), 2);\n"
        b"/*\nDEFINE_MUTEX(commented);\n*/\nDEFINE_OPS(made) {\n}\n#define X DEFINE_MUTEX(in_macro);\n"
        b"int f(void)\n{\n\tDEFINE_WAIT(local);\n}\n"
    )
    variables = [text[start:end] for _, _, start, end in skim(text).variables]
    assert variables == [b"lock", b"queues", b"names"]
    assert [entry[:2] for entry in skimmed("c", text)] == [
        ("variable", b"lock"), ("variable", b"queues"), ("variable", b"names"), ("function", b"made"),
        ("function", b"f"),
    ]  # fmt: skip


def test_conditional_braces_inside_of_a_body_do_no_harm() -> None:
    text = (
        b"int f(void)\n{\n#ifdef A\n\tif (a) {\n#else\n\tif (b) {\n#endif\n\t\tx();\n\t}\n}\n"
        b"int g(void)\n{\n\treturn 1;\n}\n"
    )
    assert [entry[1] for entry in skimmed("c", text)] == [b"f", b"g"]


def test_half_of_a_function_in_a_comment_swallows_nothing() -> None:
    text = b"/*\nint quoted()\n{\n*/\nint f(void)\n{\n\treturn 1;\n}\nint g(void)\n{\n\treturn 2;\n}\n"
    assert [entry[1] for entry in skimmed("c", text)] == [b"f", b"g"]


def test_a_body_whose_lines_begin_in_column_0_is_parsed() -> None:
    text = b"int f(int a)\n{\nif (a) {\nreturn 1;\n}\nreturn 2;\n}\nint g(void)\n{\n\treturn 2;\n}\n"
    assert skimmed("c", text) == unskimmed("c", text)


PIECES = [
    b"int f%d(int a)\n{\n\treturn a;\n}\n",
    b"static void f%d(void)\n{\n\tif (x) {\n\t\ty();\n\t}\nout:\n\treturn;\n}\n",
    b"int f%d(void) {\n  while (1) { }\n}\n",
    b"int f%d(void) { return 1; }\n",
    b'const char *s%d = "{\\n";\n',
    b'int f%d(void)\n{\n\tputs("}");\n}\n',
    b'int f%d(void)\n{\n\tputs("{");\n}\n',
    b"int f%d(void)\n{\n\treturn '{';\n}\n",
    b"int f%d(void)\n{\n\t/* { */\n\treturn 1;\n}\n",
    b"/* int c%d(void)\n{\n */\n",
    b"/* int c%d(void)\n{\n}\n */\n",
    b"// int c%d(void) {\n",
    b"struct s%d {\n\tint a;\n\tstruct { int b; } c;\n};\n",
    b"union u%d { int a; };\n",
    b"enum e%d {\n\tA%d,\n\tB%d\n};\n",
    b"typedef struct {\n\tint a;\n} t%d;\n",
    b"static const int a%d[] = {\n\t1,\n\t{ 2 },\n};\n",
    b"int p%d(int a);\n",
    b"int f%d(int a)\r\n{\r\n\treturn a;\r\n}\r\n",
    b"#ifdef X%d\nint f%d(void)\n{\n\treturn 1;\n}\n#endif\n",
    b"int f%d(int a)\n{\nif (a) {\nreturn 1;\n}\nreturn 2;\n}\n",
    b"\n\n",
]
CPP_PIECES = [
    b"namespace n%d {\nint f%d() {\n  return 1;\n}\n}\n",
    b'extern "C" {\nint f%d(void)\n{\n\treturn 1;\n}\n}\n',
    b"class C%d {\n public:\n  int m%d() { return 1; }\n  C%d() = default;\n};\n",
    b"int C%d::m%d() const {\n  return 1;\n}\n",
    b"C%d::C%d(int a)\n    : a_(a) {\n  b();\n}\n",
    b"auto l%d = [](int x) {\n  return x;\n};\n",
    b'const char *r%d = R"(\nint quoted() {\n)";\n',
    b"template <class T>\nT f%d(T t) {\n  return t;\n}\n",
    b"void f%d() {\n  struct L%d {\n    int a;\n  };\n}\n",
]


def _numbered(pieces: list[bytes]) -> bytes:
    return b"".join(piece.replace(b"%d", b"%d" % at) for at, piece in enumerate(pieces))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=8))
def test_skimming_c_changes_no_definition(pieces: list[bytes]) -> None:
    text = _numbered(pieces)
    assert skimmed("c", text) == unskimmed("c", text)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES + CPP_PIECES), max_size=8))
def test_skimming_cpp_changes_no_definition(pieces: list[bytes]) -> None:
    text = _numbered(pieces)
    assert skimmed("cpp", text) == unskimmed("cpp", text)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [*PIECES, b"<<<<<<< ours\n", b"=======\n", b">>>>>>> theirs\n", b"}\n", b"{\n", b"\xff\0", b'"']
        )
    )
)
def test_spans_hold_together_in_broken_text(pieces: list[bytes]) -> None:
    assert_spans_hold_together(*definitions("c", _numbered(pieces)))
