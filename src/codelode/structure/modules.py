"""Which files an import can mean, judged by names alone: the module as written against paths of the tree."""

from __future__ import annotations

import re
from collections.abc import Sequence

EXACT, INSIDE, ELSEWHERE = 2, 1, 0
"""The file is the module; it lies inside the package that the module names (which may hand its names on); neither"""

_FOLDER_FILES = {
    "python": ("__init__",),
    "javascript": ("index",),
    "typescript": ("index",),
    "rust": ("mod", "lib", "main"),
    "lua": ("init",),
}
"""Files that stand for their folder"""
_SCRIPT = re.compile(r"\.[cm]?[jt]sx?$")
_ROOTS = frozenset({"src", "lib", "python", "source", "packages", "java", "kotlin", "main"})
"""Folders from which absolute names count, besides those around the importing file"""
_FOLDER_MODULES = frozenset({"java", "kotlin", "scala", "groovy", "csharp", "php"})
"""Languages whose packages are folders of files that share their names"""


def match_module(language: str, module: str, importer: str, path: str, root_module: str = "") -> int:
    """How well the file `path` fits what `importer` (a path too) imports as `module`: EXACT, INSIDE or ELSEWHERE.

    `root_module`: for Go, the module path in the tree's go.mod.
    """
    if language == "go":
        return _match_go(module, path, root_module)
    if language in ("c", "cpp", "objc"):
        return (
            EXACT if f"/{path}".endswith("/" + module.removeprefix("../").removeprefix("./")) else ELSEWHERE
        )
    own = _parts(language, path)
    wanted, anchored = _wanted(language, module, importer)
    if anchored:
        if own == wanted:
            return EXACT
        return INSIDE if own[: len(wanted)] == wanted else ELSEWHERE
    if not wanted:
        return INSIDE if language == "rust" else ELSEWHERE
    if language == "rust":
        own = [part for part in own if part != "src"]
    return _match_anywhere(language, wanted, own, importer.split("/"))


def hands_on(language: str) -> bool:
    """Whether a module of `language` is a file that can hand on what it imports itself."""
    return language in ("python", "javascript", "typescript")


def module_stem(language: str, module: str) -> str:
    """The name without extension that the file of a module has, unless it stands for its folder."""
    if language == "python":
        return module.rpartition(".")[2]
    return _SCRIPT.sub("", module).rstrip("/").rpartition("/")[2]


def _match_anywhere(language: str, wanted: Sequence[str], own: Sequence[str], importer: Sequence[str]) -> int:
    size = len(wanted)
    for at in range(len(own) - size, -1, -1):
        if list(own[at : at + size]) != list(wanted):
            continue
        if (
            language == "python"
            and at
            and list(own[:at]) != list(importer[:at])
            and own[at - 1] not in _ROOTS
        ):
            continue
        rest = len(own) - at - size
        return EXACT if rest == 0 or (rest == 1 and language in _FOLDER_MODULES) else INSIDE
    return ELSEWHERE


def _match_go(module: str, path: str, root_module: str) -> int:
    folder = path.rpartition("/")[0]
    if root_module:
        if module != root_module and not module.startswith(root_module + "/"):
            return ELSEWHERE
        return EXACT if module[len(root_module) :].strip("/") == folder else ELSEWHERE
    return EXACT if folder and f"/{module}".endswith("/" + folder) else ELSEWHERE


def _parts(language: str, path: str) -> list[str]:
    return _without_folder_file(language, re.sub(r"(\.d)?\.[^./]+$", "", path).split("/"))


def _without_folder_file(language: str, parts: list[str]) -> list[str]:
    if len(parts) > 1 and parts[-1] in _FOLDER_FILES.get(language, ()):
        return parts[:-1]
    return parts


def _wanted(language: str, module: str, importer: str) -> tuple[list[str], bool]:
    """The module as parts of a path, and whether they count from the root."""
    folder = importer.split("/")[:-1]
    if language == "python":
        dots = len(module) - len(module.lstrip("."))
        names = [part for part in module[dots:].split(".") if part]
        return (folder[: len(folder) - dots + 1] + names, True) if dots else (names, False)
    if language in ("javascript", "typescript", "lua", "ruby") and module.startswith("."):
        return _without_folder_file(language, _relative(folder, _SCRIPT.sub("", module))), True
    if language == "rust":
        parts = [part for part in module.split("::") if part not in ("crate", "self", "super", "")]
        return parts, False
    parts = [part for part in re.split(r"[./\\]", module) if part]
    if language in ("javascript", "typescript"):
        parts = [part for part in module.split("/") if part and part[0] not in "@~#"]
    return parts, False


def _relative(folder: Sequence[str], module: str) -> list[str]:
    at = list(folder)
    for part in module.split("/"):
        if part == "..":
            at = at[:-1]
        elif part not in (".", ""):
            at.append(part)
    return at


def inside_module(language: str, module: str, name: str) -> str:
    """The module `name` inside another."""
    separator = {"rust": "::", "go": "/", "javascript": "/", "typescript": "/", "php": "\\"}.get(
        language, "."
    )
    return module + name if module.endswith(separator) else f"{module}{separator}{name}"
