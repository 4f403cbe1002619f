"""universal-ctags as an oracle: what it finds in files of one language."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

CTAGS_NAMES = {
    "c": "C", "cpp": "C++", "csharp": "C#", "go": "Go", "java": "Java", "javascript": "JavaScript",
     "php": "PHP", "python": "Python", "ruby": "Ruby", "rust": "Rust",
    "typescript": "TypeScript",
}  # fmt: skip

CALLABLE = frozenset({"function", "method"})
TYPE = frozenset({"class", "struct", "union", "interface", "trait", "enum", "type", "module"})
CONSTANT = frozenset({"constant", "macro"})
VALUE = CONSTANT | {"variable"}
"""where ctags has one kind for constants and global variables"""
NAMED = VALUE | CALLABLE | TYPE
"""``const name = ...``, whatever is named"""

CTAGS_KINDS: dict[str, dict[str, frozenset[str]]] = {
    "c": {
        "function": CALLABLE, "struct": TYPE, "union": TYPE, "enum": TYPE, "typedef": TYPE,
        "enumerator": CONSTANT, "macro": CONSTANT,
    },
    "csharp": {
        "class": TYPE, "struct": TYPE, "interface": TYPE, "enum": TYPE, "method": CALLABLE,
        "enumerator": CONSTANT,
    },
    "go": {
        "func": CALLABLE, "methodSpec": CALLABLE, "interface": TYPE, "struct": TYPE, "type": TYPE,
        "talias": TYPE, "const": CONSTANT,
    },
    "java": {
        "annotation": TYPE, "class": TYPE, "interface": TYPE, "enum": TYPE, "method": CALLABLE,
        "enumConstant": CONSTANT,
    },
    "javascript": {
        "function": CALLABLE, "generator": CALLABLE, "method": CALLABLE, "getter": CALLABLE | {"property"},
        "setter": CALLABLE | {"property"}, "class": TYPE | CALLABLE, "constant": NAMED,
    },
    "php": {"class": TYPE, "interface": TYPE, "trait": TYPE, "function": CALLABLE, "define": CONSTANT},
    "python": {"class": TYPE, "function": CALLABLE, "member": CALLABLE},
    "ruby": {
        "class": TYPE, "module": TYPE, "method": CALLABLE, "singletonMethod": CALLABLE, "constant": CONSTANT,
    },
    "rust": {
        "struct": TYPE, "enum": TYPE, "interface": TYPE, "typedef": TYPE, "function": CALLABLE,
        "method": CALLABLE, "enumerator": CONSTANT, "macro": CONSTANT, "variable": VALUE,
    },
    "typescript": {
        "class": TYPE, "interface": TYPE, "enum": TYPE, "alias": TYPE, "function": CALLABLE,
        "generator": CALLABLE, "method": CALLABLE | {"property"}, "enumerator": CONSTANT, "constant": NAMED,
    },
}  # fmt: skip
"""language -> kind of ctags -> the kinds of ours that are the same; other kinds of ctags are not compared"""
CTAGS_KINDS["cpp"] = {**CTAGS_KINDS["c"], "class": TYPE}

CONDITIONS: dict[tuple[str, str], str] = {
    ("javascript", "constant"): r"^(?:export )?const (?!.*\brequire\()",
    ("javascript", "class"): r"\b(?:class|function)\b",
    ("typescript", "constant"): r"^(?:export )?(?:declare )?const ",
    ("typescript", "alias"): r"\btype \w+ *(?:[<=]|$)",
}
"""(language, kind of ctags) -> what the tag's line must match to be compared: ctags takes every object for a class,
constants inside functions for global ones, and imports for definitions"""

NO_NAMES = frozenset({"", "const", "default", "export"})
"""what ctags takes for one in TypeScript"""


@dataclass(frozen=True, slots=True)
class Tag:
    """A definition that ctags reports."""

    path: str
    name: str
    line: int
    kind: str


def ask_ctags(language: str, folder: Path, paths: Iterable[str]) -> tuple[list[Tag], float]:
    """What ctags finds of the kinds that are compared, without names it made up, and the processor time that took."""
    command = [
        "ctags", "--options=NONE", f"--language-force={CTAGS_NAMES[language]}", "--output-format=json",
        "--fields=+neKSPt", "--sort=no", "-L", "-", "-f", "-",
    ]  # fmt: skip
    before = os.times()
    done = subprocess.run(
        command, cwd=folder, input="\n".join(paths).encode(), capture_output=True, check=True
    )
    after = os.times()
    seconds = after.children_user + after.children_system - before.children_user - before.children_system
    kinds = CTAGS_KINDS[language]
    tags = set()
    for line in done.stdout.decode(errors="replace").splitlines():
        tag = json.loads(line)
        if tag["_type"] == "tag" and tag["kind"] in kinds and not made_up(tag["name"]):
            condition = CONDITIONS.get((language, tag["kind"]))
            line = tag.get("pattern", "").removeprefix("/^")
            if condition is None or re.search(condition, line):
                tags.add(Tag(tag["path"], tag["name"], tag["line"], tag["kind"]))
    return sorted(tags, key=lambda tag: (tag.path, tag.line, tag.name)), seconds


def made_up(name: str) -> bool:
    """Whether ctags invented the name of something anonymous."""
    return not name or name.startswith(
        ("__anon", "<", "anonymousFunction", "AnonymousFunction", "anonymousClass")
    )


def ctags_version() -> str:
    """``Universal Ctags 5.9.0``"""
    done = subprocess.run(["ctags", "--version"], capture_output=True, text=True, check=True)
    return done.stdout.partition(",")[0].partition("\n")[0]
