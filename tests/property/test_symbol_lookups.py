"""Every lookup of a symbol table against a twin that looks at one name after the other."""

from __future__ import annotations

import random
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codelode.index.namematch import hump_parts
from codelode.index.symbols import SymbolsWriter, SymbolTable, find_mistyped
from codelode.structure.definitions import Definitions
from codelode.structure.rules import KINDS

WORDS = [
    b"get",
    b"set",
    b"user",
    b"name",
    b"kvm",
    b"x",
    b"i2c",
    b"Http",
    b"HTTP",
    b"\xc3\xa9t",
    b"io",
    b"9",
    b"a\0",
]


def some_name(dice: random.Random) -> bytes:
    words = [dice.choice(WORDS) for _ in range(dice.choice([1, 1, 2, 2, 3, 4]))]
    style = dice.randrange(5)
    if style == 0:
        return b"_".join(words)
    if style == 1:
        return words[0] + b"".join(word[:1].upper() + word[1:] for word in words[1:])
    if style == 2:
        return b"_".join(words).upper()
    if style == 3:
        return dice.choice([b"_", b"__", b"~", b"$"]) + b"".join(words)
    return b"".join(words) * dice.choice([1, 1, 9])


def as_definitions(names: list[bytes]) -> tuple[bytes, Definitions]:
    """A text with a definition of each name on a line of its own."""
    found = Definitions()
    text = b""
    for number, name in enumerate(names):
        start, end = len(text), len(text) + len(name)
        found.kinds.append(number % len(KINDS))
        for values, value in (
            (found.starts, start), (found.ends, end), (found.leads, start), (found.bodies, end),
            (found.name_starts, start), (found.name_ends, end), (found.qualifier_starts, start),
            (found.qualifier_ends, start), (found.parents, -1), (found.visibilities, 0),
        ):  # fmt: skip
            values.append(value)
        text += name + b"\n"
    return text, found


