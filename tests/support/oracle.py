"""What a query of the language is true of, by brute force: the meaning of docs/query_syntax.md in plain Python.

Every file is looked at as one text, character by character where it matters; nothing is shared with the product but
the tree (`codelode.query.ast`).  Not here: ``~"meaning"`` and ``ast:``, which have no meaning without a model and a
grammar, and what a query is asked beside its tree (limits, ``type:``).
"""

from __future__ import annotations

import datetime
import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from codelode.query import ast

Span = tuple[int, int]
"""first character of a match and the one behind its last"""

_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400, "w": 604800, "mo": 2629800, "y": 31557600}


class OracleSymbol(NamedTuple):
    """A definition."""

    name: str
    qualified: str
    kind: str
    line: int
    """of the name, from 1"""


@dataclass(frozen=True)
class OracleFile:
    """A file as an index sees it."""

    path: str
    """relative to the root, with slashes"""
    text: str
    language: str = ""
    size: int = 0
    """bytes"""
    mtime: float = 0.0
    """unix time"""
    symbols: tuple[OracleSymbol, ...] = ()
    root: str = "/root"


def evaluate(query: ast.Query, files: Iterable[OracleFile], now: float) -> dict[str, set[int]]:
    """The paths of the `files` that `query` is true of, each with the lines (from 1) that the answer names."""
    answer = {}
    for file in files:
        judge = _Judge(query.case, file, now)
        if judge.is_true(query.root):
            answer[file.path] = judge.lines(query.root)
    return answer


