"""Trees of definitions and calls as text."""

from __future__ import annotations

from codelode.model import Edge, Reference, Role, Symbol
from codelode.surfaces import trees
from codelode.surfaces.output import Look

PLAIN = Look()
TERMINAL = Look(terminal=True)


def shown(path: str) -> str:
    return f"./{path}"


def symbol(name: str, path: str = "a.py", line: int = 1, **more: object) -> Symbol:
    known = {
        "kind": "function", "column": 5, "start_line": line, "end_line": line + 2, "language": "python",
        "qualified": name, "parent": "", "visibility": "", "signature": f"def {name}()", "doc": "",
    }  # fmt: skip
    return Symbol(name=name, path=path, line=line, **{**known, **more})


def call(caller: Symbol | None, callee: Symbol | None, line: int, *others: Symbol, name: str = "") -> Edge:
    path = caller.path if caller else "top.py"
    text = f"    {callee.name if callee else name}()  "
    candidates = (callee, *others) if callee else ()
    callee_name = callee.name if callee else name
    return Edge(caller, callee, callee_name, path, line, 5, text, candidates, why="folder")


def test_an_outline_is_indented_and_cut() -> None:
    long = symbol("g", signature="def g( " + "argument, " * 30 + ")", depth=1)
    lines = list(trees.outline([symbol("f"), long, symbol("h", "b.py", 9)], shown, PLAIN))
    assert lines[:2] == ["./a.py\n", "        1-3  function   def f()\n"]
    assert lines[2].startswith("        1-3  function     def g(argument, ")
    assert len(lines[2]) == len("        1-3  function     \n") + trees.LONGEST_SIGNATURE
    assert lines[2].endswith("…\n")
    assert lines[3:] == ["\n", "./b.py\n", "       9-11  function   def h()\n"]


def test_definitions_with_documentation_or_source() -> None:
    one = symbol("f", parent="C", qualified="C.f", doc="First.\nSecond.")
    assert list(trees.definitions([one], {}, shown, PLAIN)) == [
        "./a.py:1: function of C  def f()\n",
        "    First.\n",
    ]
    assert list(trees.definitions([one, symbol("g")], {0: "def f():\n  x\x1b", 1: ""}, shown, TERMINAL)) == [
        "./a.py:1: function of C  def f()\n",
        "def f():\n",
        "  x\\x1b\n",
        "\n",
        "./a.py:1: function  def g()\n",
        "\n",
    ]


def test_references_are_grouped_on_a_terminal_only() -> None:
    found = [
        Reference("a.py", 1, 1, Role.CALL, "  f()\r", "python", ""),
        Reference("b.py", 2, 1, Role.READ, "x = f", "python", ""),
    ]
    assert list(trees.references(found, shown, PLAIN)) == [
        "./a.py:1: call        f()\n",
        "./b.py:2: read        x = f\n",
    ]
    assert list(trees.references(found, shown, TERMINAL)) == [
        "./a.py\n",
        "1: call        f()\n",
        "\n./b.py\n",
        "2: read        x = f\n",
    ]


def test_what_is_said_after_references() -> None:
    assert trees.mentioned(1, 1, False, 0, {}, "codelode refs f") == "1 reference"
    assert trees.mentioned(
        5, 1234, True, 10, {Role.COMMENT: 2, Role.STRING: 0, Role.TEXT: 1}, "codelode refs f"
    ) == (
        "5 references of about 1,234 mentions in all; more with --offset 15 or --all; not listed so far: 2 comments "
        "and 1 mention in prose (codelode refs f --role comment,text lists them)"
    )


def test_callers_stand_below_what_they_call_and_circles_end() -> None:
    asked, middle, outer = symbol("asked"), symbol("middle", line=10), symbol("outer", line=20)
    edges = [
        call(middle, asked, 11),
        call(None, asked, 1),
        call(outer, middle, 21),
        call(middle, outer, 12),
        call(asked, outer, 2),
    ]
    assert list(trees.callers([asked, symbol("unused", line=50)], edges, shown, PLAIN)) == [
        "./a.py:1: function  def asked()\n",
        "  ./a.py:11: middle  asked()\n",
        "    ./a.py:21: outer  middle()\n",
        "      ./a.py:12: middle  outer()\n",
        "      ./a.py:2: asked  outer()\n",
        "  ./top.py:1: (top of the file)  asked()\n",
    ]


def test_other_candidates_are_named_once() -> None:
    asked = symbol("f")
    others = [symbol("f", f"{name}.py") for name in "bcde"]
    edges = [call(symbol("g"), asked, 5, *others), call(symbol("h"), asked, 7, *others)]
    first, second = list(trees.callers([asked], edges, shown, PLAIN))[1:]
    assert first.endswith("[one of 5 definitions, by folder; also ./b.py:1, ./c.py:1, ./d.py:1, ...]\n")
    assert second.endswith("f()  [one of 5 definitions, by folder]\n")


def test_callees_tell_where_and_what_is_elsewhere() -> None:
    asked = symbol("f")
    edges = [
        call(asked, symbol("g", "b.py", 4), 2),
        call(asked, None, 2, name="print"),
        call(asked, None, 3, name="print"),
        call(symbol("other", line=40), None, 41, name="len"),
    ]
    assert list(trees.callees([asked], edges, shown, PLAIN)) == [
        "./a.py:1: function  def f()\n",
        "  ./a.py:2: g (./b.py:4)  g()\n",
        "  not defined here: print\n",
    ]
