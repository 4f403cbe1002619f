"""Structural search: patterns of code, matched against syntax trees by ast-grep, on files that the index lets through.

Parsing runs at 8 MB/s, so what counts is how little is parsed.  Each word of a pattern outside its meta variables must
stand in a matching file: the trigram index gives the files that may have all of them, and a look at their text
leaves those that do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from codelode.errors import QueryError
from codelode.model import (
    Hit,
    Match,
    RelPath,
    SearchOptions,
    SearchStats,
    StructureState,
    display_path,
    sort_key,
)
from codelode.query.literals import literal_tree
from codelode.query.trees import ALL, describe
from codelode.search.candidates import Candidate, FileFilter, find_files_with_all
from codelode.search.judge import Judge
from codelode.search.parsed import ParsedFile
from codelode.search.prominence import is_aside
from codelode.search.snapshot import Snapshot
from codelode.search.source import Sources

if TYPE_CHECKING:
    from ast_grep_py import SgNode

_NAMES = {
    **{
        name: name
        for name in (
            "bash", "c", "cpp", "csharp", "css", "dart", "elixir", "go", "haskell", "html", "java", "javascript",
            "json", "kotlin", "lua", "markdown", "nix", "php", "python", "ruby", "rust", "scala", "solidity",
            "swift", "typescript", "yaml", "zig",
        )
    },
    "terraform": "hcl",
}  # fmt: skip
"""our name of a language -> ast-grep's"""

_STAND_INS = {
    **dict.fromkeys(("c", "cpp"), "\U00010000"),
    **dict.fromkeys(("css", "nix", "zig"), "_"),
    **dict.fromkeys(
        ("csharp", "elixir", "go", "haskell", "hcl", "kotlin", "php", "python", "ruby", "rust", "swift"), "µ"
    ),
    "html": "z",
}
"""The character that ast-grep writes for ``$`` before it parses a pattern, where its language has no such names"""

_CONTEXTS = {
    "c": "void f() {{ {}; }}",
    "cpp": "void f() {{ {}; }}",
    "dart": "f() {{ {}; }}",
    "go": "package p; func f() {{ {} }}",
    "solidity": "contract C {{ function f() {{ {}; }} }}",
}
"""Where an expression stands, in languages that read a bare one as something else: C reads ``f(x)`` as a type"""

_META = re.compile(r"\$\$\$(?:[A-Z_][A-Z0-9_]*(?!\w))?|\$\$?[A-Z_][A-Z0-9_]*(?!\w)")
_WORD = re.compile(r"\w+")

FOLDED_KEYWORDS = frozenset({"php"})
"""Languages in which a keyword of the pattern matches one in another case"""

LARGEST = 3_000_000
"""Bytes from which a file is not parsed, as in ast-grep's own command"""

RANKED_BYTES = 16_000_000
"""Text parsed for ranked hits, two seconds' worth; `stats.partial` says when there was more"""

TELLING = 4
"""Letters from which a word of the pattern is looked for in file names: shorter ones are keywords mostly"""

HITS_A_FILE = 3
"""Ranked hits of one file that come before those of the next one"""


@dataclass(frozen=True, slots=True)
class StructurePattern:
    """A pattern that ast-grep takes."""

    text: str
    language: str
    """our name"""
    rule: Mapping[str, Any]
    """ast-grep's rule object"""
    words: tuple[str, ...]
    """what every match holds, as written"""
    kind: str
    """type of the syntax node that it stands for"""


def compile_structure(pattern: str, languages: frozenset[str]) -> StructurePattern:
    """Raises QueryError when `languages` is not one that can be parsed, or the pattern is no code in it."""
    if len(languages) != 1:
        raise QueryError(
            f"mode ast needs one language (--lang), that of the pattern: one of {', '.join(sorted(_NAMES))}"
        )
    (language,) = languages
    name = _NAMES.get(language)
    if name is None:
        raise QueryError(f"mode ast cannot parse {language}; it can parse {', '.join(sorted(_NAMES))}")
    sign = _STAND_INS.get(name, "$")
    source = _META.sub(lambda found: found[0].replace("$", sign), pattern)
    words = tuple(sorted({word for part in _META.split(pattern) for word in _WORD.findall(part)}))
    plain = _single_node(_parse(source, name))
    if name in _CONTEXTS:
        inner = _node_of(_parse(_CONTEXTS[name].format(source), name), source)
        if inner and inner.kind() != plain.kind() and not _broken(inner, sign):
            context = {"context": _CONTEXTS[name].format(pattern), "selector": inner.kind()}
            return StructurePattern(pattern, language, {"pattern": context}, words, inner.kind())
    if broken := _broken(plain, sign):
        raise QueryError(
            f"the pattern is no {language}: {_written(broken, pattern)} does not parse; {_ADVICE}"
        )
    try:
        _parse("", name).find(pattern=pattern)
    except RuntimeError as exc:
        raise QueryError(_reason(exc, pattern, plain)) from exc
    return StructurePattern(pattern, language, {"pattern": pattern}, words, plain.kind())