class _Judge:
    """One file under one query."""

    def __init__(self, case: ast.CaseRule, file: OracleFile, now: float) -> None:
        self.case = case
        self.file = file
        self.now = now

    # ---- true or false

    def is_true(self, node: ast.Node, in_path: bool = True) -> bool:
        match node:
            case ast.And():
                return all(self.is_true(part, in_path) for part in node.parts)
            case ast.Or():
                return any(self.is_true(part, in_path) for part in node.parts)
            case ast.Not():
                return not self.is_true(node.child, in_path)
            case ast.Boost():
                return self.is_true(node.child, in_path)
            case ast.Content():
                return self.is_true(node.child, False)
            case ast.Symbol():
                return bool(self.definitions(node))
            case ast.Word() | ast.Wildcard():
                return bool(self.spans(node)) or (in_path and bool(self.found(node, self.file.path)))
            case ast.Phrase() | ast.Pattern() | ast.Fuzzy() | ast.Near():
                return bool(self.spans(node))
            case _:
                return self.passes(node)

    def passes(self, node: ast.Node) -> bool:
        """Of a filter."""
        file = self.file
        match node:
            case ast.Path():
                return _name_fits(file.path, node.text, node.style, self.folds(node.text), is_path=True)
            case ast.Language():
                return file.language == node.name
            case ast.Repository():
                name = file.root.rpartition("/")[2] if node.style is ast.Style.GLOB else file.root
                return _name_fits(name, node.text, node.style, self.folds(node.text), is_path=False)
            case ast.Extension():
                return file.path.lower().endswith("." + node.text)
            case ast.Size():
                return _compare(file.size, node.operator, node.bytes)
            case ast.Modified():
                return self.changed(node)
            case ast.Is():
                return _is(file.path, node.what)
            case _:
                raise ValueError(f"the oracle knows nothing of {node}")

    def changed(self, node: ast.Modified) -> bool:
        age = re.fullmatch(r"(\d+)([a-z]+)", node.when)
        if age:
            return _compare(self.now - self.file.mtime, node.operator, int(age[1]) * _SECONDS[age[2]])
        day = datetime.datetime.fromisoformat(node.when).replace(tzinfo=datetime.UTC)
        return _compare(self.file.mtime, node.operator, day.timestamp())

    def folds(self, text: str) -> bool:
        """Whether the case of an atom does not count."""
        if self.case is ast.CaseRule.AUTO:
            return not any(char.isupper() for char in text)
        return self.case is ast.CaseRule.NO

    # ---- lines

    def lines(self, node: ast.Node, in_path: bool = True) -> set[int]:
        """The lines that a true `node` names."""
        match node:
            case ast.And() | ast.Or():
                true = [part for part in node.parts if self.is_true(part, in_path)]
                return set().union(*(self.lines(part, in_path) for part in true))
            case ast.Boost():
                return self.lines(node.child, in_path)
            case ast.Content():
                return self.lines(node.child, False)
            case ast.Symbol():
                return {symbol.line for symbol in self.definitions(node)}
            case ast.Near():
                return self.lines_of(span for pair in self.pairs(node) for span in pair)
            case ast.Word() | ast.Wildcard() | ast.Phrase() | ast.Pattern() | ast.Fuzzy():
                return self.lines_of(self.spans(node))
            case _:
                return set()

    def lines_of(self, spans: Iterable[Span]) -> set[int]:
        """All lines that the spans touch."""
        text = self.file.text
        found: set[int] = set()
        for start, end in spans:
            first = text.count("\n", 0, start) + 1
            found.update(range(first, first + text.count("\n", start, max(start, end - 1)) + 1))
        return found

    # ---- places

    def spans(self, node: ast.Node) -> list[Span]:
        """Where `node` matches in the text, as one of NEAR's operands or alone."""
        match node:
            case ast.Boost():
                return self.spans(node.child)
            case ast.Or():
                return sorted({span for part in node.parts for span in self.spans(part)})
            case ast.Near():
                covers = {(min(a, c), max(b, d)) for (a, b), (c, d) in self.pairs(node)}
                return sorted(covers)
            case _:
                return self.found(node, self.file.text)

    def found(self, node: ast.Node, text: str) -> list[Span]:
        match node:
            case ast.Word():
                return _words_like(node.text, text, self.folds(node.text))
            case ast.Wildcard():
                return _wildcards(node.text, text, self.folds(node.text))
            case ast.Phrase(slop=None):
                return _phrases(node.text, text, self.folds(node.text))
            case ast.Phrase():
                return self.chains(node.text, node.slop or 0, text)
            case ast.Pattern():
                return _patterns(node.source, text, self.folds(re.sub(r"\\.", "", node.source)))
            case ast.Fuzzy():
                return _misspelled(node.text.lower(), node.distance, text)
            case _:
                raise ValueError(f"the oracle knows nothing of {node}")

    def chains(self, phrase: str, slop: int, text: str) -> list[Span]:
        """Words in order, none further than `slop` words behind the one before."""
        first, *others = phrase.split()
        fold = self.folds(phrase)
        found = set(_words_like(first, text, fold))
        for word in others:
            following = _words_like(word, text, fold)
            found = {
                (start, after_end)
                for start, end in found
                for after_start, after_end in following
                if after_start >= end and _distance(text, end, after_start) <= slop
            }
        return sorted(found)

    def pairs(self, node: ast.Near) -> list[tuple[Span, Span]]:
        """The matches of both operands that are near each other."""
        text = self.file.text
        right = self.spans(node.right)
        found = []
        for one in self.spans(node.left):
            for other in right:
                before, after = sorted([one, other])
                if after[0] >= before[1] and _distance(text, before[1], after[0]) <= node.distance:
                    found.append((one, other))
        return found

    def definitions(self, node: ast.Symbol) -> list[OracleSymbol]:
        return [
            symbol
            for symbol in self.file.symbols
            if (not node.kinds or symbol.kind in node.kinds) and self.is_named(symbol, node)
        ]

    def is_named(self, symbol: OracleSymbol, node: ast.Symbol) -> bool:
        fold = self.folds(node.text)
        separator = re.compile(r"::|->|[.#:/\\]")
        if node.style is ast.Style.TEXT and separator.search(node.text):
            whole, wanted = (separator.sub(".", name) for name in (symbol.qualified, node.text))
            return (wanted.lower() in whole.lower()) if fold else wanted in whole
        return _name_fits(symbol.name, node.text, node.style, fold, is_path=False)


def _distance(text: str, end: int, start: int) -> int:
    """How many words on from `end` the text at `start` is: 1 is the next."""
    begins = _begins(text)
    return bisect_left(begins, start) - bisect_left(begins, end) + 1


def _compare(value: float, operator: str, limit: float) -> bool:
    return {
        "<": value < limit,
        "<=": value <= limit,
        ">": value > limit,
        ">=": value >= limit,
        "=": value == limit,
    }[operator]


