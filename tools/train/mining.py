"""Pairs of a question and the code that answers it, from one checkout and its history."""

from __future__ import annotations

import random
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tools.train.comments import commit_body, commit_subject, plain_words, sentences
from tools.train.repositories import read_blobs

from codelode.settings import Settings
from codelode.structure.definitions import Definitions
from codelode.structure.extract import extract
from codelode.structure.rules import KINDS
from codelode.text import chunks, languages
from codelode.text.decode import decode
from codelode.text.subwords import path_text
from codelode.text.tokens import split_identifiers

KIND_NAMES = ("doc", "name", "commit", "path", "inline", "title", "section")
DOC, NAME, COMMIT, PATH, INLINE, TITLE, SECTION = range(len(KIND_NAMES))
LIMITS = {DOC: 5000, NAME: 2000, COMMIT: 4000, PATH: 1200, INLINE: 2500, TITLE: 600, SECTION: 2500}
"""Most pairs of a kind from one repository: large ones would drown the others."""

SOURCE_BYTES = 20 << 20
"""Most source of one repository; its files are taken in a random order."""

LEAST_DEFINITION = 40
"""Bytes."""

FILE_BYTES = 300_000
AT_ONCE = 200
NO_CODE = frozenset(
    [
        "json",
        "yaml",
        "toml",
        "markdown",
        "html",
        "css",
        "scss",
        "sass",
        "less",
        "xml",
        "csv",
        "ini",
        "rst",
        "latex",
        "diff",
        "text",
        "svg",
        "make",
        "cmake",
        "properties",
    ]
) | {""}
_ASIDE = re.compile(
    r"(?:^|/)(?:vendor|third_?party|node_modules|_vendor|deps|external|extern|bower_components|dist|build|"
    r"snapshots?|__snapshots__|fixtures?|locales?|i18n|translations|generated|gen)(?:/|$)|\.min\.|\.d\.ts$|_pb2?\.|"
    r"\.pb\.",
    re.IGNORECASE,
)
_TESTS = re.compile(
    r"(?:^|[/_.\-])(?:tests?|specs?|testing|examples?|benchmarks?|bench|demos?|samples?)(?:[/_.\-]|$)|Tests?\."
)
TESTS_KEPT = 0.25
"""Share of test and example files that are read: questions are seldom about them."""


class Pair(NamedTuple):
    """A question and its answer, both split into words and lower case as the index has them."""

    kind: int
    query: bytes
    code: bytes
    path: bytes
    """words of the path that go with the code; empty when they are the question"""
    file: int
    """number of the file in its repository"""
    chunk: int
    """number of the chunk in its repository: two pairs with one chunk are no opposites"""


class Source(NamedTuple):
    """A file of a repository, as the index would cut it."""

    path: str
    text: bytes
    definitions: Definitions
    cuts: list[int]
    number: int
    first_chunk: int


def plain(text: bytes) -> bytes:
    """`text` split into words, lower case: what the embedding sees."""
    return split_identifiers(text).lower()


def read_sources(mirror: Path, files: dict[str, bytes], chance: random.Random) -> Iterator[Source]:
    """The source files among `files` (object name by path), in a random order."""
    settings = Settings()
    order = sorted(path for path in files if not _ASIDE.search(path))
    order = [
        path for path in order if languages.of_path(path.encode("utf-8", "surrogateescape")) not in NO_CODE
    ]
    chance.shuffle(order)
    order = [path for path in order if not _TESTS.search(path) or chance.random() < TESTS_KEPT]
    total = number = chunk = 0
    for first in range(0, len(order), AT_ONCE):
        some = order[first : first + AT_ONCE]
        for path, data in zip(some, read_blobs(mirror, [files[path] for path in some]), strict=True):
            text = decode(data) if data is not None and 200 < len(data) < FILE_BYTES else None
            if not isinstance(text, bytes) or chunks.is_minified(text):
                continue
            name = path.encode("utf-8", "surrogateescape")
            _, found = extract(
                languages.of_file(name, text), languages.extension(name), text, settings.max_parsed_bytes
            )
            cuts = chunks.cut(text, list(zip(found.leads, found.ends, strict=True)))
            yield Source(path, text, found, cuts, number, chunk)
            number += 1
            chunk += len(cuts)
            total += len(text)
            if total > SOURCE_BYTES:
                return


