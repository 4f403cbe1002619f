"""Our definitions held against universal-ctags: ``python -m bench.definitions --repos DIR [--only LANG,...]``.

DIR holds a checkout of each repository of `REPOSITORIES` under its own name; those that are absent are left out.
Of every file of the repository's language, each function, type, method and constant that ctags reports is looked
for among ours: same file, same name, on the same line or on a line of the same signature, and of the same kind.
What is not found is sorted by its cause, which the whole file's syntax tree tells.  Times are processor time, of
one process each.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import sys
import time
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.corpora import walk
from bench.ctags import CALLABLE, CTAGS_KINDS, Tag, ask_ctags, ctags_version
from bench.machine import commit, describe, load_average
from codelode.structure.definitions import Definitions, find_definitions
from codelode.structure.grammars import CONTAINER, DEFINITION, NOTHING, Grammar, load
from codelode.structure.parsing import SlowParse
from codelode.structure.rules import KINDS, LEAF
from codelode.structure.tables import rules_for
from codelode.text.languages import of_path

RESULT = Path(__file__).parent / "results" / "definitions.json"
LARGEST_BYTES = 512 << 10
EXAMPLES = 3

REPOSITORIES = {
    "c": "git/git@1a3e64c6c4a6",
    "cpp": "facebook/rocksdb@1dfa7297933d",
    "csharp": "AutoMapper/AutoMapper@4b9633f60ee3",
    "go": "prometheus/prometheus@d15adb9ad7e5",
    "java": "mockito/mockito@ee8a330da021",
    "javascript": "eslint/eslint@c27bc926e496",
    "php": "composer/composer@eba7baa59eb1",
    "python": "scrapy/scrapy@11079cb1c85b",
    "ruby": "jekyll/jekyll@202df571314b",
    "rust": "BurntSushi/ripgrep@3fce3b5bb023",
    "typescript": "typeorm/typeorm@281bfba42a58",
}
"""language -> owner/name@revision: real ones of some size, with the language's idioms of several years"""

NOTES = {
    ("c", "inside the body of a function_definition"): "types inside of C functions are not looked for",
    (
        "csharp",
        "kind differs: method of ctags is a class of ours",
    ): "ctags takes the class of a primary constructor for a method",
    ("csharp", "kind differs: method of ctags is a struct of ours"): "the same",
    (
        "csharp",
        "nothing taken from: class_declaration > declaration_list > method_declaration",
    ): "an explicit implementation: ctags calls it Interface.Method, we call it Method",
    (
        "csharp",
        "not entered: type_parameter_list > type_parameter",
    ): "ctags takes a type parameter for a type",
    ("csharp", "not entered: type_parameter_constraints_clause > identifier"): "the same",
    ("ruby", "kind differs: constant of ctags is a class of ours"): "Name = Class.new(...)",
    (
        "rust",
        "not entered: reference_type > primitive_type",
    ): "const NAME: &str: ctags calls it str, we call it NAME",
}
"""(language, cause) -> what reading the examples showed"""


@dataclass(slots=True)
class Source:
    """One file: its text, what we found in it, and where its lines begin."""

    path: str
    text: bytes
    grammar: Grammar
    found: Definitions
    breaks: list[int]
    """offset of each newline"""
    by_name: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def line(self, offset: int) -> int:
        return bisect_right(self.breaks, offset - 1) + 1


