"""One table a language: `rules_for` gives it, loaded when first asked for."""

from __future__ import annotations

import importlib
from functools import cache

from codelode.structure.rules import Rules

_MODULES = {
    "bash": "shell",
    "c": "c_family",
    "cpp": "c_family",
    "csharp": "dotnet",
    "css": "markup",
    "dart": "dart",
    "dockerfile": "builds",
    "elixir": "elixir",
    "go": "go",
    "gradle": "groovy",
    "groovy": "groovy",
    "haskell": "functional",
    "html": "markup",
    "java": "jvm",
    "javascript": "ecmascript",
    "json": "data",
    "julia": "julia",
    "kotlin": "jvm",
    "lua": "lua",
    "make": "builds",
    "markdown": "markup",
    "objc": "objective_c",
    "ocaml": "functional",
    "perl": "perl",
    "php": "php",
    "powershell": "shell",
    "python": "python",
    "ruby": "ruby",
    "rust": "rust",
    "scala": "jvm",
    "scss": "markup",
    "sql": "sql",
    "swift": "swift",
    "terraform": "builds",
    "toml": "data",
    "typescript": "ecmascript",
    "yaml": "data",
    "zig": "zig",
}
"""language -> the module here that holds its table, in a dictionary called TABLES"""


_added: dict[str, Rules] = {}
"""tables that the user's settings add, by language"""


def add(rules: Rules) -> None:
    """Let `rules` be the table of its language in this process; the user's word goes before ours."""
    _added[rules.language] = rules


def languages() -> tuple[str, ...]:
    """Every language that has a table."""
    return tuple(sorted({*_MODULES, *_added}))


def rules_for(language: str) -> Rules | None:
    """The table of `language`; None when there is none."""
    return _added.get(language) or _own(language)


@cache
def _own(language: str) -> Rules | None:
    module = _MODULES.get(language)
    if module is None:
        return None
    rules: Rules = importlib.import_module(f"codelode.structure.tables.{module}").TABLES[language]
    return rules
