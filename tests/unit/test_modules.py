"""Imports against paths."""

from __future__ import annotations

import pytest

from codelode.structure.modules import ELSEWHERE, EXACT, INSIDE, match_module, module_stem


@pytest.mark.parametrize(
    ("language", "module", "importer", "path", "expected"),
    [
        ("python", "pkg.mod", "app.py", "pkg/mod.py", EXACT),
        ("python", "pkg", "app.py", "pkg/__init__.py", EXACT),
        ("python", "pkg", "tests/a.py", "src/pkg/mod.py", INSIDE),
        ("python", "re", "app.py", "vendor/re/x.py", ELSEWHERE),
        ("python", ".mod", "pkg/app.py", "pkg/mod.py", EXACT),
        ("python", "..mod", "pkg/sub/app.py", "pkg/mod.py", EXACT),
        ("python", ".mod", "pkg/app.py", "other/mod.py", ELSEWHERE),
        ("typescript", "./x", "src/a.ts", "src/x/index.ts", EXACT),
        ("typescript", "../x.js", "src/a/b.ts", "src/x.ts", EXACT),
        ("typescript", "@scope/lib", "app/a.ts", "packages/lib/src/x.ts", INSIDE),
        ("typescript", "./x", "src/a.ts", "lib/x.ts", ELSEWHERE),
        ("rust", "crate::a::b", "src/main.rs", "src/a/b.rs", EXACT),
        ("rust", "crate", "src/main.rs", "src/a.rs", INSIDE),
        ("java", "a.b", "x/Y.java", "src/main/java/a/b/C.java", EXACT),
        ("java", "a.b.C", "x/Y.java", "src/main/java/a/b/C.java", EXACT),
        ("go", "example.org/app/store", "main.go", "store/x.go", EXACT),
        ("go", "example.org/app", "store/x.go", "main.go", EXACT),
        ("go", "strings", "store/x.go", "main.go", ELSEWHERE),
        ("c", "linux/fs.h", "fs/a.c", "include/linux/fs.h", EXACT),
        ("c", "fs.h", "fs/a.c", "include/linux/xfs.h", ELSEWHERE),
    ],
)
def test_match(language: str, module: str, importer: str, path: str, expected: int) -> None:
    assert match_module(language, module, importer, path, "example.org/app") == expected


def test_go_without_a_module_file_goes_by_folders() -> None:
    assert match_module("go", "a/b/store", "x.go", "store/y.go") == EXACT
    assert match_module("go", "fmt", "x.go", "main.go") == ELSEWHERE


def test_stem() -> None:
    assert module_stem("python", "..pkg.mod") == "mod"
    assert module_stem("typescript", "../../src/mobx.ts") == "mobx"