@dataclass(slots=True)
class Causes:
    """Why tags were not found: how many, and some of each."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, cause: str, tag: Tag, most: int) -> None:
        self.counts[cause] += 1
        if len(self.examples[cause]) < most:
            self.examples[cause].append(f"{tag.path}:{tag.line} {tag.kind} {tag.name}")


def main(arguments: list[str] | None = None) -> int:
    """Exit status 1 when no repository was there."""
    options = parse(arguments)
    rows = []
    for language, repository in REPOSITORIES.items():
        folder = options.repos / repository.partition("/")[2].partition("@")[0]
        if folder.is_dir() and (not options.only or language in options.only) and rules_for(language):
            row = compare(language, repository, folder, options.examples)
            rows.append(row)
            show(row)
    if not rows:
        print(f"none of {', '.join(REPOSITORIES.values())} in {options.repos}", file=sys.stderr)
        return 1
    if options.save:
        result = {
            "machine": describe(),
            "commit": commit(),
            "load": load_average(),
            "grammars": grammars(),
            "ctags": ctags_version(),
            "languages": rows,
        }
        RESULT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    return 0


def grammars() -> dict[str, str]:
    """Versions of the packages of the grammars that were compared."""
    tables = [rules for language in REPOSITORIES if (rules := rules_for(language))]
    packages = {rules.grammar.partition(":")[0].replace("_", "-") for rules in tables}
    return {name: importlib.metadata.version(name) for name in sorted(packages)}


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.definitions", description=__doc__)
    parser.add_argument("--repos", type=Path, required=True, metavar="DIR", help="folder of the checkouts")
    parser.add_argument("--only", default="", metavar="LANG,...", help="languages to compare")
    parser.add_argument("--examples", type=int, default=EXAMPLES, metavar="N", help="examples of each cause")
    parser.add_argument("--save", action="store_true", help=f"write bench/results/{RESULT.name}")
    options = parser.parse_args(arguments)
    options.only = frozenset(name for name in options.only.split(",") if name)
    return options


def compare(language: str, repository: str, folder: Path, examples: int) -> dict[str, Any]:
    """One JSON object: the figures of one language."""
    rules = rules_for(language)
    if rules is None:
        raise ValueError(f"no table for {language}")
    texts = {path: (folder / path).read_bytes() for path in files_of(language, folder)}
    found: dict[str, Source] = {}
    seconds, slow = 0.0, 0
    for path, text in texts.items():
        grammar = load(rules, path.rpartition(".")[2].lower())
        begun = time.process_time()
        try:
            definitions = find_definitions(grammar, text)
        except SlowParse:
            slow += 1
            definitions = Definitions()
        seconds += time.process_time() - begun
        found[path] = index(path, text, grammar, definitions)
    tags, ctags_seconds = ask_ctags(language, folder, texts)
    kinds = CTAGS_KINDS[language]
    causes = Causes()
    totals: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    for tag in tags:
        totals[tag.kind] += 1
        cause = why_missing(tag, found[tag.path], kinds[tag.kind])
        if cause:
            causes.add(cause, tag, examples)
        else:
            hits[tag.kind] += 1
    size = sum(map(len, texts.values()))
    return {
        "language": language,
        "repository": repository,
        "files": len(texts),
        "bytes": size,
        "slow_files": slow,
        "ctags": totals.total(),
        "found": hits.total(),
        "recall": round(hits.total() / max(1, totals.total()), 4),
        "ours": sum(len(source.found) for source in found.values()),
        "kinds": {kind: [hits[kind], count] for kind, count in totals.most_common()},
        "differences": [
            {
                "cause": cause,
                "count": count,
                "note": NOTES.get((language, cause), ""),
                "examples": causes.examples[cause],
            }
            for cause, count in causes.counts.most_common()
        ],
        "cpu_seconds": round(seconds, 3),
        "mb_per_second": round(size / 1e6 / seconds, 1) if seconds else None,
        "ctags_cpu_seconds": round(ctags_seconds, 3),
    }


def files_of(language: str, folder: Path) -> list[str]:
    """Paths of the language's files, relative to `folder`.  A C++ repository's ``.h`` files are C++."""
    paths = []
    for entry in walk(folder):
        path = entry.path[len(str(folder)) + 1 :]
        known = of_path(path.encode())
        if known == "c" and language == "cpp" and path.endswith(".h"):
            known = "cpp"
        if known == language and 0 < entry.stat(follow_symlinks=False).st_size <= LARGEST_BYTES:
            paths.append(path)
    return paths


def index(path: str, text: bytes, grammar: Grammar, definitions: Definitions) -> Source:
    breaks = []
    at = text.find(b"\n")
    while at >= 0:
        breaks.append(at)
        at = text.find(b"\n", at + 1)
    source = Source(path, text, grammar, definitions, breaks)
    for row, (start, end) in enumerate(zip(definitions.name_starts, definitions.name_ends, strict=True)):
        source.by_name[plain(text[start:end].decode(errors="replace"))].append(row)
    return source


def plain(name: str) -> str:
    """`name` as both write it: ``operator ==`` without the blank, ``#private`` without its sign."""
    return "".join(name.split()).removeprefix("#")