# ---- words


def is_border(text: str, at: int) -> bool:
    """Whether a word begins or ends before the character `at`: text/tokens.py in sentences."""
    if at == 0 or at == len(text):
        return True
    before, here = text[at - 1], text[at]
    after = text[at + 1] if at + 1 < len(text) else ""
    before_that = text[at - 2] if at > 1 else ""
    if not before.isalnum() or not here.isalnum():
        return True
    if _upper(before) and _upper(here) and _lower(after):  # HTTP|Server
        return True
    if _lower(before) and _upper(here):  # get|User, but 0xFF
        return not (before == "x" and before_that == "0")
    number = _in_number(text, at)
    if _digit(before) and _upper(here):  # x2|Name
        return not number
    if _digit(here) and _letter(before) and _letter(before_that):  # sha|256
        return not number
    if _digit(before) and _lower(here) and _letter(after):  # 256|sum
        return not number
    return False


def _in_number(text: str, at: int) -> bool:
    """Whether the run of ASCII letters and digits before `at` begins with a digit."""
    start = at
    while start > 0 and (_digit(text[start - 1]) or _letter(text[start - 1])):
        start -= 1
    return _digit(text[start])


def _digit(char: str) -> bool:
    return "0" <= char <= "9" and char != ""


def _lower(char: str) -> bool:
    return "a" <= char <= "z"


def _upper(char: str) -> bool:
    return "A" <= char <= "Z"


def _letter(char: str) -> bool:
    return _lower(char) or _upper(char)


@lru_cache(maxsize=4096)
def borders(text: str) -> tuple[bool, ...]:
    """`is_border` of every place."""
    return tuple(is_border(text, at) for at in range(len(text) + 1))


@lru_cache(maxsize=4096)
def words(text: str) -> tuple[Span, ...]:
    """Where every word stands."""
    found = []
    start = 0
    for at in range(1, len(text) + 1):
        if borders(text)[at]:
            if text[start].isalnum():
                found.append((start, at))
            start = at
    return tuple(found)


@lru_cache(maxsize=4096)
def _begins(text: str) -> tuple[int, ...]:
    return tuple(start for start, _ in words(text))


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """`text` in lower case, but for characters that get another length in UTF-8."""
    lowered = (char.lower() for char in text)
    return "".join(
        low if len(low.encode()) == len(char.encode()) else char
        for char, low in zip(text, lowered, strict=True)
    )


@lru_cache(maxsize=1 << 17)
def _words_like(word: str, text: str, folds: bool) -> list[Span]:
    """Every place of `word` that begins and ends at borders."""
    needle, searched = (fold(word), fold(text)) if folds else (word, text)
    found = []
    at = searched.find(needle)
    while at >= 0:
        if borders(text)[at] and borders(text)[at + len(needle)]:
            found.append((at, at + len(needle)))
        at = searched.find(needle, at + 1)
    return found


@lru_cache(maxsize=1 << 15)
def _wildcards(pattern: str, text: str, folds: bool) -> list[Span]:
    """From each place where one may begin the longest match, none overlapping the one before."""
    steps = re.findall(r"\\.|.", fold(pattern) if folds else pattern, re.DOTALL)
    searched = fold(text) if folds else text
    if any(step[-1] not in searched for step in steps if step not in "*?"):
        return []
    found = []
    at = 0
    while at < len(text):
        if steps[0] not in "*?":
            at = searched.find(steps[0][-1], at)
            if at < 0:
                break
        end = _wildcard_end(steps, text, searched, at)
        if end:
            found.append((at, end))
        at = end or at + 1
    return found


def _wildcard_end(steps: Sequence[str], text: str, searched: str, start: int) -> int:
    """Where the longest match that begins at `start` ends; 0 if there is none."""
    if steps[0] == "*":
        if start and _in_name(text[start - 1]):
            return 0
    elif not borders(text)[start]:
        return 0
    ends = {start}
    for step in steps:
        if step == "*":
            for end in list(ends):
                while end < len(text) and _in_name(searched[end]):
                    end += 1
                    ends.add(end)
        elif step == "?":
            ends = {end + 1 for end in ends if end < len(text) and _in_name(searched[end])}
        else:
            ends = {end + 1 for end in ends if searched[end : end + 1] == step[-1]}
    return max((end for end in ends if steps[-1] == "*" or borders(text)[end]), default=0)


