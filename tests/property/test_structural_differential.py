"""Structural search against ast-grep over every file: the candidates may leave out nothing that matches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ast_grep_py import SgRoot
from trees import write_tree

from codelode.app import Index

SOURCES = Path(__file__).parents[2] / "src" / "codelode" / "query"

C_FILE = """\
#include <linux/slab.h>
#  define FREE(x)  kfree(x)
struct thing { int lock; };
static int first(struct thing *t)
{
	kfree(t); kfree ( t->next ) ;
	kfree(
		t->long_name,
		"é"); kfree(é);
	if (!t) return -EINVAL;
	if (a)
		if (b) return kfree(c);
	/* kfree(comment); */
	t->lock = kmalloc(sizeof(*t), GFP_KERNEL);
	return a + sizeof(struct thing);
}
"""
FILES: dict[str, str | bytes] = {
    "a/first.c": C_FILE,
    "a/windows.c": C_FILE.replace("\n", "\r\n"),
    "a/broken.c": C_FILE[:300] + "\n<<<<<<< HEAD\n" + C_FILE[200:] + "\n>>>>>>> other\n" + C_FILE,
    "a/latin.c": C_FILE.encode().replace(b"\xc3\xa9", b"\xe9"),
    "a/unended.h": "int f(void) { kfree(x); }",
    # Larger than a block of the trigram index: the words of a match stand far apart.
    "b/long.c": "void g(void) {\n\tbig(first_word,\n" + f"\t'{'x' * 500}',\n" * 1_000 + "\tlast_word); }\n",
    "b/empty.c": "",
    "go/main.go": 'package main\n\nfunc main() {\n\tfmt.Println("a", x)\n\tfmt.Println(y)\n\tdefer f.Close()\n}\n',
    "js/a.js": "const a = require('a'); if (a == null) { console.log(a, 1); }\nclass A { b() { return this.$x; } }\n",
    "js/b.tsx": "const B = () => <Foo a={1}>{useState(0)}</Foo>;\n",
    "js/c.ts": "interface I { a: string }\nconst b = <I>useState(1);\n",
    "php/a.php": "<?php\nECHO $x; echo $y; $x = foo($y);\n",
    "rs/a.rs": 'fn f() -> u8 { x.unwrap(); println!("{}", y.unwrap()); match x { _ => 1 } }\n',
    "notes.txt": "kfree(x); if (a) return b;\n",
}

CALL_IN_C = {"context": "void f() { kfree($A); }", "selector": "call_expression"}
CALL_IN_GO = {"context": "package p; func f() { fmt.Println($A) }", "selector": "call_expression"}

CASES: list[tuple[str, str, str | dict[str, str], int]] = [
    # language, pattern, what ast-grep is asked, least number of matches
    ("c", "kfree($A);", "kfree($A);", 15),
    ("c", "kfree($A)", CALL_IN_C, 20),
    ("c", "kfree($$$ARGS);", "kfree($$$ARGS);", 20),
    ("c", "kfree($A, \"é\");", "kfree($A, \"é\");", 2),
    ("c", "if ($A) return $B;", "if ($A) return $B;", 8),
    ("c", "big(first_word, $$$, last_word)", "big(first_word, $$$, last_word)", 1),
    ("c", "$X->lock = $Y", "$X->lock = $Y", 4),
    ("c", "sizeof(struct $T)", "sizeof(struct $T)", 4),
    ("c", "$F($$$)", {**CALL_IN_C, "context": "void f() { $F($$$); }"}, 30),
    ("c", "$A + $B", "$A + $B", 3),
    ("c", "nowhere_at_all($A);", "nowhere_at_all($A);", 0),
    ("go", "fmt.Println($A)", CALL_IN_GO, 1),
    ("go", "defer $X.Close()", "defer $X.Close()", 1),
    ("javascript", "$A == null", "$A == null", 1),
    ("javascript", "this.$x", "this.$x", 1),
    ("javascript", "const $A = require($B)", "const $A = require($B)", 1),
    ("typescript", "useState($A)", "useState($A)", 2),
    ("php", "echo $A;", "echo $A;", 2),
    ("php", "$x = foo($$$)", "$x = foo($$$)", 1),
    ("rust", "$A.unwrap()", "$A.unwrap()", 1),
    ("python", "self.$X = $Y", "self.$X = $Y", 1),
    ("python", "raise $E($$$)", "raise $E($$$)", 1),
    ("python", "for $A in $B: $$$", "for $A in $B: $$$", 1),
    ("python", "return None", "return None", 1),
]  # fmt: skip


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    place = tmp_path_factory.mktemp("structural")
    own = {f"py/{path.relative_to(SOURCES)}": path.read_bytes() for path in SOURCES.rglob("*.py")}
    root = write_tree(place / "tree", FILES | own)
    with Index(root, index_dir=str(place / "index")) as index:
        index.refresh()
        yield index


def by_ast_grep(root: Path, language: str, pattern: Any) -> list[tuple[str, int, int, int]]:
    endings = {"c": (".c", ".h"), "typescript": (".ts", ".tsx"), "javascript": (".js",), "rust": (".rs",)}
    endings |= {"python": (".py",), "go": (".go",), "php": (".php",)}
    found = []
    for path in sorted(root.rglob("*")):
        if path.suffix not in endings[language]:
            continue
        text = path.read_bytes().decode("latin-1" if path.stem == "latin" else "utf-8")
        for node in (
            SgRoot(text, "tsx" if path.suffix == ".tsx" else language).root().find_all(pattern=pattern)
        ):
            start = node.range().start
            length = len(node.text().rstrip("\r\n"))
            found.append((path.relative_to(root).as_posix(), start.line + 1, start.column + 1, length))
    return sorted(found)


@pytest.mark.parametrize(("language", "pattern", "asked", "least"), CASES)
def test_same_matches_as_ast_grep(index: Index, language: str, pattern: str, asked: Any, least: int) -> None:
    hits = list(index.stream(pattern, mode="ast", languages=[language]))
    found = [(hit.path, *match) for hit in hits for match in hit.matches]
    wanted = by_ast_grep(Path(index.root), language, asked)
    assert sorted(found) == wanted
    assert len(wanted) >= least
    order = [(hit.path.split("/"), hit.start_line) for hit in hits]
    assert order == sorted(order)

    best = index.search(pattern, mode="ast", languages=[language], limit=5)
    assert len(best.hits) == min(5, len(hits))
    assert {hit[:3] for hit in best.hits} <= {hit[:3] for hit in hits}
    assert [hit.score for hit in best.hits] == sorted((hit.score for hit in best.hits), reverse=True)
    assert not best.stats.partial