def chunk_at(source: Source, offset: int) -> int:
    """Number within the file of the chunk that holds `offset`."""
    return bisect_right(source.cuts, offset) - 1


def chunk_text(source: Source, chunk: int, hole: tuple[int, int] = (0, 0)) -> bytes:
    """The text of a chunk without what lies in `hole` (byte offsets of the file)."""
    start = source.cuts[chunk]
    end = source.cuts[chunk + 1] if chunk + 1 < len(source.cuts) else len(source.text)
    first, last = min(max(hole[0], start), end), min(max(hole[1], start), end)
    return source.text[start:first] + b" " + source.text[last:end]


DOCSTRING = re.compile(rb"\A\s*:?\s*[rRuUbB]{0,2}(\"{3}|'{3})(.*?)\1", re.DOTALL)
"""A docstring at the beginning of a body"""

HEADER = re.compile(
    rb"\A(?:#!.*\n|\s|package [\w.]+;?\n|<\?php|\xef\xbb\xbf)*"
    rb"((?:/\*.*?\*/|(?:[ \t]*(?://|#(?![\[!d ]*(?:include|define|if))|--|;|%%).*\n)+|"
    rb"\"{3}.*?\"{3}|'{3}.*?'{3}|\{-.*?-\}))",
    re.DOTALL,
)
"""What stands at the beginning of a file up to the end of its comment on itself"""

_INLINE = re.compile(
    rb"(?m)^[ \t]+(?:(?://|#|--)[ \t]+\S.*\n?(?:[ \t]+(?://|#|--)[ \t]+\S.*\n?)*)|/\*[ \t].{20,400}?\*/"
)
_TITLE = re.compile(
    rb"\b(?:it|test|describe|context|scenario|should|specify|feature|TEST_CASE|SECTION|property|prop)\b[ (]+([\"'`])"
    rb"([^\"'`\n]{12,120})\1|\bfun `([^`\n]{12,120})`"
)


def _pair(kind: int, query: str | bytes, source: Source, chunk: int, hole: tuple[int, int] = (0, 0)) -> Pair:
    asked = plain(query.encode() if isinstance(query, str) else query)
    path = b"" if kind == PATH else path_text(source.path)
    code = plain(chunk_text(source, chunk, hole))
    return Pair(kind, asked, code, path, source.number, source.first_chunk + chunk)


