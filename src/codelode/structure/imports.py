"""The names that a file imports, read from its text: import statements are the most regular part of any language.

Patterns, not trees: a caller's file is then known without parsing it.  An import that stands in a comment is taken
for one; it only helps to rank definitions that are there anyway.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

EVERYTHING = "*"
"""`Import.name` of ``from m import *`` and the like"""


class Import(NamedTuple):
    """A name that an import statement brings into a file."""

    local: str
    """as the file calls it; "" when all names of the module come in"""
    module: str
    """as written: ``..pkg.mod``, ``./util``, ``crate::a::b``, ``java.util``, ``sys/types.h``"""
    name: str
    """its name in the module; "" when `local` is the module itself, EVERYTHING when all names come in"""


def find_imports(language: str, text: bytes) -> list[Import]:
    """What `text` imports, in its order; nothing for a language whose imports are not known."""
    find = _FINDERS.get(language)
    return list(find(text.decode("utf-8", "replace"))) if find else []


def _without_comments(names: str) -> str:
    return re.sub(r"(#|//)[^\n]*|/\*.*?\*/", "", names, flags=re.S)


def _listed(names: str, alias: str) -> Iterator[tuple[str, str]]:
    """(name, local name) of each entry of ``a, b as c``; `alias` stands between the two."""
    for entry in _without_comments(names).split(","):
        words = entry.replace("\\\n", " ").split()
        if (
            words
            and words[0] in ("type", "typeof", "function", "const")
            and len(words) > 1
            and words[1] != alias
        ):
            del words[0]
        if len(words) == 1:
            yield words[0], words[0]
        elif len(words) == 3 and words[1] == alias:
            yield words[0], words[2]


_PY_FROM = re.compile(r"^[ \t]*from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+(\([^)]*\)|(?:[^\n\\]|\\\n)*)", re.M)
_PY_IMPORT = re.compile(r"^[ \t]*import[ \t]+((?:[^\n\\#;]|\\\n)+)", re.M)


def _python(text: str) -> Iterator[Import]:
    for found in _PY_FROM.finditer(text):
        module, names = found.groups()
        for name, local in _listed(names.strip("() \n"), "as"):
            if name == "*":
                yield Import("", module, EVERYTHING)
            else:
                yield Import(local, module, name)
    for found in _PY_IMPORT.finditer(text):
        for name, local in _listed(found[1], "as"):
            yield Import(local, name, "")


_JS_FROM = re.compile(r"\b(?:import|export)\s+(?:type\s+)?([^'\"();]*?)\s*\bfrom\s*['\"]([^'\"\n]+)['\"]")
_JS_REQUIRE = re.compile(
    r"(?:const|let|var|import)\s+(\{[^}]*\}|[\w$]+)\s*=\s*(?:await\s+)?(?:require|import)\s*\(\s*['\"]([^'\"\n]+)['\"]"
)
_JS_PARTS = re.compile(r"\{([^}]*)\}|\*\s*as\s+([\w$]+)|(\*)|([\w$]+)")


def _javascript(text: str) -> Iterator[Import]:
    for found in _JS_FROM.finditer(text):
        names, module = found.groups()
        for part in _JS_PARTS.finditer(_without_comments(names)):
            braced, space, star, default = part.groups()
            if braced is not None:
                for name, local in _listed(braced, "as"):
                    yield Import(local, module, name)
            elif space:
                yield Import(space, module, "")
            elif star:
                yield Import("", module, EVERYTHING)
            else:
                yield Import(default, module, "default")
    for found in _JS_REQUIRE.finditer(text):
        names, module = found.groups()
        if names.startswith("{"):
            for name, local in _listed(names.strip("{}").replace(":", " as "), "as"):
                yield Import(local, module, name)
        else:
            yield Import(names, module, "")


_GO_BLOCK = re.compile(r"^import\s*(?:\(([^)]*)\)|([^\n(]+))", re.M)
_GO_SPEC = re.compile(r"([\w.]+[ \t]+)?\"([^\"\n]+)\"")


def _go(text: str) -> Iterator[Import]:
    for block in _GO_BLOCK.finditer(text):
        for found in _GO_SPEC.finditer(block[1] or block[2] or ""):
            alias, module = (found[1] or "").strip(), found[2]
            if alias == ".":
                yield Import("", module, EVERYTHING)
            elif alias != "_":
                yield Import(alias or _go_package(module), module, "")


def _go_package(path: str) -> str:
    """What a Go package is called, judged by its import path: ``yaml`` of ``gopkg.in/go-yaml.v3``."""
    parts = path.split("/")
    last = parts[-1]
    if len(parts) > 1 and re.fullmatch(r"v\d+", last):
        last = parts[-2]
    last = re.sub(r"\.v\d+$", "", last)
    return re.sub(r"^go-|-go$", "", last).replace("-", "_")


_RUST_USE = re.compile(r"^[ \t]*(?:pub(?:\([^)]*\))?\s+)?use\s+([^;]+);", re.M)


def _rust(text: str) -> Iterator[Import]:
    for found in _RUST_USE.finditer(text):
        yield from _rust_tree("", re.sub(r"\s+", " ", _without_comments(found[1])).strip())


def _rust_tree(prefix: str, tree: str) -> Iterator[Import]:
    head, brace, rest = tree.partition("{")
    if brace:
        base = prefix + head.strip()
        for part in _split_braced(rest.rpartition("}")[0]):
            yield from _rust_tree(base, part)
        return
    path, _, local = tree.strip().partition(" as ")
    module, _, name = (prefix + path.strip()).rpartition("::")
    if name == "*":
        yield Import("", module, EVERYTHING)
    elif name == "self":
        yield Import(local or module.rpartition("::")[2], module, "")
    elif name:
        yield Import(local or name, module, name)


def _split_braced(parts: str) -> Iterator[str]:
    depth, start = 0, 0
    for at, char in enumerate(parts):
        depth += (char == "{") - (char == "}")
        if char == "," and not depth:
            yield parts[start:at].strip()
            start = at + 1
    yield parts[start:].strip()


_DOTTED = re.compile(
    r"^[ \t]*import\s+(?:static\s+)?([\w.]+?)(?:\.([\w*]+|_))?(?:\s+as\s+(\w+))?\s*;?[ \t]*$", re.M
)


def _dotted(text: str) -> Iterator[Import]:
    """Java, Kotlin, Groovy, Dart-like ``import a.b.C``."""
    for found in _DOTTED.finditer(text):
        module, name, local = found.groups()
        if name in ("*", "_"):
            yield Import("", module, EVERYTHING)
        elif name:
            yield Import(local or name, module, name)


_SCALA = re.compile(r"^[ \t]*import\s+([\w.]+)\.(\{[^}]*\}|[\w*]+)", re.M)


def _scala(text: str) -> Iterator[Import]:
    for found in _SCALA.finditer(text):
        for name, local in _listed(found[2].strip("{}").replace("=>", " as "), "as"):
            yield Import("" if name in "_*" else local, found[1], EVERYTHING if name in "_*" else name)


_CSHARP = re.compile(r"^[ \t]*(?:global\s+)?using\s+(?:static\s+)?(?:(\w+)\s*=\s*)?([\w.]+)\s*;", re.M)


def _csharp(text: str) -> Iterator[Import]:
    for found in _CSHARP.finditer(text):
        yield Import(found[1], found[2], "") if found[1] else Import("", found[2], EVERYTHING)


_PHP = re.compile(
    r"^[ \t]*use\s+(?:function\s+|const\s+)?([\w\\]+)\\(\{[^}]*\}|\w+)(?:\s+as\s+(\w+))?\s*;", re.M
)


def _php(text: str) -> Iterator[Import]:
    for found in _PHP.finditer(text):
        for name, local in _listed(found[2].strip("{}"), "as"):
            yield Import(found[3] or local, found[1], name)


_INCLUDE = re.compile(r"^[ \t]*#[ \t]*(?:include|import)[ \t]*[<\"]([^>\"\n]+)[>\"]", re.M)


def _included(text: str) -> Iterator[Import]:
    for found in _INCLUDE.finditer(text):
        yield Import("", found[1], EVERYTHING)


_RUBY = re.compile(r"^[ \t]*require(?:_relative)?[ \t(]+['\"]([^'\"\n]+)['\"]", re.M)


def _ruby(text: str) -> Iterator[Import]:
    for found in _RUBY.finditer(text):
        yield Import("", found[1], EVERYTHING)


_LUA = re.compile(r"(\w+)\s*=\s*require\s*\(?\s*['\"]([^'\"\n]+)['\"]")


def _lua(text: str) -> Iterator[Import]:
    for found in _LUA.finditer(text):
        yield Import(found[1], found[2], "")


_FINDERS: dict[str, Callable[[str], Iterator[Import]]] = {
    "python": _python,
    "javascript": _javascript,
    "typescript": _javascript,
    "go": _go,
    "rust": _rust,
    "java": _dotted,
    "kotlin": _dotted,
    "groovy": _dotted,
    "scala": _scala,
    "csharp": _csharp,
    "php": _php,
    "c": _included,
    "cpp": _included,
    "objc": _included,
    "ruby": _ruby,
    "lua": _lua,
}