_ADVICE = "a pattern is one whole piece of code, with $NAME for a node and $$$ for any number of them"


def _parse(text: str, name: str) -> SgNode:
    from ast_grep_py import SgRoot

    return SgRoot(text, name).root()


def _single_node(node: SgNode) -> SgNode:
    """The node that ast-grep takes a pattern for: below all that have a single child."""
    while True:
        children = node.children()
        # Some grammars put an empty node, a semicolon that is missing, behind the only one.
        if not children or len(children) > 2 or (len(children) == 2 and children[1].text()):
            return node
        node = children[0]


def _node_of(root: SgNode, text: str) -> SgNode | None:
    """The node whose text is exactly `text`, the innermost of several; None when there is none."""
    found = None
    pending = [root]
    while pending:
        node = pending.pop()
        if node.text() == text:
            found, pending = node, []
        pending += node.children()
    return found if found is None or found.is_named() else None


def _broken(node: SgNode, sign: str) -> SgNode | None:
    """The first part of `node` that does not parse."""
    # Where a meta variable stands alone in an odd place (`class A { $$$ }`) ast-grep takes it out of the error.
    if node.kind() == "ERROR" and not re.fullmatch(f"\\s*{re.escape(sign)}+[A-Z0-9_]*\\s*", node.text()):
        return node
    return next((found for child in node.children() if (found := _broken(child, sign))), None)


def _written(node: SgNode, pattern: str) -> str:
    """The text of a node of the pattern, in which stand-ins are as long as what they stand for."""
    return repr(pattern[slice(*_span(node))])


def _reason(exc: RuntimeError, pattern: str, node: SgNode) -> str:
    parts = [_written(child, pattern) for child in node.children()]
    if "Multiple AST nodes" in str(exc) and len(parts) > 1:
        return f"the pattern is {len(parts)} pieces of code ({', '.join(parts)}); {_ADVICE}"
    if "multi meta variable" in str(exc):
        return f"{pattern!r} alone matches everything; {_ADVICE}"
    causes = re.findall(r"^\s+\d+: (.+)$", str(exc), re.M)
    return f"ast-grep refuses the pattern: {causes[-1] if causes else exc}"


def all_structures(
    snapshot: Snapshot,
    pattern: StructurePattern,
    options: SearchOptions,
    sources: Sources,
    stats: SearchStats,
) -> Iterator[Hit]:
    """Every match, found while it is asked for, in path and line order; those that share lines are one hit."""
    return _all(snapshot.hold(symbols=True), pattern, options, sources, stats)


def _all(
    snapshot: Snapshot,
    pattern: StructurePattern,
    options: SearchOptions,
    sources: Sources,
    stats: SearchStats,
) -> Iterator[Hit]:
    candidates = _candidates(snapshot, pattern, options, stats)
    candidates.sort(key=lambda candidate: sort_key(candidate.path))
    for file in _files(snapshot, candidates, pattern, sources, stats):
        yield from _hits(file, pattern, options.context, 0.0)


def best_structures(
    snapshot: Snapshot,
    pattern: StructurePattern,
    options: SearchOptions,
    sources: Sources,
    stats: SearchStats,
) -> list[Hit]:
    """The `options.limit` best hits: of each file a few first; the project's own files before tests and the like,
    those named like the pattern before others, those high up before deep ones."""
    judge = Judge(" ".join(word for word in pattern.words if len(word) >= TELLING))
    candidates = _candidates(snapshot, pattern, options, stats)
    with stats.stage("rank"):
        scores = {
            path: judge.file_score(path, 0) - 2.0 * is_aside(path) - 0.1 * min(path.count(b"/"), 9)
            for path, _, _, _ in candidates
        }
        candidates.sort(key=lambda candidate: (-scores[candidate.path], sort_key(candidate.path)))
    first: list[Hit] = []
    rest: list[Hit] = []
    for file in _files(snapshot, candidates, pattern, sources, stats, RANKED_BYTES):
        score = scores[file.path]
        for place, hit in enumerate(_hits(file, pattern, options.context, score)):
            (first if place < HITS_A_FILE else rest).append(hit)
        if len(first) >= options.limit:
            break
    rest = [hit._replace(score=hit.score - 5.0) for hit in rest]
    return (first + rest)[: options.limit]


