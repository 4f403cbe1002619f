"""What a mention is for, language by language: each text mentions `foo`, its roles are listed in order."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from codelode.structure.definitions import walk
from codelode.structure.grammars import load
from codelode.structure.parsing import parse
from codelode.structure.roles import Mention, read_mention
from codelode.structure.tables import rules_for


def mentions(language: str, text: str, name: str = "foo") -> list[Mention | None]:
    rules = rules_for(language)
    assert rules is not None
    grammar = load(rules)
    source = text.encode()
    tree = parse(grammar.parser, source)
    names = walk(grammar, tree, source).name_starts
    return [
        read_mention(grammar, tree.root_node, source, *found.span())
        for found in re.finditer(rf"\b{name}\b".encode(), source)
        if found.start() not in names
    ]


def roles(language: str, text: str) -> str:
    return " ".join("-" if one is None else one.role.value for one in mentions(language, text))


CASES = [
    ("c", '#include <foo.h>\n/* foo */\nchar *s = "foo";\n', "import comment string"),
    ("c", "int foo(int a);\nint *foo(void);\n", "definition definition"),
    (
        "c",
        "void g(int foo) { int foo = 3; foo = 3; x->foo = 3; foo++; foo[1] = 3; }\n",
        "write write write write write read",
    ),
    (
        "c",
        "void g(void) { foo(3); (*foo)(3); x->foo(3); a(foo(3)); a(foo); return foo; }\n",
        "call call call call read read",
    ),
    ("c", "static struct o ops = { .open = foo };\nEXPORT_SYMBOL(foo);\nstruct foo *p;\n", "read read type"),
    (
        "python",
        "import foo\nfrom foo import bar as foo\n# foo\n'foo'\nf'{foo()} foo'\n",
        "import import import comment string call string",
    ),
    ("python", "@foo\n@foo.bar(foo=1)\nclass A(foo): pass\n", "call read read read"),
    ("python", "def g(foo, *foo, x: list[foo] = foo) -> foo: pass\n", "write write type read type"),
    (
        "python",
        "def g():\n  foo, a = 1, 2\n  x.foo = 3\n  for foo in foo: foo.x = foo\n",
        "write write write read read read",
    ),
    ("python", "def g():\n  x.foo(3).foo()\n  with foo() as foo: await foo()\n", "call call call write call"),
    (
        "go",
        'package a\nimport foo "a/foo"\nfunc g() { foo(1); x.foo(); go foo(); foo[int](3) }\n',
        "import import call call call call",
    ),
    (
        "go",
        "package a\nfunc g(foo int) foo { foo := 1; a, foo := 1, 2; T{foo: 1}; foo.X(); return foo }\n",
        "write type write write read read read",
    ),
    (
        "typescript",
        "import {foo} from './foo'\nfunction g(foo: foo): foo { return foo }\n",
        "import import write type type read",
    ),
    (
        "typescript",
        "this.foo(); x?.foo(1); new foo(); foo<number>(3); foo`a`; `${foo()}`; a.map(foo);\n",
        "call call call call call call read",
    ),
    ("javascript", "$foo(1); x = <foo a={foo()}/>; x.foo = foo // foo\n", "- call call write read comment"),
    (
        "rust",
        "use a::foo;\nfn g(foo: foo) { foo(1); x.foo(2); a::foo(3); foo::<u8>(1); foo!(1); foo = 3 }\n",
        "import write type call call call call call write",
    ),
    ("rust", 'fn g() { println!("foo {}", foo(x), y.foo(), foo); }\n', "string call call read"),
    (
        "java",
        "import a.foo;\nclass A extends foo { void g(foo foo) { foo(1); this.foo(2); new foo(); foo.bar(); } }\n",
        "import type type write call call call read",
    ),
    (
        "cpp",
        "void g() { this->foo(); a::foo(); foo<int>(3); new foo(); x.foo<int>(3); }\n",
        "call call call call call",
    ),
    (
        "csharp",
        "class A { void G(foo foo) { foo(1); x?.foo(); new foo(); a.b.foo<int>(1); foo = 2; } }\n",
        "type write call call call call write",
    ),
    (
        "kotlin",
        "class A : foo() { fun g(foo: foo) { this.foo(2); x.y.foo { }; val foo = 3 } }\n",
        "call write type call call write",
    ),
    (
        "php",
        "<?php\nuse A\\foo;\nfunction g(foo $foo) { $this->foo(); self::foo(); new foo(); $foo = 3; A\\foo(); }\n",
        "import type write call call call write call",
    ),
    (
        "ruby",
        'def g(foo); foo(1); self.foo; x.foo 3; foo = 1; "foo #{foo()}"; end\n',
        "write call call call write string call",
    ),
    (
        "swift",
        "func g(foo: foo) -> foo { foo(1); self.foo(); let foo = 3; return foo }\n",
        "write type type call call write read",
    ),
]


@pytest.mark.parametrize(("language", "text", "expected"), CASES)
def test_role(language: str, text: str, expected: str) -> None:
    assert roles(language, text) == expected


def test_a_macro_calls_what_its_text_calls() -> None:
    text = "#define lock(x) foo(&(x)->l)\n#define both(x) do { \\\n  foo(x); } while (0)\n#define FOO foo\n"
    assert roles("c", text) == "call call read"


@pytest.mark.parametrize(
    ("language", "text", "receivers"),
    [
        ("c", "void g(void) { foo(1); x->y.foo(1); }\n", [None, "x->y"]),
        ("python", "foo()\nsuper().foo()\nx.y.foo(3).foo()\n", [None, "super()", "x.y", "x.y.foo(3)"]),
        ("go", "package a\nfunc g() { foo(1); x.y.foo(); foo[int](3) }\n", [None, "x.y", None]),
        ("java", "class A { void g() { foo(1); this.foo(2); a.b.foo(3); } }\n", [None, "this", "a.b"]),
        ("kotlin", "fun g() { foo(1); x.y.foo(2) }\n", [None, "x.y"]),
        ("rust", "fn g() { a::foo(1); S::<T>::foo(); m!(x.foo(1)); }\n", ["a", "S::<T>", "x"]),
        ("php", "<?php $this->foo(); A::foo();", ["$this", "A"]),
    ],
)
def test_what_a_call_is_made_on(language: str, text: str, receivers: list[str | None]) -> None:
    found = [
        None if one is None or one.receiver is None else one.receiver.decode()
        for one in mentions(language, text)
    ]
    assert found == receivers


def test_a_mention_in_broken_code_still_has_a_role() -> None:
    assert roles("python", "def g(:\n    foo(1)\n<<<<<<< HEAD\n    x = foo\n") != ""
    assert roles("c", "int g( { foo(1); \n") == "call"


THREADS = """
import sys, threading
from codelode.structure.grammars import load
from codelode.structure.parsing import parse
from codelode.structure.roles import Role, read_mention
from codelode.structure.tables import rules_for

sys.setswitchinterval(1e-5)
grammar = load(rules_for("c"))
long = b"int f(int a)\\n{\\n\\tif (a > 3) { g(a); }\\n\\treturn a;\\n}\\n" * 4_000
macro = b"#define CALL(x) do { foo(x); bar(x, 1); } while (0)\\n"
start, done = macro.index(b"foo"), threading.Event()

def read() -> None:
    while not done.is_set():
        root = parse(grammar.parser, macro).root_node
        assert read_mention(grammar, root, macro, start, start + 3).role is Role.CALL

readers = [threading.Thread(target=read) for _ in range(2)]
for reader in readers:
    reader.start()
for _ in range(5):
    parse(grammar.parser, long)
done.set()
"""


def test_macros_are_read_while_other_threads_parse() -> None:
    """In a process of its own: a parser that two threads use at once ends it."""
    done = subprocess.run([sys.executable, "-c", THREADS], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