def why_missing(tag: Tag, source: Source, kinds: frozenset[str]) -> str:
    """The cause for which `tag` is not among our definitions; "" when it is."""
    found = source.found
    other_kind = ""
    for row in source.by_name.get(plain(tag.name), ()):
        if source.line(found.starts[row]) <= tag.line <= source.line(found.name_starts[row]):
            kind = KINDS[found.kinds[row]]
            if kind in kinds:
                return ""
            other_kind = kind
    if macro_definition(tag, source):
        return ""
    if other_kind:
        return f"kind differs: {tag.kind} of ctags is a {other_kind} of ours"
    return diagnose(tag, source)


def macro_definition(tag: Tag, source: Source) -> bool:
    """Whether `tag` is called after the macro of ``TEST(Suite, Case) {``, which for us defines ``Case``."""
    start = source.breaks[tag.line - 2] + 1 if tag.line > 1 else 0
    found = source.found
    row = bisect_left(found.starts, start)
    return (
        row < len(found)
        and found.starts[row] == start
        and KINDS[found.kinds[row]] in CALLABLE
        and source.text.startswith(f"{tag.name}(".encode(), start)
    )


def diagnose(tag: Tag, source: Source) -> str:
    """Where the tree of the whole file has what we did not report."""
    grammar, text = source.grammar, source.text
    line_start = source.breaks[tag.line - 2] + 1 if tag.line > 1 else 0
    line_end = source.breaks[tag.line - 1] if tag.line <= len(source.breaks) else len(text)
    name = tag.name.encode()
    at = text.find(name, line_start, line_end)
    if at < 0:
        elsewhere = " (ours has the name on another line)" if source.by_name.get(plain(tag.name)) else ""
        return f"the name does not stand on the line that ctags names{elsewhere}"
    node = grammar.parser.parse(text).root_node.descendant_for_byte_range(at, at + len(name))
    if node is not None and not node.is_named:
        return "ctags takes a keyword for a name"
    chain = []
    while node is not None:
        chain.append(node)
        node = node.parent
    types = [one.type for one in chain]
    if grammar.rules.comments & set(types):
        return "in a comment"
    if grammar.rules.strings & set(types) and not grammar.rules.interpolations & set(types):
        return "in a string"
    top = chain[-2] if len(chain) > 1 else chain[-1]
    broken = "broken parse: " if "ERROR" in types or top.has_error else ""
    downwards = chain[-2::-1]  # the root is always entered
    for outer, inner in zip(downwards, downwards[1:], strict=False):
        action = grammar.actions.get(outer.kind_id, NOTHING)
        if (
            action == DEFINITION
            and grammar.definitions[outer.kind_id].inside is LEAF
            and inner is not chain[0]
        ):
            named = any(outer.start_byte == start for start in source.found.starts)
            if named and inner.start_byte >= body_start(source, outer.start_byte):
                return f"{broken}inside the body of a {outer.type}"
        if action not in (CONTAINER, DEFINITION) and outer.type != "ERROR":
            return f"{broken}not entered: {outer.type} > {inner.type}"
    return f"{broken}nothing taken from: {' > '.join(reversed(types[:3]))}"


def body_start(source: Source, start: int) -> int:
    return source.found.bodies[source.found.starts.index(start)]


def show(row: dict[str, Any]) -> None:
    print(
        f"{row['language']:11} {row['repository'].partition('@')[0]:24} "
        f"{row['files']:5} files {row['bytes'] / 1e6:6.1f} MB "
        f"{row['found']:6}/{row['ctags']:<6} {row['recall']:7.2%}  ours {row['ours']:6}  "
        f"{row['mb_per_second']} MB/s, {row['cpu_seconds']} s; ctags {row['ctags_cpu_seconds']} s; "
        f"slow {row['slow_files']}"
    )
    print("   ", ", ".join(f"{kind} {hit}/{count}" for kind, (hit, count) in row["kinds"].items()))
    for difference in row["differences"]:
        note = f" ({difference['note']})" if difference["note"] else ""
        print(f"    {difference['count']:6} {difference['cause']}{note}")
        for example in difference["examples"]:
            print(f"             {example}")


if __name__ == "__main__":
    raise SystemExit(main())
