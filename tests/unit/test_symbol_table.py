"""The symbol table against the texts and definitions that it was written from."""

from __future__ import annotations

import pytest

from codelode.index.symbols import SymbolsWriter, SymbolTable
from codelode.structure.definitions import Definitions
from codelode.structure.extract import extract
from codelode.structure.rules import KINDS

TEXTS = {
    ("python", "py"): """\
import os

# The outer one.
class Outer(Base,
            Other):
    class Inner:
        def method(self):
            return 1

        def other(self): pass

    LIMIT = 1

def é(): pass
def last():
    return 2""",
    ("cpp", "cpp"): """\
namespace a { namespace b {
struct S { int x; };
} }
int a::b::S::method(int q) { return q; }
void free_one() {}
""",
    ("text", "txt"): "no definitions\n",
    ("c", "c"): (
        "#define ONE 1\n" + "\n" * 70_000 + "int far(void)\n{\n" + "\n" * 300 + "}\n"
        + "/* " + "x" * 70_000 + " */\nint near_(void)\n{\n}\n"
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[SymbolTable, list[tuple[bytes, Definitions]]]:
    files = [
        (text.encode(), extract(language, extension, text.encode(), 1 << 20)[1])
        for (language, extension), text in TEXTS.items()
    ]
    writer = SymbolsWriter()
    for ordinal, (text, found) in enumerate(files):
        writer.add(2 * ordinal, text, found)  # every second file has nothing to add
    path = tmp_path_factory.mktemp("table") / "symbols.col"
    writer.write(path)
    return SymbolTable(path), files


def line(text: bytes, offset: int) -> int:
    return text.count(b"\n", 0, offset) + 1


def test_columns(written: tuple[SymbolTable, list[tuple[bytes, Definitions]]]) -> None:
    table, files = written
    assert len(table) == sum(len(found) for _, found in files) > 14
    for number, (text, found) in enumerate(files):
        rows = table.of_file(2 * number)
        assert len(rows) == len(found)
        assert len(table.of_file(2 * number + 1)) == 0
        for row, at in zip(rows, range(len(found)), strict=True):
            assert table.files[row] == 2 * number
            name = text[found.name_starts[at] : found.name_ends[at]]
            parent = found.parents[at]
            assert (table.starts[row], table.ends[row]) == (found.starts[at], found.ends[at])
            assert (table.leads[row], table.bodies[row]) == (found.leads[at], found.bodies[at])
            assert (table.name_starts[row], table.name(row)) == (found.name_starts[at], name)
            assert table.parents[row] == (rows.start + parent if parent >= 0 else -1)
            assert (table.kinds[row], table.visibilities[row]) == (found.kinds[at], found.visibilities[at])
            assert table.owner(row) == text[found.qualifier_starts[at] : found.qualifier_ends[at]]
            assert table.lines[row] == line(text, found.starts[at])
            assert table.name_lines[row] == line(text, found.name_starts[at])
            assert table.end_lines[row] == line(text, found.ends[at] - 1)
    assert table.parents[:].tolist() == [table.parents[row] for row in range(len(table))]


def test_what_is_large_is_there(written: tuple[SymbolTable, list[tuple[bytes, Definitions]]]) -> None:
    """Else the columns above hold no value that does not fit their narrow type."""
    table, _ = written
    (far,) = table.exact(b"far", case=True).tolist()
    (near,) = table.exact(b"near_", case=True).tolist()
    assert table.lines[far] > 65_535
    assert table.end_lines[far] - table.lines[far] > 255
    assert table.starts[near] - table.leads[near] > 65_535


def test_qualified_names(written: tuple[SymbolTable, list[tuple[bytes, Definitions]]]) -> None:
    table, _ = written
    named = {table.qualified(row, "."): KINDS[table.kinds[row]] for row in range(len(table))}
    assert named[b"Outer.Inner.method"] == "method"
    assert named[b"a.b.S"] == "struct"
    assert named[b"a::b::S.method"] == "method"  # as its own text has it
    (row,) = table.exact(b"other", case=True).tolist()
    assert [table.name(around) for around in table.lineage(row)] == [b"Outer", b"Inner", b"other"]
    assert table.qualifiers(row) == [b"Outer", b"Inner"]


def test_what_is_around_a_place(written: tuple[SymbolTable, list[tuple[bytes, Definitions]]]) -> None:
    table, files = written
    innermost = {
        1: b"",
        3: b"",
        4: b"Outer",
        6: b"Inner",
        8: b"method",
        9: b"Inner",
        12: b"LIMIT",
        16: b"last",
    }
    for number, name in innermost.items():
        row = table.enclosing(0, number)
        assert (table.name(row) if row >= 0 else b"") == name
    for number, (text, found) in enumerate(files):
        for offset in range(0, min(len(text), 600)):
            around = [at for at in range(len(found)) if found.starts[at] <= offset < found.ends[at]]
            expected = table.of_file(2 * number).start + around[-1] if around else -1
            assert table.enclosing_byte(2 * number, offset) == expected
    assert table.enclosing(99, 1) == table.enclosing_byte(99, 0) == -1
