"""Our callers held against the languages' own resolvers: ``python -m bench.callers --repos DIR [--only NAME,...]``.

DIR holds a checkout of each repository of `REPOSITORIES` under its own name; those that are absent are left out.
Of each, 40 functions and methods are drawn (seeded) among those that something seems to call, and the language's
server says where each is used; a use with an argument list is a call.  What we give beyond that is asked about one
by one: the server may find that very definition there (then it is right), another one (wrong), or none (it does
not know either: not counted, and listed).
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from bench.lsp import Place, Server
from bench.machine import commit, describe
from codelode.app import Index
from codelode.model import Role, SearchOptions, SearchStats, display_path
from codelode.search.callgraph import callers
from codelode.search.references import find_references
from codelode.search.snapshot import Snapshot
from codelode.search.source import Sources
from codelode.settings import Settings
from codelode.structure.rules import KINDS

RESULT = Path(__file__).parent / "results" / "callers.json"
DRAWN = 40
EXAMPLES = 5
SEED = 2026
"""Seeds 7 and 11 were looked at while the rules were made"""


_OVERLOADED = frozenset({"python", "typescript"})
"""Languages in which several signatures are one function"""


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _compile_commands(root: Path) -> None:
    """What clangd needs of a C project that is not configured: every file, with the project's own headers."""
    entries = [
        {
            "directory": str(root),
            "file": str(path),
            "arguments": ["cc", "-D_GNU_SOURCE", "-I.", "-c", str(path)],
        }
        for path in sorted(root.rglob("*.c"))
    ]
    (root / "compile_commands.json").write_text(json.dumps(entries))


@dataclass(frozen=True, slots=True)
class Repository:
    name: str
    language: str
    server: tuple[str, ...]
    """the command of its language server"""
    settings: dict[str, Any] = field(default_factory=dict)
    prepare: Callable[[Path], None] | None = None
    indexes: str = ""
    """token of the progress that ends when the server has seen the whole tree; "" when it answers no sooner"""


REPOSITORIES = (
    Repository("pallets/jinja", "python", ("pyright-langserver", "--stdio")),
    Repository("Textualize/rich", "python", ("pyright-langserver", "--stdio")),
    Repository("junegunn/fzf", "go", ("gopls", "serve")),
    Repository(
        "mobxjs/mobx",
        "typescript",
        ("typescript-language-server", "--stdio"),
        {"tsserver": {"useSyntaxServer": "never"}},
    ),
    Repository(
        "tmux/tmux",
        "c",
        ("clangd", "--background-index", "-j=2"),
        prepare=_compile_commands,
        indexes="backgroundIndexProgress",
    ),
)


class Function(NamedTuple):
    """A definition that was drawn."""

    qualified: str
    name: str
    place: Place


class Call(NamedTuple):
    """Where a function is called."""

    path: str
    line: int
    column: int