def _in_name(char: str) -> bool:
    return char.isalnum() or char == "_"


@lru_cache(maxsize=1 << 15)
def _phrases(phrase: str, text: str, folds: bool) -> list[Span]:
    """The text with any white space for its white space."""
    needle, searched = (fold(phrase), fold(text)) if folds else (phrase, text)
    pieces = re.split(r"\s+", needle)
    return [found.span() for found in re.finditer(r"\s+".join(map(re.escape, pieces)), searched)]


@lru_cache(maxsize=1 << 15)
def _patterns(source: str, text: str, ignore_case: bool) -> list[Span]:
    """Line by line, unless the pattern names a line's end."""
    pattern = re.compile(source, re.MULTILINE | (re.IGNORECASE if ignore_case else 0))
    if ignore_case:
        # Python takes both Turkish letters for an i; Unicode's simple folding, and ripgrep, take them for neither.
        text = text.replace("\u0131", "\u0142").replace("\u0130", "\u0141")
    if "\\n" in source:
        return [found.span() for found in pattern.finditer(text)]
    spans, start = [], 0
    for line in text.split("\n"):
        spans += [(start + a, start + b) for a, b in (found.span() for found in pattern.finditer(line))]
        start += len(line) + 1
    return spans


@lru_cache(maxsize=1 << 15)
def _misspelled(word: str, distance: int, text: str) -> list[Span]:
    lowered = fold(text)
    return [(start, end) for start, end in words(text) if typos(word, lowered[start:end]) <= distance]


@lru_cache(maxsize=1 << 18)
def typos(one: str, other: str) -> int:
    """Letters to add, leave out, change or swap with a neighbour (each only once) to get from one to the other."""
    if not one or not other:
        return len(one) + len(other)
    if one[-1] == other[-1]:
        return typos(one[:-1], other[:-1])
    best = 1 + min(typos(one[:-1], other), typos(one, other[:-1]), typos(one[:-1], other[:-1]))
    if len(one) > 1 and len(other) > 1 and one[-1] == other[-2] and one[-2] == other[-1]:
        best = min(best, 1 + typos(one[:-2], other[:-2]))
    return best


# ---- names and paths


def _name_fits(name: str, text: str, style: ast.Style, folds: bool, *, is_path: bool) -> bool:
    if style is ast.Style.GLOB and is_path:
        return _path_fits(name, text)
    if style is ast.Style.REGEX:
        return re.search(text, name, re.IGNORECASE if folds else 0) is not None
    if folds:
        name, text = name.lower(), text.lower()
    if style is ast.Style.TEXT:
        return text in name
    source = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in text)
    return re.fullmatch(source, name) is not None


def _path_fits(path: str, glob: str) -> bool:
    """Whether a glob fits the path or a folder it is in: gitignore's rules."""
    parts = path.split("/")
    folders = ["/".join(parts[:count]) for count in range(1, len(parts))]
    candidates = folders if glob.endswith("/") else [*folders, path]
    body = glob.rstrip("/")
    if "/" not in body:
        candidates = [candidate.rpartition("/")[2] for candidate in candidates]
    source = re.escape(body.removeprefix("/"))
    for escaped, meaning in (
        (r"\*\*/", "(?:.*/)?"),
        (r"/\*\*", "/.*"),
        (r"\*", "[^/]*"),
        (r"\?", "[^/]"),
    ):
        source = source.replace(escaped, meaning.replace("*", "\0"))
    pattern = re.compile(re.sub(r"\\\[(.*?)\\\]", r"[\1]", source.replace("\0", "*")))
    return any(pattern.fullmatch(candidate) for candidate in candidates)


def _is(path: str, what: str) -> bool:
    """Only for what the corpora of the tests hold."""
    folders, name = path.split("/")[:-1], path.rpartition("/")[2]
    if what == "test":
        return "tests" in folders or name.startswith("test_")
    return "vendor" in folders if what == "vendored" else "_pb2." in name