def _candidates(
    snapshot: Snapshot, pattern: StructurePattern, options: SearchOptions, stats: SearchStats
) -> list[Candidate]:
    trees = [literal_tree(word, ignore_case=False) for word in pattern.words]
    trees = [tree for tree in trees if tree != ALL]
    with stats.stage("filters"):
        accept = FileFilter(options)
        masks = [accept.mask(part) for part in snapshot.segments]
    with stats.stage("candidates"):
        found = find_files_with_all(trees, snapshot.segments, masks)
    stats.candidates = len(found)
    if options.explain:
        stats.explain = {
            "node": pattern.kind,
            "words": list(pattern.words),
            "trigrams": [describe(tree) for tree in trees],
            "candidates": len(found),
        }
    return found


@dataclass(frozen=True, slots=True)
class _File:
    path: RelPath
    source: ParsedFile
    text: str
    matches: list[tuple[int, int]]
    """start and end of each in `text`, in characters, ascending"""


def _files(
    snapshot: Snapshot,
    candidates: Sequence[Candidate],
    pattern: StructurePattern,
    sources: Sources,
    stats: SearchStats,
    most: int | None = None,
) -> Iterator[_File]:
    """The candidates with a match, in order, parsed when they are asked for; when `most` bytes were parsed, those so
    far, marked as partial."""
    parsed = 0
    words = () if pattern.language in FOLDED_KEYWORDS else [word.encode() for word in pattern.words]
    for path, index, ordinal, _ in candidates:
        part = snapshot.segments[index]
        if part.files.structure(ordinal) is StructureState.CRASHED:
            _count(stats, StructureState.CRASHED)
            continue
        before = stats.stale
        with stats.stage("read"):
            text = sources.text(path, part, ordinal)
        if text is None or not all(word in text for word in words):
            continue
        if len(text) > LARGEST:
            _count(stats, StructureState.TOO_LARGE)
            continue
        parsed += len(text)
        if most is not None and parsed > most:
            stats.partial = True
            return
        shown = text.decode("utf-8", "replace")
        with stats.stage("match"):
            found = find_in_text(pattern, path, shown)
        if found:
            stats.matched_files += 1
            stats.matches += len(found)
            source = ParsedFile(path, part, ordinal, text, fresh=stats.stale == before)
            yield _File(path, source, shown, found)


def find_in_text(pattern: StructurePattern, path: RelPath, text: str) -> list[tuple[int, int]]:
    """Start and end of each match in the text of the file `path`, in characters, ascending."""
    name = "tsx" if path.lower().endswith(b".tsx") else _NAMES[pattern.language]
    return sorted(_span(node) for node in _parse(text, name).find_all(**pattern.rule))


def _count(stats: SearchStats, state: StructureState) -> None:
    stats.skipped[state.value] = stats.skipped.get(state.value, 0) + 1


def _span(node: SgNode) -> tuple[int, int]:
    place = node.range()
    return place.start.index, place.end.index


@dataclass(slots=True)
class _Run:
    """Whole lines with matches that share lines, or touch with context."""

    first: int
    """number of the first line"""
    start: int
    end: int
    """in characters, without the last line's end"""
    matches: list[Match]
    at: int
    """start of the first match"""


def _hits(file: _File, pattern: StructurePattern, context: int, score: float) -> Iterator[Hit]:
    """A hit for each run of lines with matches."""
    for run in _runs(file, context):
        offset = len(file.text[: run.at].encode())
        outline = file.source.outline
        symbol = "" if outline is None else file.source.qualified(outline.enclosing(offset))
        text = file.text[run.start : run.end]
        last = run.first + text.count("\n")
        path = display_path(file.path)
        yield Hit(path, run.first, last, score, pattern.language, symbol, text, tuple(run.matches))


def _runs(file: _File, context: int) -> list[_Run]:
    text = file.text
    runs: list[_Run] = []
    number, counted = 1, 0
    for start, end in file.matches:
        end = start + len(text[start:end].rstrip("\r\n"))
        number += text.count("\n", counted, start)
        counted = start
        top = text.rfind("\n", 0, start) + 1
        match = Match(number, start - top + 1, end - start)
        first = number
        for _ in range(min(context, number - 1)):
            top = text.rfind("\n", 0, top - 1) + 1
            first -= 1
        bottom = _line_end(text, end)
        for _ in range(context):
            bottom = _line_end(text, bottom + 1)
        if runs and top <= runs[-1].end + bool(context):
            runs[-1].end = max(runs[-1].end, bottom)
            runs[-1].matches.append(match)
        else:
            runs.append(_Run(first, top, bottom, [match], start))
    return runs


def _line_end(text: str, at: int) -> int:
    """Where the line of `at` ends; the end of the last line for what is behind it."""
    if at >= len(text):
        return len(text) - text.endswith("\n")
    found = text.find("\n", at)
    return len(text) if found < 0 else found
