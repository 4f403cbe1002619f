"""Import statements, language by language."""

from __future__ import annotations

import pytest

from codelode.structure.imports import EVERYTHING, Import, find_imports

CASES = {
    "python": (
        "import a.b as c, d\nfrom . import x\nfrom ..m import (\n  y as z,  # why, because\n  w,\n)\nfrom q import *\n",
        [
            ("x", ".", "x"), ("z", "..m", "y"), ("w", "..m", "w"), ("", "q", EVERYTHING), ("c", "a.b", ""),
            ("d", "d", ""),
        ],
    ),
    "typescript": (
        "import a, {b as c, type d} from './x'\nimport * as ns from \"m\"\nexport * from './y'\n"
        "export {e as f} from './z'\nconst {p, q: r} = require('n'); const s = require(\"o\")\nimport 'side'\n",
        [
            ("a", "./x", "default"), ("c", "./x", "b"), ("d", "./x", "d"), ("ns", "m", ""),
            ("", "./y", EVERYTHING), ("f", "./z", "e"), ("p", "n", "p"), ("r", "n", "q"), ("s", "o", ""),
        ],
    ),
    "go": (
        'import "fmt"\nimport (\n\ty "gopkg.in/yaml.v3"\n\t"a/go-b/v2"\n\t. "q"\n\t_ "w"\n)\n',
        [("fmt", "fmt", ""), ("y", "gopkg.in/yaml.v3", ""), ("b", "a/go-b/v2", ""), ("", "q", EVERYTHING)],
    ),
    "rust": (
        "use a::b::{c, d as e, f::{self, g}};\npub use crate::x::*;\n",
        [
            ("c", "a::b", "c"), ("e", "a::b", "d"), ("f", "a::b::f", ""), ("g", "a::b::f", "g"),
            ("", "crate::x", EVERYTHING),
        ],
    ),
    "java": (
        "import a.b.C;\nimport static a.B.m;\nimport x.*;\n",
        [("C", "a.b", "C"), ("m", "a.B", "m"), ("", "x", EVERYTHING)],
    ),
    "kotlin": ("import a.b.C as D\n", [("D", "a.b", "C")]),
    "scala": ("import a.b.{C, D => E}\nimport x._\n", [("C", "a.b", "C"), ("E", "a.b", "D"), ("", "x", EVERYTHING)]),
    "csharp": ("using A.B;\nusing X = A.C;\n", [("", "A.B", EVERYTHING), ("X", "A.C", "")]),
    "php": ("use A\\B\\C as D;\nuse A\\{E, F as G};\n", [("D", "A\\B", "C"), ("E", "A", "E"), ("G", "A", "F")]),
    "c": ('#include <sys/a.h>\n  # include "b.h"\n', [("", "sys/a.h", EVERYTHING), ("", "b.h", EVERYTHING)]),
    "ruby": ("require_relative './a'\nrequire 'b'\n", [("", "./a", EVERYTHING), ("", "b", EVERYTHING)]),
    "lua": ('local a = require("x.y")\n', [("a", "x.y", "")]),
    "haskell": ("import Data.Map\n", []),
}  # fmt: skip


@pytest.mark.parametrize("language", CASES)
def test_imports(language: str) -> None:
    text, expected = CASES[language]
    assert find_imports(language, text.encode()) == [Import(*row) for row in expected]
