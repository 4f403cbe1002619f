"""The commands about structure in real processes: outline, def, refs, callers, callees, impact, doctor, --mode ast."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from trees import command, environment, run, write_tree

FILES: dict[str, str | bytes] = {
    "app/store.py": '''\
"""Keeps things."""

LIMIT = 10


class Store:
    """A store of things."""

    def put(self, thing):
        """Put it in."""
        return check(thing)

    def _drop(self):
        # check(nothing) is no call
        print("check")


def check(thing):
    return thing is not None
''',
    "app/main.py": '''\
from app.store import Store, check


def main():
    store = Store()
    store.put(1)
    return check(2)


main()
''',
    "tests/test_store.py": "from app.store import check\n\n\ndef test_check():\n    assert check(1)\n",
    "lib/list.c": '''\
/* A list. */
struct list { int size; };

static int check(struct list *l)
{
	return l->size;
}

int list_size(struct list *l)
{
	if (!check(l))
		return 0;
	return check(l);
}
''',
    "lib/other.c": "static int check(int a)\n{\n\treturn a;\n}\n",
    "web/view.ts": "export class View {\n  render(): string { return draw(1); }\n}\nfunction draw(n: number) {}\n",
    "config.json": '{"name": "x", "nested": {"key": 1}}\n',
    "notes.txt": "check is a word here\n",
    "data.xyz": "nothing\n",
}  # fmt: skip

Codelode = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tree(tmp_path_factory.mktemp("structure") / "tree", FILES)


@pytest.fixture(scope="module")
def codelode(tree: Path) -> Codelode:
    env = environment(tree.parent)

    def call(*words: str, status: int = 0, cwd: str = "") -> subprocess.CompletedProcess[str]:
        done = run(*words, env=env, cwd=tree / cwd)
        assert done.returncode == status, done
        return done

    call("index")
    return call


def answer(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.stdout.count("\n") == 1
    return json.loads(done.stdout)


def test_outline_of_a_file(codelode: Codelode) -> None:
    assert codelode("outline", "app/store.py").stdout == (
        "app/store.py\n"
        "        3-3  constant   LIMIT\n"
        "       6-15  class      class Store\n"
        "       9-11  method       def put(self, thing)\n"
        "      13-15  method       def _drop(self)\n"
        "      18-19  function   def check(thing)\n"
    )
    shown = codelode("outline", "app/store.py", "--kind", "class,function", "--depth", "1").stdout
    assert [line.split()[-1] for line in shown.splitlines()[1:]] == ["Store", "check(thing)"]


def test_outline_of_a_folder_and_of_data(codelode: Codelode) -> None:
    shown = codelode("outline", "--lang", "c,typescript").stdout
    assert [line for line in shown.splitlines() if line[:1].strip()] == [
        "lib/list.c",
        "lib/other.c",
        "web/view.ts",
    ]
    assert "      1-3  class      class View\n" in shown
    assert [line.split()[1:] for line in codelode("outline", "config.json").stdout.splitlines()[1:]] == [
        ["key", '"name"'],
        ["key", '"nested"'],
        ["key", '"key"'],
    ]
    found = answer(codelode("outline", "--json", "store.py", cwd="app"))
    assert found["path"] == "app/store.py"
    assert [one["qualified"] for one in found["symbols"]] == [
        "LIMIT", "Store", "Store.put", "Store._drop", "check",
    ]  # fmt: skip
    assert found["symbols"][2]["doc"] == "Put it in."
    nothing = codelode("outline", "data.xyz", status=1)
    assert (nothing.stdout, nothing.stderr) == ("", "codelode: no definitions in data.xyz\n")


def test_def(codelode: Codelode) -> None:
    assert codelode("def", "Store").stdout == "app/store.py:6: class  class Store\n    A store of things.\n"
    every = codelode("def", "check").stdout.splitlines()
    assert sorted(every) == [
        "app/store.py:18: function  def check(thing)",
        "lib/list.c:4: function  static int check(struct list *l)",
        "lib/other.c:1: function  static int check(int a)",
    ]
    assert codelode("def", "Store", cwd="lib").stdout.startswith("../app/store.py:6: ")
    assert codelode("def", "Store", ".", cwd="lib", status=1).stdout == ""
    cut = codelode("def", "check", "-n", "1")
    assert cut.stdout == every[0] + "\n"
    assert cut.stderr == "codelode: 1 of 3 definitions; -n 3 shows all\n"
    assert codelode("def", "check", "lib", "--lang", "c").stdout.count("\n") == 2
    body = codelode("def", "Store.put", "--body").stdout
    assert body == (
        "app/store.py:9: method of Store  def put(self, thing)\n"
        '    def put(self, thing):\n        """Put it in."""\n        return check(thing)\n'
    )
    found = answer(codelode("def", "list", "--json", "--body", "--kind", "struct"))
    assert [(one["path"], one["text"], one["doc"]) for one in found["definitions"]] == [
        ("lib/list.c", "struct list { int size; };", "A list.")
    ]


def test_a_name_that_nothing_has(codelode: Codelode) -> None:
    missing = codelode("def", "Stor", status=1)
    assert missing.stdout == ""
    assert missing.stderr.startswith("codelode: nothing here is called Stor; did you mean Store?")
    assert "did you mean check" in codelode("callers", "chekc", status=1).stderr
    assert codelode("refs", "zzzzqqqq", status=1).stderr == "codelode: nothing here is called zzzzqqqq\n"
    assert "is called 'klass'" in codelode("def", "Store", "--kind", "klass", status=2).stderr
    assert codelode("refs", " ", status=2).stderr == "codelode: the name is empty; say what to look for\n"
    assert (
        "unknown role 'kall'; did you mean 'call'?"
        in codelode("refs", "x", "--role", "kall", status=2).stderr
    )


def test_refs(codelode: Codelode) -> None:
    done = codelode("refs", "check", "--lang", "python,text")
    assert done.stdout.splitlines() == [
        "app/main.py:1: import      from app.store import Store, check",
        "app/main.py:7: call        return check(2)",
        "app/store.py:11: call        return check(thing)",
        "app/store.py:18: definition  def check(thing):",
        "tests/test_store.py:1: import      from app.store import check",
        "tests/test_store.py:5: call        assert check(1)",
    ]
    assert done.stderr == (
        "codelode: 6 references; not listed: 1 comment and 1 string and 1 mention in prose "
        "(codelode refs check --role comment,string,text lists them)\n"
    )
    quiet = codelode("refs", "check", "--role", "comment,string,text")
    assert [line.split(": ")[1].split()[0] for line in quiet.stdout.splitlines()] == [
        "comment",
        "string",
        "text",
    ]
    page = codelode("refs", "check", "-n", "1", "--offset", "1", "--role", "call")
    assert page.stdout == "app/store.py:11: call        return check(thing)\n"
    assert "1 reference of about" in page.stderr
    assert "--offset 2" in page.stderr
    found = answer(codelode("refs", "check", "--json", "--all", "lib"))
    assert {one["role"] for one in found["references"]} == {"definition", "call"}
    assert found["roles"] == {"definition": 2, "call": 2}
    assert (found["total"], found["more"]) == (4, False)


def test_callers_and_callees(codelode: Codelode) -> None:
    assert codelode("callers", "check", "app", "--depth", "2").stdout == (
        "app/store.py:18: function  def check(thing)\n"
        "  app/main.py:7: main  return check(2)\n"
        "    app/main.py:10: (top of the file)  main()\n"
        "  app/store.py:11: Store.put  return check(thing)\n"
        "    app/main.py:6: main  store.put(1)\n"
    )
    found = answer(codelode("callers", "check", "lib", "--json"))
    assert [(one["path"], one["line"], one["caller"]["name"]) for one in found["calls"]] == [
        ("lib/list.c", 11, "list_size"),
        ("lib/list.c", 13, "list_size"),
    ]
    assert {one["callee"]["path"] for one in found["calls"]} == {"lib/list.c"}
    assert codelode("callees", "Store._drop").stdout == (
        "app/store.py:13: method of Store  def _drop(self)\n  not defined here: print\n"
    )
    assert "lib/list.c:11: check (lib/list.c:4)" in codelode("callees", "list_size").stdout
    nobody = codelode("callers", "list_size", status=1)
    assert nobody.stderr == "codelode: no calls found (1 definition of list_size)\n"


def test_impact(codelode: Codelode) -> None:
    by_name = codelode("impact", "check", "--lang", "python").stdout
    assert "  app/store.py:11: Store.put  return check(thing)\n" in by_name
    assert "  tests/test_store.py:5: test_check  assert check(1)\n" in by_name
    by_file = codelode("impact", "store.py", cwd="app").stdout
    assert by_file == (
        "store.py:6: class  class Store\n"
        "  main.py:5: main  store = Store()\n"
        "    main.py:10: (top of the file)  main()\n"
        "store.py:18: function  def check(thing)\n"
        "  ../tests/test_store.py:5: test_check  assert check(1)\n"
    )
    inside = codelode("impact", "lib/list.c", status=1)
    assert inside.stderr == "codelode: no calls found (3 definitions of lib/list.c)\n"


def test_symbols_by_mode_and_prefix(codelode: Codelode) -> None:
    assert codelode("search", "sym:list_siz").stdout == "lib/list.c:9:int list_size(struct list *l)\n"
    assert codelode("search", "--mode", "symbol", "View.rend").stdout.startswith("web/view.ts:2:")
    assert codelode("search", "--mode", "symbol", "--kind", "struct", "--all", "list").stdout.startswith(
        "lib/list.c:2:"
    )
    assert "use it with --mode symbol" in codelode("search", "--kind", "struct", "list", status=2).stderr


def test_patterns_of_code(codelode: Codelode) -> None:
    shown = codelode("search", "--mode", "ast", "--lang", "c", "--all", "check($A)").stdout
    assert shown == "lib/list.c:11:\tif (!check(l))\nlib/list.c:13:\treturn check(l);\n"
    best = codelode("search", "--mode", "ast", "--lang", "c", "return $A;").stdout
    assert best.split("--\n")[0] == "lib/list.c:6:\treturn l->size;\n"
    assert best.count("--\n") == 3
    found = answer(
        codelode("search", "--mode", "ast", "--lang", "python", "def $F($$$): $$$", "app", "--json")
    )
    assert sorted(hit["symbol"] for hit in found["hits"]) == ["Store._drop", "Store.put", "check", "main"]
    assert found["hits"][0]["matches"][0]["length"] > 20
    assert "needs one language" in codelode("search", "--mode", "ast", "check($A)", status=2).stderr
    assert "does not parse" in codelode("search", "--mode", "ast", "check(", "--lang", "c", status=2).stderr


def test_an_edit_is_seen_at_once(codelode: Codelode, tree: Path) -> None:
    (tree / "lib" / "new.c").write_text("int brand_new(void)\n{\n\treturn list_size(0);\n}\n")
    assert codelode("callers", "list_size").stdout.endswith(
        "  lib/new.c:3: brand_new  return list_size(0);\n"
    )
    (tree / "lib" / "new.c").unlink()
    assert codelode("def", "brand_new", status=1).stdout == ""
    hidden = tree / "lib" / "hidden.c"
    (tree / ".gitignore").write_text("hidden.c\n")
    hidden.write_text("int hidden(void) { return 0; }\n")
    assert "int hidden(void)" in codelode("outline", "lib/hidden.c").stdout
    hidden.unlink()


def test_on_a_terminal_references_are_grouped_and_painted(codelode: Codelode, tree: Path) -> None:
    master, slave = pty.openpty()
    env = environment(tree.parent, TERM="xterm")
    env.pop("NO_COLOR", None)
    with subprocess.Popen(
        command("refs", "Store", "--no-refresh"), cwd=tree, env=env, stdout=slave, stderr=subprocess.DEVNULL
    ) as process:
        os.close(slave)
        shown = b""
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:
                break
            if not part:
                break
            shown += part
        assert process.wait() == 0
    os.close(master)
    assert shown.startswith(b"\x1b[35mapp/main.py\x1b[0m\r\n\x1b[32m1\x1b[0m: \x1b[2mimport")
    assert shown.count(b"app/main.py") == 1


def test_doctor(codelode: Codelode, tree: Path) -> None:
    found = answer(codelode("doctor", "--json"))
    assert found["sound"]
    assert found["index"]["structure"]["parsed"] >= 6
    states = {one["language"]: one for one in found["languages"]}
    assert states["c"]["version"]
    assert not states["python"]["trouble"]
    text = codelode("doctor").stdout
    assert "  c               tree-sitter-c " in text
    assert "writable" in text
    (tree / "codelode.toml").write_text(
        '[grammars.nimble]\nmodule = "tree_sitter_nimble_not_there"\nextensions = ["nimble"]\n'
        'containers = ["source_file"]\n[grammars.nimble.definitions]\nproc = "function"\n'
    )
    try:
        broken = codelode("doctor", status=1).stdout
    finally:
        (tree / "codelode.toml").unlink()
    (line,) = [line for line in broken.splitlines() if line.startswith("  nimble ")]
    assert "MISSING: No module named 'tree_sitter_nimble_not_there'" in line
    assert line.endswith("pip install tree-sitter-nimble-not-there  (from the settings)")
