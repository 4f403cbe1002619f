"""One table a language: `rules_for` gives it, loaded when first asked for."""

from __future__ import annotations

import importlib
from functools import cache

from codelode.structure.rules import Rules

_MODULES = {
    "c": "c_family",
    "cpp": "c_family",
    "python": "python",
}
"""language -> the module here that holds its table, in a dictionary called TABLES"""


def languages() -> tuple[str, ...]:
    """Every language that has a table."""
    return tuple(sorted(_MODULES))


@cache
def rules_for(language: str) -> Rules | None:
    """The table of `language`; None when there is none."""
    module = _MODULES.get(language)
    if module is None:
        return None
    rules: Rules = importlib.import_module(f"codelode.structure.tables.{module}").TABLES[language]
    return rules
