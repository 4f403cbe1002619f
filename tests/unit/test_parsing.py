"""Texts through tree-sitter."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from codelode.structure import grammars, parsing, tables
from codelode.structure.definitions import find_definitions
from codelode.structure.grammars import Grammar


def grammar(language: str) -> Grammar:
    rules = tables.rules_for(language)
    assert rules is not None
    return grammars.load(rules)


def test_a_long_text_is_parsed_as_a_short_one() -> None:
    parser = grammar("python").parser
    text = b"def f(x):\n    return x + 1\n" * 3_000
    assert len(text) > parsing.TIMED_BYTES
    assert str(parsing.parse(parser, text).root_node) == str(parser.parse(text).root_node)


def test_nodes_know_their_text_when_others_were_parsed_since() -> None:
    name = b"name" * 50
    trees = [
        parsing.parse(grammar("python").parser, b"def %s%d():\n    return 1\n" % (name, n) * 3_000)
        for n in range(3)
    ]
    names = [tree.root_node.children[-1].child_by_field_name("name") for tree in trees]
    assert [node.text for node in names if node] == [b"%s%d" % (name, n) for n in range(3)]


def test_longer_than_what_was_laid_out() -> None:
    text = b"x = 1\n" * 150_000
    assert parsing.parse(grammar("python").parser, text).root_node.end_byte == len(text)


def test_slow_parses_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "PARSE_SECONDS", 0.0)
    with pytest.raises(parsing.SlowParse):
        parsing.parse(grammar("python").parser, b"x = (1 + 2) * 3\n" * 20_000)


GROWTH = """
import resource
from codelode.structure import grammars, parsing, tables
parser = grammars.load(tables.rules_for("python")).parser
text = b"def f(x):\\n    return x + 1\\n" * 4_000
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for _ in range(10):
    parsing.parse(parser, text + b"#%d\\n" % _)
before = peak()
for _ in range(150):
    parsing.parse(parser, text + b"#%d\\n" % _)
print(len(text) // 1024, peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts kilobytes as Linux does")
def test_parsed_texts_are_let_go() -> None:
    # The binding keeps what its read callback returned for ever (0.26.1): 150 texts of 105 KB would stay.

    done = subprocess.run([sys.executable, "-c", GROWTH], capture_output=True, encoding="utf-8", check=True)
    size, growth = map(int, done.stdout.split())
    assert growth < 20 * size


def test_threads_share_parsers() -> None:
    shared = grammar("python")
    short = b"def f():\n    pass\n"
    long = b"class A:\n    def g(self): pass\n" * 2_500
    found: list[tuple[int, int]] = []

    def work() -> None:
        for _ in range(8):
            found.append((len(find_definitions(shared, short)), len(find_definitions(shared, long))))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [(1, 5_000)] * 32
