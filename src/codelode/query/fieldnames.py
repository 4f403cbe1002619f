"""The fields of the query language: their names, other names they go by, and what resembles one."""

from __future__ import annotations

from codelode.query.complaints import nearest

_ALIASES = {
    "ast": "",
    "case": "",
    "content": "c",
    "ext": "extension",
    "file": "f path",
    "is": "",
    "kind": "",
    "lang": "l language",
    "modified": "",
    "repo": "r",
    "size": "",
    "sym": "symbol",
    "type": "t",
}
FIELDS = {alias: name for name, aliases in _ALIASES.items() for alias in (name, *aliases.split())}
"""Every name of a field, aliases too -> the name that the parser goes by."""

EXAMPLES = {
    "ast": "ast:'open($A)' lang:python",
    "case": "retry case:yes",
    "content": "content:retry",
    "ext": "retry ext:py,pyi",
    "file": "retry file:src/*.go",
    "is": "retry -is:test",
    "kind": "sym:Client kind:class",
    "lang": "retry lang:go",
    "modified": "retry modified:<7d",
    "repo": "retry repo:backend",
    "size": "retry size:<10k",
    "sym": "sym:Client",
    "type": "retry type:file",
}
"""A query with each field"""

WITH_PATTERNS = frozenset({"file", "repo", "sym"})
"""Fields whose value may stand between slashes"""

SHORTEST_NAME = 3
"""letters of what is taken for a mistyped or unknown field: ``a:b`` is a word"""

_LIKE_A_FIELD = 0.75
"""`difflib`'s ratio from which a name was meant to be a field's: ``land:``, ``fil:`` and ``langauge:`` are, ``line:``,
``name:`` and ``https:`` are not"""

_NO_FIELDS = frozenset({"base", "cast", "side", "site", "text", "tile"})
"""Words that resemble a field's name and are found before a colon in code"""


def field_like(name: str) -> str:
    """The field that is called nearly `name`; "" if none is."""
    name = name.lower()
    if len(name) < SHORTEST_NAME or name in _NO_FIELDS:
        return ""
    return nearest(name, FIELDS, _LIKE_A_FIELD)