def doc_pairs(source: Source) -> Iterator[Pair]:
    """Comments of definitions, and the file's own at its top, without which its code has to be found."""
    text, found = source.text, source.definitions
    for at in range(len(found)):
        lead, start = found.leads[at], found.starts[at]
        hole = (lead, start)
        if lead < start:
            comment = text[lead:start]
        else:
            inside = DOCSTRING.match(text[found.bodies[at] : min(found.ends[at], found.bodies[at] + 4000)])
            if inside is None:
                continue
            comment = inside[2]
            hole = (found.bodies[at] + inside.start(1), found.bodies[at] + inside.end())
        if found.ends[at] - start > LEAST_DEFINITION:
            for said in sentences(comment.decode("utf-8", "replace")):
                yield _pair(DOC, said, source, chunk_at(source, start), hole)
    header = HEADER.match(text[:6000])
    if header is not None:
        for said in sentences(header[1].decode("utf-8", "replace"), 4):
            for chunk in sorted({0, len(source.cuts) // 2}):
                yield _pair(DOC, said, source, chunk, header.span(1))


_NAMED = {
    KINDS.index(kind)
    for kind in KINDS
    if kind not in ("variable", "constant", "field", "property", "parameter")
}


def name_pairs(source: Source, chance: random.Random) -> Iterator[Pair]:
    """Names, with that of what they are part of; half of the time their words are taken out of the code."""
    text, found = source.text, source.definitions
    for at in range(len(found)):
        if found.kinds[at] not in _NAMED or found.ends[at] - found.starts[at] < 160:
            continue
        name = text[found.name_starts[at] : found.name_ends[at]]
        parent = found.parents[at]
        if parent >= 0:
            name = text[found.name_starts[parent] : found.name_ends[parent]] + b" " + name
        elif found.qualifier_ends[at] > found.qualifier_starts[at]:
            name = text[found.qualifier_starts[at] : found.qualifier_ends[at]] + b" " + name
        own = plain(name).split()
        if not 2 <= len(own) <= 10:
            continue
        pair = _pair(NAME, b" ".join(own), source, chunk_at(source, found.starts[at]))
        if chance.random() < 0.5:
            own_words = re.compile(rb"\b(?:" + b"|".join(map(re.escape, own)) + rb")\b")
            pair = pair._replace(code=own_words.sub(b" ", pair.code), path=b"")
        yield pair


def path_pairs(source: Source, chance: random.Random) -> Iterator[Pair]:
    """The words of a path, for two of the file's chunks."""
    asked = path_text(source.path)
    if asked:
        for chunk in chance.sample(range(len(source.cuts)), min(2, len(source.cuts))):
            yield _pair(PATH, asked, source, chunk)


def inline_pairs(source: Source) -> Iterator[Pair]:
    """Comments inside of bodies, for the chunk around them."""
    for found in _INLINE.finditer(source.text):
        for said in sentences(found[0].decode("utf-8", "replace"), 5)[:1]:
            yield _pair(INLINE, said, source, chunk_at(source, found.start()), found.span())


def title_pairs(source: Source) -> Iterator[Pair]:
    """What a test says that it tests, for the test."""
    for found in _TITLE.finditer(source.text):
        group = 2 if found[2] else 3
        said = found[group].decode("utf-8", "replace")
        if plain_words(said, 3):
            yield _pair(TITLE, said, source, chunk_at(source, found.start()), found.span(group))


LEAST_LINE = 8
"""Bytes of a changed line from which on it tells where it stands."""

CHUNKS_OF_COMMIT = 3


class CommitPlaces:
    """Finds the chunks of today in which the lines that a commit added stand."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[Source, dict[bytes, int]]] = {}

    def add(self, source: Source) -> None:
        """Remember the lines of `source`."""
        lines: dict[bytes, int] = {}
        ends = [*source.cuts[1:], len(source.text)]
        for number, (start, end) in enumerate(zip(source.cuts, ends, strict=True)):
            for line in source.text[start:end].splitlines():
                kept = line.strip()
                if len(kept) >= LEAST_LINE:
                    lines[kept] = -1 if kept in lines and lines[kept] != number else number
        self._files[source.path] = (source, lines)

    def pairs(self, subject: str, body: str, files: dict[str, list[bytes]]) -> Iterator[Pair]:
        """Pairs of a commit: its message, and added lines by path."""
        asked = commit_subject(subject)
        if not asked:
            return
        more = commit_body(body)
        found: Counter[tuple[str, int]] = Counter()
        for path, added in files.items():
            if path in self._files:
                lines = self._files[path][1]
                found.update((path, lines[line]) for line in added if lines.get(line, -1) >= 0)
        for (path, chunk), _ in found.most_common(CHUNKS_OF_COMMIT):
            yield _pair(COMMIT, asked, self._files[path][0], chunk)
            if more:
                yield _pair(COMMIT, more, self._files[path][0], chunk)


def limited(pairs: list[Pair], chance: random.Random) -> list[Pair]:
    """At most LIMITS of a kind, and no question more than three times."""
    chance.shuffle(pairs)
    kinds: Counter[int] = Counter()
    asked: Counter[bytes] = Counter()
    kept = []
    for pair in pairs:
        if kinds[pair.kind] < LIMITS[pair.kind] and asked[pair.query] < 3 and len(pair.code) > 60:
            kinds[pair.kind] += 1
            asked[pair.query] += 1
            kept.append(pair)
    return kept