@dataclass(slots=True)
class Score:
    """What became of the calls of one repository."""

    functions: int = 0
    right: int = 0
    wrong: int = 0
    missed: int = 0
    undecided: int = 0
    """calls that we give and the server cannot resolve"""
    causes: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def note(self, cause: str, function: Function, call: Call, text: str) -> None:
        self.causes[cause] += 1
        shown = self.examples.setdefault(cause, [])
        if len(shown) < EXAMPLES:
            shown.append(f"{function.qualified}: {call.path}:{call.line}: {text.strip()[:100]}")

    def add(self, other: Score) -> None:
        for name in ("functions", "right", "wrong", "missed", "undecided"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.causes += other.causes

    def to_json(self) -> dict[str, Any]:
        given, there = self.right + self.wrong, self.right + self.missed
        return {
            "functions": self.functions,
            "calls": there,
            "right": self.right,
            "wrong": self.wrong,
            "missed": self.missed,
            "undecided": self.undecided,
            "precision": round(self.right / given, 4) if given else None,
            "recall": round(self.right / there, 4) if there else None,
            "causes": dict(self.causes.most_common()),
            "examples": self.examples,
        }


class Judge:
    """One repository with its index and its language server."""

    def __init__(self, repository: Repository, root: Path, snapshot: Snapshot) -> None:
        self._repository = repository
        self._root = root.resolve()
        self._snapshot = snapshot
        if repository.prepare:
            repository.prepare(self._root)
        self._server = Server(repository.server, self._root, repository.settings)
        self._texts: dict[str, list[str]] = {}
        self._defined = {
            (
                display_path(part.files.path(int(part.symbols.files[row]))),
                part.symbols.name_lines[row] - 1,
                part.symbols.name(row).decode("utf-8", "replace"),
            )
            for part in snapshot.segments
            for row in range(len(part.symbols))
        }

    def close(self) -> None:
        self._server.close()

    def drawn(self, seed: int) -> list[Function]:
        """Functions and methods that something seems to call."""
        found = []
        for part in self._snapshot.segments:
            table = part.symbols
            for row in range(len(table)):
                ordinal = int(table.files[row])
                path = display_path(part.files.path(ordinal))
                name = table.name(row).decode("utf-8", "replace")
                if (
                    KINDS[table.kinds[row]] in ("function", "method")
                    and part.files.language(ordinal) == self._repository.language
                    and not name.startswith(("__", "test", "constructor"))
                    and not path.endswith(".d.ts")
                ):
                    around = table.qualifiers(row)
                    if around and around[-1] == table.name(row):
                        continue  # ``f = function f() {}``: one function, and its second name is its own affair
                    qualified = ".".join(one.decode() for one in (*around, table.name(row)))
                    line = table.name_lines[row] - 1
                    found.append(Function(qualified, name, Place(path, line, self._column(path, line, name))))
        random.Random(seed).shuffle(found)
        chosen = []
        for function in found:
            if self._seems_called(function.name):
                chosen.append(function)
                if len(chosen) == DRAWN:
                    break
        return chosen

    def _seems_called(self, name: str) -> bool:
        stats = SearchStats()
        options = SearchOptions(limit=1)
        found = find_references(self._snapshot, name, options, self._sources(stats), stats, roles={Role.CALL})
        return next(found, None) is not None

    def _sources(self, stats: SearchStats) -> Sources:
        return Sources(stats, 1 << 30)

    def score(self, function: Function) -> Score:
        score = Score(functions=1)
        self._server.open(function.place.path, self._repository.language)
        if self._repository.indexes:
            self._server.wait_for(self._repository.indexes)
        theirs = {
            Call(one.path, one.line + 1, one.column + 1)
            for one in self._server.references(function.place)
            if self._is_call(one, function.name)
        }
        ours = self._ours(function)
        score.right += len(ours & theirs)
        for call in sorted(ours - theirs):
            self._judge_extra(score, function, call)
        for call in sorted(theirs - ours):
            score.missed += 1
            line = self._line(call.path, call.line - 1)
            bare = not re.search(r"(?:\.|->|::)\s*$", line[: call.column - 1])
            score.note("missed: bare name" if bare else "missed: on a receiver", function, call, line)
        return score

    def _ours(self, function: Function) -> set[Call]:
        stats = SearchStats()
        edges = callers(
            self._snapshot, function.qualified, SearchOptions(all_matches=True), self._sources(stats), stats
        )
        return {
            Call(edge.path, edge.line, edge.column)
            for edge in edges
            if any(
                (one.path, one.line) == (function.place.path, function.place.line + 1)
                for one in edge.candidates
            )
        }

    def _judge_extra(self, score: Score, function: Function, call: Call) -> None:
        self._server.open(call.path, self._repository.language)
        found = self._server.definitions(Place(call.path, call.line - 1, call.column - 1))
        line = self._line(call.path, call.line - 1)
        if any(self._is_same(one, function) for one in found):
            score.right += 1
        elif not found or all(self._is_import(one, function.name) for one in found):
            score.undecided += 1
            score.note("undecided: the server does not know", function, call, line)
        else:
            score.wrong += 1
            outside = all(Path(one.path).is_absolute() for one in found)
            score.note(
                "wrong: defined outside the tree" if outside else "wrong: another definition",
                function,
                call,
                f"{line.strip()}  -> {found[0].path if not outside else Path(found[0].path).name}:{found[0].line + 1}",
            )

    def _is_same(self, place: Place, function: Function) -> bool:
        """Whether a definition is the function's own, or another signature of it."""
        if place[:2] == function.place[:2]:
            return True
        return (
            self._repository.language in _OVERLOADED
            and place.path == function.place.path
            and (place.path, place.line, function.name) in self._defined
            and _indent(self._line(*place[:2])) == _indent(self._line(*function.place[:2]))
        )

    def _is_import(self, place: Place, name: str) -> bool:
        """Whether a server that could not follow an import gives the import as the definition."""
        stats = SearchStats()
        options = SearchOptions(all_matches=True, under=(place.path.encode(),))
        found = find_references(
            self._snapshot, name, options, self._sources(stats), stats, roles={Role.IMPORT}
        )
        return any(one.line == place.line + 1 for one in found)

    def _is_call(self, place: Place, name: str) -> bool:
        """Whether a use has an argument list, or decorates."""
        if Path(place.path).is_absolute():
            return False
        if (place.path, place.line, name) in self._defined:
            return False
        line = self._line(place.path, place.line)
        before, after = line[: place.column], line[place.column :]
        written = re.match(r"[\w$]+", after)
        if written is None:
            return False
        if re.search(r"\b(?:def|func|function|class)\s+(?:\([^)]*\)\s*)?$", before):
            return False
        if re.search(r"^\s*@[\w.]*$", before):
            return True
        rest = after[written.end() :]
        if not rest.strip() and place.line + 1 < len(self._lines(place.path)):
            rest = self._line(place.path, place.line + 1)
        if self._repository.language == "c" and not before[:1].isspace() and not before.startswith("#"):
            return False  # a prototype or the definition itself
        return re.match(r"\s*(?:\?\.|!)?\s*(?:<[^()]*>|\[[\w\s,.*\[\]]*\])?\s*\(", rest) is not None

    def _lines(self, path: str) -> list[str]:
        if path not in self._texts:
            self._texts[path] = (self._root / path).read_text("utf-8", "replace").split("\n")
        return self._texts[path]

    def _line(self, path: str, number: int) -> str:
        lines = self._lines(path)
        return lines[number] if number < len(lines) else ""

    def _column(self, path: str, line: int, name: str) -> int:
        found = re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", self._line(path, line))
        return found.start() if found else 0


def run(repository: Repository, root: Path, index_dir: Path, seed: int) -> Score:
    """The score of one repository."""
    total = Score()
    with Index(root, Settings(), index_dir=str(index_dir)) as index:
        index.refresh()
        judge = Judge(repository, root, index._current())
        try:
            for function in judge.drawn(seed):
                score = judge.score(function)
                for cause, shown in score.examples.items():
                    kept = total.examples.setdefault(cause, [])
                    kept += shown[: EXAMPLES - len(kept)]
                total.add(score)
        finally:
            judge.close()
    return total


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repos", type=Path, required=True, help="folder with the checkouts")
    parser.add_argument("--indexes", type=Path, required=True, help="folder for our indexes of them")
    parser.add_argument("--only", default="", help="names of repositories, comma-separated")
    parser.add_argument("--seed", type=int, default=SEED, help="another draw of functions")
    parser.add_argument("--save", action="store_true", help=f"write {RESULT.name}")
    arguments = parser.parse_args()
    only = {name for name in arguments.only.split(",") if name}
    scores: dict[str, Score] = {}
    for repository in REPOSITORIES:
        short = repository.name.partition("/")[2]
        root = arguments.repos / short
        if not root.is_dir() or (only and short not in only):
            continue
        score = scores[repository.name] = run(repository, root, arguments.indexes / short, arguments.seed)
        print(repository.name, json.dumps(score.to_json(), indent=1), flush=True)
    overall = Score()
    for score in scores.values():
        overall.add(score)
    table = {
        "machine": describe(),
        "commit": commit(),
        "seed": arguments.seed,
        "overall": overall.to_json(),
        "repositories": {
            repository.name: {"judge": repository.server[0], **scores[repository.name].to_json()}
            for repository in REPOSITORIES
            if repository.name in scores
        },
    }
    print("overall", json.dumps(overall.to_json()))
    if arguments.save:
        RESULT.write_text(json.dumps(table, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