def table_of(names: list[bytes], folder: str) -> SymbolTable:
    writer = SymbolsWriter()
    for ordinal in range(0, len(names), 7):
        writer.add(ordinal // 7, *as_definitions(names[ordinal : ordinal + 7]))
    path = Path(folder, "symbols.col")
    writer.write(path)
    return SymbolTable(path)


def typos(left: bytes, right: bytes) -> int:
    """Optimal string alignment, by its definition."""

    @cache
    def between(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        best = min(
            between(i - 1, j) + 1,
            between(i, j - 1) + 1,
            between(i - 1, j - 1) + (left[i - 1] != right[j - 1]),
        )
        if i > 1 and j > 1 and left[i - 2 : i] == right[j - 2 : j][::-1]:
            best = min(best, between(i - 2, j - 2) + 1)
        return best

    return between(len(left), len(right))


def opens_word(name: bytes, at: int) -> bool:
    here, before, after = name[at : at + 1], name[at - 1 : at] if at else b"", name[at + 1 : at + 2]
    if here.isdigit() or here >= b"\x80":
        return not before.isdigit()
    return not before.isalnum() or (here.isupper() and (not before.isupper() or after.islower()))


def has_humps(name: bytes, parts: list[bytes], at: int = 0) -> bool:
    if not parts:
        return True
    starts = range(at, len(name)) if at else [lead for lead in range(3) if name[:lead] == b"_" * lead]
    return any(
        name[start : start + len(parts[0])].lower() == parts[0].lower()
        and (at == 0 or opens_word(name, start))
        and has_humps(name, parts[1:], start + len(parts[0]))
        for start in starts
    )


def rows(names: list[bytes], passes: list[bool]) -> list[int]:
    assert len(names) == len(passes)
    return [row for row, passed in enumerate(passes) if passed]


def check(table: SymbolTable, names: list[bytes], query: bytes) -> set[str]:
    """Compare all lookups of one query; returns which found something."""
    folded = query.lower()
    expected = {
        "exact": rows(names, [name == query for name in names]),
        "any case": rows(names, [name.lower() == folded for name in names]),
        "prefix": rows(names, [name.lower().startswith(folded) for name in names]),
        "cased prefix": rows(names, [name.startswith(query) for name in names]),
        "inside": rows(names, [folded in name.lower() for name in names]),
        "cased inside": rows(names, [query in name for name in names]),
    }
    found = {
        "exact": table.exact(query, case=True),
        "any case": table.exact(query, case=False),
        "prefix": table.prefix(query, case=False),
        "cased prefix": table.prefix(query, case=True),
        "inside": table.substring(query, case=False),
        "cased inside": table.substring(query, case=True),
    }
    parts = hump_parts(query)
    expected["humps"] = rows(names, [len(parts) > 1 and has_humps(name, parts) for name in names])
    found["humps"] = table.humps(query)
    distances = [typos(name.lower(), folded) for name in names]
    for most in (1, 2):
        expected[f"{most} typos"] = rows(names, [distance <= most for distance in distances])
        ((near, counts),) = find_mistyped([table], query, most)
        found[f"{most} typos"] = near
        assert counts.tolist() == [distances[row] for row in near.tolist()]
    for kind, wanted in expected.items():
        assert found[kind].tolist() == wanted, (kind, query)
    return {kind for kind, wanted in expected.items() if wanted}


@pytest.mark.parametrize("seed", range(3))
def test_all_lookups(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    names = [some_name(dice) for _ in range(200)]
    table = table_of(names, str(tmp_path))
    assert [table.name(row) for row in range(len(table))] == names
    distinct = sorted(set(names), key=lambda name: (name.lower(), name))
    assert [table.distinct.name(number) for number in range(len(table.distinct))] == distinct
    met: dict[str, int] = {}
    for _ in range(180):
        name = dice.choice(names)
        cut = dice.randrange(1, len(name) + 1)
        mistyped = name[: cut - 1] + dice.choice([b"", b"q", name[cut : cut + 1]]) + name[cut:]
        humps = b"".join(word[:1].upper() for word in dice.choices(WORDS[:6], k=2))
        query = dice.choice(
            [name, name.swapcase(), name[:cut], name[cut - 1 :], mistyped, b"g" + humps, b"u_n"]
        )
        if query and len(query) <= 64:
            for kind in check(table, names, query):
                met[kind] = met.get(kind, 0) + 1
    assert len(met) == 9
    assert min(met.values()) > 10, met


@given(
    st.lists(st.binary(min_size=1, max_size=7), min_size=1, max_size=30), st.binary(min_size=1, max_size=5)
)
@settings(max_examples=150, deadline=None)
def test_names_of_any_bytes(names: list[bytes], query: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        table = table_of(names, folder)
        check(table, names, query)
        check(table, names, names[0][:64])
        for number in range(len(table.distinct)):
            assert table.distinct.exact(table.distinct.name(number), case=True) == range(number, number + 1)


def test_long_names(tmp_path: Path) -> None:
    """Longer than a word of the sort, than the fuzzy lookup takes, and than 64 KB."""
    names = [
        b"n" * 64,
        b"n" * 65,
        b"n" * 63 + b"m",
        b"x" * 70_000,
        b"x" * 70_000 + b"y",
        b"X" * 70_000,
        b"x" * 4464,
    ]
    table = table_of(names, str(tmp_path))
    assert [table.name(row) for row in range(len(table))] == names
    assert table.exact(b"x" * 70_000, case=False).tolist() == [3, 5]
    assert table.prefix(b"x" * 70_000, case=True).tolist() == [3, 4]
    assert find_mistyped([table], b"n" * 64, 1)[0][0].tolist() == [0, 1, 2]
    assert find_mistyped([table], b"n" * 65, 1)[0][0].tolist() == []
    assert table.substring(b"nm", case=True).tolist() == [2]


def test_no_names(tmp_path: Path) -> None:
    writer = SymbolsWriter()
    writer.add(0, b"text\n", Definitions())
    writer.write(tmp_path / "symbols.col")
    table = SymbolTable(tmp_path / "symbols.col")
    assert len(table) == 0
    assert table.of_file(0) == table.of_file(5) == range(0)
    assert table.enclosing(0, 1) == -1
    assert check(table, [], b"gUN") == set()
    assert isinstance(table.files, np.ndarray)
